//! Signatures: the one thing that is left to a library.

use bursar_config::Algorithm;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;

pub(crate) use jsonwebtoken::DecodingKey;

/// Whether a signature of this algorithm is the key's.
///
/// The provider is named here and not taken from the process, where another crate's features could
/// leave none or two to choose from, which panics.
pub(crate) fn verifies(
    algorithm: Algorithm,
    key: &DecodingKey,
    signed: &[u8],
    signature: &Vec<u8>,
) -> bool {
    let verifier = (DEFAULT_PROVIDER.verifier_factory)(&in_library(algorithm), key);
    verifier.is_ok_and(|verifier| verifier.verify(signed, signature).is_ok())
}

/// What the library calls an algorithm.
pub(crate) const fn in_library(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Rs384 => jsonwebtoken::Algorithm::RS384,
        Algorithm::Rs512 => jsonwebtoken::Algorithm::RS512,
        Algorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::Ps384 => jsonwebtoken::Algorithm::PS384,
        Algorithm::Ps512 => jsonwebtoken::Algorithm::PS512,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::Es384 => jsonwebtoken::Algorithm::ES384,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        Algorithm::Hs256 => jsonwebtoken::Algorithm::HS256,
    }
}
