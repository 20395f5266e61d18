//! Signers of tokens, with the cryptography used directly: what signs here is not what verifies
//! there.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self as sig, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair,
};
use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_config::Algorithm;
use serde_json::{Value, json};

/// Somebody with a private key.
pub(crate) struct Signer {
    /// What its key is called.
    pub(crate) name: String,
    key: Private,
}

enum Private {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Shared(Box<hmac::Key>),
}

impl Signer {
    pub(crate) fn rsa(name: &str) -> Self {
        Self::of(name, Private::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    pub(crate) fn p256(name: &str) -> Self {
        let key = EcdsaKeyPair::generate(&sig::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self::of(name, Private::P256(key))
    }

    pub(crate) fn p384(name: &str) -> Self {
        let key = EcdsaKeyPair::generate(&sig::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        Self::of(name, Private::P384(key))
    }

    pub(crate) fn ed(name: &str) -> Self {
        Self::of(name, Private::Ed(Ed25519KeyPair::generate().unwrap()))
    }

    pub(crate) fn shared(secret: &[u8]) -> Self {
        Self::of("", Private::Shared(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret))))
    }

    fn of(name: &str, key: Private) -> Self {
        Self { name: name.to_owned(), key }
    }

    /// The public key as its issuer publishes it, without `alg` and `use`.
    pub(crate) fn jwk(&self) -> Value {
        match &self.key {
            Private::Rsa(key) => {
                let public = key.public_key();
                let n = encoded(public.modulus().big_endian_without_leading_zero());
                let e = encoded(public.exponent().big_endian_without_leading_zero());
                json!({"kty": "RSA", "kid": self.name, "n": n, "e": e})
            }
            Private::P256(key) => self.ec_jwk("P-256", key),
            Private::P384(key) => self.ec_jwk("P-384", key),
            Private::Ed(key) => {
                let x = encoded(key.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "kid": self.name, "x": x})
            }
            Private::Shared(_) => panic!("a shared key is not published"),
        }
    }

    fn ec_jwk(&self, curve: &str, key: &EcdsaKeyPair) -> Value {
        let point = &key.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        json!({
            "kty": "EC", "crv": curve, "kid": self.name, "x": encoded(x), "y": encoded(y),
        })
    }

    /// A signature of this algorithm, whatever else the key is for.
    pub(crate) fn sign(&self, algorithm: Algorithm, text: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Private::Rsa(key) => {
                let encoding: &'static dyn RsaEncoding = match algorithm {
                    Algorithm::Rs384 => &sig::RSA_PKCS1_SHA384,
                    Algorithm::Rs512 => &sig::RSA_PKCS1_SHA512,
                    Algorithm::Ps256 => &sig::RSA_PSS_SHA256,
                    Algorithm::Ps384 => &sig::RSA_PSS_SHA384,
                    Algorithm::Ps512 => &sig::RSA_PSS_SHA512,
                    _ => &sig::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(encoding, &random, text, &mut signature).unwrap();
                signature
            }
            Private::P256(key) | Private::P384(key) => {
                key.sign(&random, text).unwrap().as_ref().to_vec()
            }
            Private::Ed(key) => key.sign(text).as_ref().to_vec(),
            Private::Shared(key) => hmac::sign(key, text).as_ref().to_vec(),
        }
    }

    /// A token of these two texts, whatever they are.
    pub(crate) fn token(&self, algorithm: Algorithm, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encoded(header.as_bytes()), encoded(claims.as_bytes()));
        let signature = self.sign(algorithm, signed.as_bytes());
        format!("{signed}.{}", encoded(&signature))
    }
}

/// What stands in a token for these bytes.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A number that nobody knows.
pub(crate) fn random() -> u64 {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes)
}
