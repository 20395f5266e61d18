//! Which keys of a set are of use, and for what.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bursar_config::Algorithm;
use serde_json::{Value, json};

use super::mint::{Signer, encoded};
use crate::jwks::KeySet;

/// What a key may verify when it is alone in its set.
fn verifies(jwk: &Value) -> Vec<&'static str> {
    let set = KeySet::read(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap();
    let fits = |algorithm: &Algorithm| set.key(None, *algorithm).is_some();
    Algorithm::ALL.iter().filter(|algorithm| fits(algorithm)).map(|one| one.name()).collect()
}

fn with(signer: &Signer, name: &str, value: impl Into<Value>) -> Value {
    let mut jwk = signer.jwk();
    jwk[name] = value.into();
    jwk
}

fn decoded(jwk: &Value, name: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()
}

#[test]
fn a_key_is_for_what_it_says_or_what_its_kind_implies() {
    let (rsa, p256) = (Signer::rsa("rsa"), Signer::p256("p256"));
    let every_rsa = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
    assert_eq!(verifies(&rsa.jwk()), every_rsa);
    assert_eq!(verifies(&with(&rsa, "alg", "PS384")), ["PS384"]);
    assert_eq!(verifies(&p256.jwk()), ["ES256"]);
    assert_eq!(verifies(&with(&p256, "alg", "ES256")), ["ES256"]);
    assert_eq!(verifies(&Signer::p384("p384").jwk()), ["ES384"]);
    assert_eq!(verifies(&Signer::ed("ed").jwk()), ["EdDSA"]);
    let mut padded = decoded(&rsa.jwk(), "n");
    padded.insert(0, 0);
    assert_eq!(verifies(&with(&rsa, "n", encoded(&padded))), every_rsa);
}

#[test]
fn a_key_that_contradicts_itself_or_is_weak_is_left_out() {
    let (rsa, p256, p384) = (Signer::rsa("rsa"), Signer::p256("p256"), Signer::p384("p384"));
    let ed = Signer::ed("ed");
    let of_rsa = |name: &str, edit: fn(&mut Vec<u8>)| {
        let mut number = decoded(&rsa.jwk(), name);
        edit(&mut number);
        with(&rsa, name, encoded(&number))
    };
    let mut off_the_curve = decoded(&p256.jwk(), "y");
    off_the_curve[31] ^= 1;
    for (what, jwk) in [
        ("alg of another kind", with(&rsa, "alg", "ES256")),
        ("alg of another curve", with(&p256, "alg", "ES384")),
        ("alg that is shared", with(&rsa, "alg", "HS256")),
        ("alg that is none", with(&ed, "alg", "none")),
        ("alg to encrypt", with(&rsa, "alg", "RSA-OAEP-256")),
        ("alg a number", with(&rsa, "alg", 256)),
        ("kid a number", with(&ed, "kid", 1)),
        ("kid too long", with(&ed, "kid", "k".repeat(257))),
        ("use a number", with(&ed, "use", 1)),
        ("use to encrypt", with(&rsa, "use", "enc")),
        ("operations a text", with(&ed, "key_ops", "verify")),
        ("operations without verify", with(&ed, "key_ops", json!(["sign"]))),
        ("2,040 bits", of_rsa("n", |n| *n = n[1..].to_vec())),
        ("2,047 bits", of_rsa("n", |n| n[0] &= 0x7f)),
        ("9,000 bits", of_rsa("n", |n| n.resize(1_125, 1))),
        ("an even modulus", of_rsa("n", |n| n[255] &= 0xfe)),
        ("no modulus", of_rsa("n", Vec::clear)),
        ("an exponent of 1", of_rsa("e", |e| *e = vec![1])),
        ("an even exponent", of_rsa("e", |e| *e = vec![1, 0, 0])),
        ("a long exponent", of_rsa("e", |e| *e = vec![1; 5])),
        ("a padded modulus", with(&rsa, "n", format!("{}=", rsa.jwk()["n"].as_str().unwrap()))),
        ("a point off its curve", with(&p256, "y", encoded(&off_the_curve))),
        ("half a point", with(&p256, "y", encoded(&[1; 16]))),
        ("a point of another curve", with(&p384, "crv", "P-256")),
        ("a curve that is not known", with(&p256, "crv", "secp256k1")),
        ("a curve to agree on keys", with(&ed, "crv", "X25519")),
        ("a short Ed25519 key", with(&ed, "x", encoded(&[1; 31]))),
        ("a kind that is not known", with(&ed, "kty", "okp")),
        ("no kind", with(&ed, "kty", Value::Null)),
        ("no key", json!(7)),
    ] {
        assert_eq!(verifies(&jwk), [""; 0], "{what}");
    }
}

#[test]
fn two_keys_of_one_name_are_told_apart_by_what_they_are_for_or_not_at_all() {
    let (rsa, ed, other) = (Signer::rsa("one"), Signer::ed("one"), Signer::ed("one"));
    let set = |signers: &[&Signer]| {
        KeySet::read(super::local_issuer::key_set(signers).as_bytes()).unwrap()
    };
    let found = |set: &KeySet, algorithm| set.key(Some("one"), algorithm).is_some();
    let both = set(&[&rsa, &ed]);
    assert!(found(&both, Algorithm::Rs256) && found(&both, Algorithm::EdDsa));
    assert!(!found(&set(&[&ed, &other]), Algorithm::EdDsa));
}
