//! Why a credential is not accepted.

/// Why a credential is not accepted: for metrics and logs; the client is told less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// There is none.
    NoCredential,
    /// There are two different ones.
    AmbiguousCredential,
    /// It is neither a key nor a token.
    NotACredential,

    /// A key whose form or checksum is wrong.
    KeyMalformed,
    /// A key for the admin API.
    KeyAdmin,
    /// A key that does not exist.
    KeyUnknown,
    /// A key, or a secret of one, that has run out.
    KeyExpired,
    /// A key that was revoked, or whose member has left.
    KeyRevoked,

    /// A token of more than [`TOKEN_BYTES_MAX`](crate::TOKEN_BYTES_MAX).
    TokenTooLarge,
    /// A token that is not three parts of base64url, two of them JSON objects.
    TokenMalformed,
    /// An encrypted token (JWE).
    TokenEncrypted,
    /// A token with two members of one name.
    TokenAmbiguous,
    /// A header that names keys of its own, or that wants something understood which is not.
    TokenHeader,
    /// A `typ` that the issuer's tokens do not have.
    TokenType,
    /// An `alg` that there is not, or that the issuer does not use.
    TokenAlgorithm,
    /// An `iss` that is nobody's.
    TokenIssuer,
    /// A token that was not looked at, since too many from its address were not accepted.
    TokenNotLookedAt,
    /// An issuer whose keys could not be had, or not for too long, or not so soon again.
    TokenKeysAway,
    /// A key that the issuer does not have, or not for this `alg`.
    TokenKey,
    /// A signature that does not verify.
    TokenSignature,
    /// A claim that is missing or not of its type.
    TokenClaims,
    /// `exp` has passed.
    TokenExpired,
    /// `nbf` or `iat` is still to come.
    TokenNotYetValid,
    /// `exp` is too long after `iat`.
    TokenLifetime,
    /// It was issued before the issuer's or the member's tokens count.
    TokenTooOld,
    /// An `aud` that is not us.
    TokenAudience,
    /// A scope that is missing: the one fault that is answered 403.
    TokenScope,
    /// An organisation that the issuer does not speak for, or that does not exist.
    TokenOrg,
    /// A subject that no member has, and that becomes none.
    TokenMember,
    /// A token of a member who has left.
    TokenMemberLeft,
    /// A token that was revoked by its `jti`.
    TokenRevoked,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 31] = [
        Self::NoCredential,
        Self::AmbiguousCredential,
        Self::NotACredential,
        Self::KeyMalformed,
        Self::KeyAdmin,
        Self::KeyUnknown,
        Self::KeyExpired,
        Self::KeyRevoked,
        Self::TokenTooLarge,
        Self::TokenMalformed,
        Self::TokenEncrypted,
        Self::TokenAmbiguous,
        Self::TokenHeader,
        Self::TokenType,
        Self::TokenAlgorithm,
        Self::TokenIssuer,
        Self::TokenNotLookedAt,
        Self::TokenKeysAway,
        Self::TokenKey,
        Self::TokenSignature,
        Self::TokenClaims,
        Self::TokenExpired,
        Self::TokenNotYetValid,
        Self::TokenLifetime,
        Self::TokenTooOld,
        Self::TokenAudience,
        Self::TokenScope,
        Self::TokenOrg,
        Self::TokenMember,
        Self::TokenMemberLeft,
        Self::TokenRevoked,
    ];

    /// The fault's name, as a label of metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
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
            Self::TokenMalformed => "token_malformed",
            Self::TokenEncrypted => "token_encrypted",
            Self::TokenAmbiguous => "token_ambiguous",
            Self::TokenHeader => "token_header",
            Self::TokenType => "token_type",
            Self::TokenAlgorithm => "token_algorithm",
            Self::TokenIssuer => "token_issuer",
            Self::TokenNotLookedAt => "token_not_looked_at",
            Self::TokenKeysAway => "token_keys_away",
            Self::TokenKey => "token_key",
            Self::TokenSignature => "token_signature",
            Self::TokenClaims => "token_claims",
            Self::TokenExpired => "token_expired",
            Self::TokenNotYetValid => "token_not_yet_valid",
            Self::TokenLifetime => "token_lifetime",
            Self::TokenTooOld => "token_too_old",
            Self::TokenAudience => "token_audience",
            Self::TokenScope => "token_scope",
            Self::TokenOrg => "token_org",
            Self::TokenMember => "token_member",
            Self::TokenMemberLeft => "token_member_left",
            Self::TokenRevoked => "token_revoked",
        }
    }

    /// Whether it counts against its address, of which too many slow that down. Whoever sends nothing
    /// guesses nothing and is told so; what lacks only a scope is good; and what could not be looked
    /// at may be.
    #[must_use]
    pub const fn may_be_a_guess(self) -> bool {
        !matches!(
            self,
            Self::NoCredential | Self::TokenScope | Self::TokenKeysAway | Self::TokenNotLookedAt
        )
    }

    /// All that the client is told: how to mend its own mistake, but not which check failed, which helps
    /// only those who try them all.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::NoCredential => {
                "no credential was given; send a key as `Authorization: Bearer KEY`, or where the \
                 provider's SDK puts it"
            }
            Self::AmbiguousCredential => "the request carries two different credentials; send one",
            Self::KeyAdmin => {
                "a key for the admin API opens nothing here; send one of a member or of a service \
                 account"
            }
            Self::TokenKeysAway => {
                "the keys of the token's issuer cannot be had at the moment; try again shortly"
            }
            Self::KeyExpired | Self::TokenExpired => "the credential has expired",
            Self::TokenNotYetValid => "the credential is not valid yet",
            _ => "the credential is not accepted",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_fault_has_a_name_of_its_own_that_can_be_a_label() {
        let names: HashSet<_> = Fault::ALL.into_iter().map(Fault::name).collect();
        assert_eq!(names.len(), Fault::ALL.len());
        let plain = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(names.iter().all(plain));
    }

    #[test]
    fn a_client_is_not_told_which_check_failed() {
        let told: HashSet<_> = Fault::ALL.into_iter().map(Fault::told).collect();
        assert_eq!(told.len(), 7);
        assert_eq!(Fault::TokenSignature.told(), Fault::KeyUnknown.told());
    }
}
