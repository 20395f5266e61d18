//! One public key: a JSON Web Key that can verify, and the algorithms that it is for.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_config::Algorithm;
use serde_json::{Map, Value};

use crate::token::DecodingKey;

/// A public key.
#[derive(Debug)]
pub(super) struct Key {
    /// `kid`.
    pub(super) name: Option<Box<str>>,
    algorithms: Algorithms,
    pub(super) decoding: DecodingKey,
}

/// What a key may verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithms {
    /// What its `alg` says, or its curve implies.
    One(Algorithm),
    /// An RSA key that does not say what it is for.
    EveryRsa,
}

type Jwk = Map<String, Value>;

const NAME_BYTES_MAX: usize = 256;

/// Smaller moduli can be factored, larger ones are a way to keep us busy; in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

impl Key {
    /// The key, or `None` of one that cannot verify, is not meant to, or is of a kind not known.
    pub(super) fn read(jwk: &Jwk) -> Option<Self> {
        // A private key that everybody can read is nobody's.
        if !is_to_verify(jwk) || jwk.contains_key("d") {
            return None;
        }
        let name = match jwk.get("kid") {
            None => None,
            Some(Value::String(name)) if name.len() <= NAME_BYTES_MAX => Some(name.as_str().into()),
            Some(_) => return None,
        };
        let (implied, decoding) = match text(jwk, "kty")? {
            "RSA" => (Algorithms::EveryRsa, rsa(jwk)?),
            "EC" => ec(jwk)?,
            "OKP" => (Algorithms::One(Algorithm::EdDsa), ed25519(jwk)?),
            _ => return None,
        };
        let algorithms = match jwk.get("alg") {
            None => implied,
            Some(Value::String(name)) => {
                let own = Algorithm::from_name(name)?;
                implied.contains(own).then_some(Algorithms::One(own))?
            }
            Some(_) => return None,
        };
        Some(Self { name, algorithms, decoding })
    }

    /// The key that an issuer shares with us: for HS256 and nothing else.
    pub(super) fn shared(secret: &[u8]) -> Self {
        let algorithms = Algorithms::One(Algorithm::Hs256);
        Self { name: None, algorithms, decoding: DecodingKey::from_secret(secret) }
    }

    /// Whether the key may verify signatures of an algorithm.
    pub(super) fn is_for(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(algorithm)
    }
}

impl Algorithms {
    fn contains(self, algorithm: Algorithm) -> bool {
        match self {
            Self::One(one) => one == algorithm,
            Self::EveryRsa => match algorithm {
                Algorithm::Rs256
                | Algorithm::Rs384
                | Algorithm::Rs512
                | Algorithm::Ps256
                | Algorithm::Ps384
                | Algorithm::Ps512 => true,
                Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa | Algorithm::Hs256 => false,
            },
        }
    }
}

/// Whether a key is meant to verify, as far as it says (RFC 7517, 4.2 and 4.3).
fn is_to_verify(jwk: &Jwk) -> bool {
    let by_use = jwk.get("use").is_none_or(|usage| usage == "sig");
    let by_ops = jwk.get("key_ops").is_none_or(|operations| {
        operations.as_array().is_some_and(|operations| operations.iter().any(|op| op == "verify"))
    });
    by_use && by_ops
}

fn rsa(jwk: &Jwk) -> Option<DecodingKey> {
    let (modulus, exponent) = (number(jwk, "n")?, number(jwk, "e")?);
    let unused = modulus.first()?.leading_zeros();
    let bits = modulus.len().checked_mul(8)?.checked_sub(usize::try_from(unused).ok()?)?;
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    // An exponent of 1 signs nothing; one of more than 33 bits is refused by the library as well.
    let exponent_is_sound = odd(&exponent) && exponent != [1] && exponent.len() <= 4;
    let sound = RSA_BITS.contains(&bits) && odd(&modulus) && exponent_is_sound;
    sound.then(|| DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

fn ec(jwk: &Jwk) -> Option<(Algorithms, DecodingKey)> {
    let (algorithm, rule, length) = match text(jwk, "crv")? {
        "P-256" => (Algorithm::Es256, &ECDSA_P256_SHA256_FIXED, 32),
        "P-384" => (Algorithm::Es384, &ECDSA_P384_SHA384_FIXED, 48),
        _ => return None,
    };
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    // A point that is not on the curve is refused here, and not at each signature.
    let sound =
        x.len() == length && y.len() == length && ParsedPublicKey::new(rule, &point).is_ok();
    sound.then(|| (Algorithms::One(algorithm), DecodingKey::from_ec_der(&point)))
}

fn ed25519(jwk: &Jwk) -> Option<DecodingKey> {
    let point = bytes(jwk, "x")?;
    let sound = text(jwk, "crv")? == "Ed25519" && point.len() == 32;
    sound.then(|| DecodingKey::from_ed_der(&point))
}

fn text<'a>(jwk: &'a Jwk, name: &str) -> Option<&'a str> {
    jwk.get(name)?.as_str()
}

fn bytes(jwk: &Jwk, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text(jwk, name)?).ok()
}

/// A whole number, big-endian; zeros in front, which some issuers write, are dropped.
fn number(jwk: &Jwk, name: &str) -> Option<Vec<u8>> {
    let bytes = bytes(jwk, name)?;
    let first = bytes.iter().position(|byte| *byte != 0)?;
    bytes.get(first..).map(<[u8]>::to_vec)
}
