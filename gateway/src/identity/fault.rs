//! Why a credential is not accepted.

/// Why a credential is not accepted: for metrics and logs; the client is told less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    NoCredential,
    AmbiguousCredential,
    NotACredential,
    KeyMalformed,
    KeyAdmin,
    KeyUnknown,
    KeyExpired,
    KeyRevoked,
    TokenTooLarge,
    TokenIssuer,
}

impl Fault {
    pub(crate) const ALL: [Self; 10] = [
        Self::NoCredential,
        Self::AmbiguousCredential,
        Self::NotACredential,
        Self::KeyMalformed,
        Self::KeyAdmin,
        Self::KeyUnknown,
        Self::KeyExpired,
        Self::KeyRevoked,
        Self::TokenTooLarge,
        Self::TokenIssuer,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NoCredential => "no_credential",
            Self::AmbiguousCredential => "ambiguous_credential",
            Self::NotACredential => "not_a_credential",
            Self::KeyMalformed => "key_malformed",
            Self::KeyAdmin => "key_admin",
            Self::KeyUnknown => "key_unknown",
            Self::KeyExpired => "key_expired",
            Self::KeyRevoked => "key_revoked",
            Self::TokenTooLarge => "token_too_large",
            Self::TokenIssuer => "token_issuer",
        }
    }
}
