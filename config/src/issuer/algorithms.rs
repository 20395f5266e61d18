//! How tokens may be signed.

use crate::place::Place;
use crate::problem::Report;
use crate::raw::{self, Field};

/// A way to sign a token; there is none that does not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// EdDSA on Curve25519.
    EdDsa,
    /// HMAC with SHA-256: whoever can verify can sign as well.
    Hs256,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 10] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
        Self::Hs256,
    ];

    /// What `alg` calls it (RFC 7518, RFC 8037).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
        }
    }

    /// The algorithm that `alg` calls so, to the letter.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl From<&raw::Algorithm> for Algorithm {
    fn from(raw: &raw::Algorithm) -> Self {
        match raw {
            raw::Algorithm::RS256 => Self::Rs256,
            raw::Algorithm::RS384 => Self::Rs384,
            raw::Algorithm::RS512 => Self::Rs512,
            raw::Algorithm::PS256 => Self::Ps256,
            raw::Algorithm::PS384 => Self::Ps384,
            raw::Algorithm::PS512 => Self::Ps512,
            raw::Algorithm::ES256 => Self::Es256,
            raw::Algorithm::ES384 => Self::Es384,
            raw::Algorithm::EdDsa => Self::EdDsa,
            raw::Algorithm::HS256 => Self::Hs256,
        }
    }
}

pub(super) fn check(
    raw: &Field<Vec<Field<raw::Algorithm>>>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Vec<Algorithm>> {
    let raw = raw.given()?;
    let mut algorithms = Vec::new();
    for (index, algorithm) in raw.iter().enumerate() {
        let Some(algorithm) = algorithm.given().map(Algorithm::from) else { continue };
        if algorithms.contains(&algorithm) {
            report.add(&place.index(index), "is listed already");
        }
        algorithms.push(algorithm);
    }
    let sound = !algorithms.is_empty() && algorithms.len() == raw.len();
    sound.then_some(algorithms)
}
