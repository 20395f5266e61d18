//! Whose signature it is: the issuer's own, by a key that is for the algorithm.

use bursar_config::Algorithm;

use super::{Row, World};
use crate::Fault;
use crate::tests::mint::{Signer, encoded};

pub(super) fn rows(world: &World) -> Vec<Row> {
    let mut rows = accepted(world);
    rows.extend(of_the_wrong_key(world));
    rows.extend(forged(world));
    rows
}

fn accepted(world: &World) -> Vec<Row> {
    let by = |signer, algorithm| world.corp().by(signer, algorithm).token();
    let unnamed =
        |signer, algorithm| world.corp().by(signer, algorithm).without_header("kid").token();
    let World { rsa, ps, p256, p384, ed, .. } = world;
    vec![
        ("RS256", by(rsa, Algorithm::Rs256), Ok(())),
        ("RS384", by(rsa, Algorithm::Rs384), Ok(())),
        ("RS512", by(rsa, Algorithm::Rs512), Ok(())),
        ("PS256", by(rsa, Algorithm::Ps256), Ok(())),
        ("PS256 by a key for it", by(ps, Algorithm::Ps256), Ok(())),
        ("PS384", by(rsa, Algorithm::Ps384), Ok(())),
        ("PS512", by(rsa, Algorithm::Ps512), Ok(())),
        ("ES256", by(p256, Algorithm::Es256), Ok(())),
        ("ES384", by(p384, Algorithm::Es384), Ok(())),
        ("EdDSA", by(ed, Algorithm::EdDsa), Ok(())),
        ("HS256", world.batch().token(), Ok(())),
        ("HS256, and a name for the key", world.batch().header("kid", "any").token(), Ok(())),
        ("another issuer", world.other().token(), Ok(())),
        ("a strict issuer", world.strict().token(), Ok(())),
        ("unnamed, the only key of its kind", unnamed(ed, Algorithm::EdDsa), Ok(())),
        ("unnamed, the only key for it", unnamed(rsa, Algorithm::Rs256), Ok(())),
    ]
}

fn of_the_wrong_key(world: &World) -> Vec<Row> {
    let World { rsa, ps, p256, p384, ed, unusable: [encrypt, wrap, private], .. } = world;
    let by = |signer, algorithm| world.corp().by(signer, algorithm).token();
    let named = |name: &str| world.corp().header("kid", name).token();
    let (no_key, forged) = (Err(Fault::TokenKey), Err(Fault::TokenSignature));
    let unnamed = |signer| world.corp().by(signer, Algorithm::Ps256).without_header("kid").token();
    vec![
        ("unnamed, one of two keys for it", unnamed(rsa), no_key),
        ("unnamed, the other of two keys for it", unnamed(ps), no_key),
        ("a key for PS256 that signs RS256", by(ps, Algorithm::Rs256), no_key),
        ("a key for PS256 that signs PS512", by(ps, Algorithm::Ps512), no_key),
        ("ES256 of the longer curve", by(p384, Algorithm::Es256), no_key),
        ("ES384 of the shorter curve", by(p256, Algorithm::Es384), no_key),
        ("EdDSA of an RSA key", world.corp().header("kid", "rsa").token(), no_key),
        ("RS256 of an EdDSA key", world.corp().header("alg", "RS256").token(), no_key),
        ("a key to encrypt", by(encrypt, Algorithm::EdDsa), no_key),
        ("a key to wrap", by(wrap, Algorithm::EdDsa), no_key),
        ("a private key for all to see", by(private, Algorithm::EdDsa), no_key),
        (
            "a key too small",
            world.corp().by(rsa, Algorithm::Rs256).header("kid", "small").token(),
            no_key,
        ),
        ("a shared key in a public set", world.corp().header("kid", "oct").token(), no_key),
        ("an unknown kind of key", named("later"), no_key),
        ("a key nobody has", named("nobody"), no_key),
        ("a key by a path", named("../../../../dev/null"), no_key),
        ("a key by a query", named("' UNION SELECT 'secret'--"), no_key),
        ("a key by a URL", named("https://evil.example.com/key"), no_key),
        ("a key of another case", named("ED"), no_key),
        ("a key with nothing for a name", named(""), no_key),
        ("a key with 10 KB for a name", named(&"k".repeat(10_000)), Err(Fault::TokenTooLarge)),
        ("another issuer's key", by(&world.other, Algorithm::EdDsa), no_key),
        ("another issuer's key of the same name", by(&world.namesake, Algorithm::EdDsa), forged),
        (
            "one of our keys for another issuer",
            world.other().by(ed, Algorithm::EdDsa).token(),
            forged,
        ),
    ]
}

fn forged(world: &World) -> Vec<Row> {
    let forged = Err(Fault::TokenSignature);
    let good = world.corp().token();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (_, payload) = signed.split_once('.').unwrap();
    let admin = world.corp().claim("sub", "root").token();
    let es256 = world.corp().by(&world.p256, Algorithm::Es256).token();
    let (es256_signed, es256_signature) = es256.rsplit_once('.').unwrap();
    let other_header = world.corp().header("x", "x").token();
    let pss_for_pkcs1 =
        world.corp().by(&world.rsa, Algorithm::Rs256).signed_by(&world.rsa, Algorithm::Ps256);
    let guess = Signer::shared(&[0; 32]);
    let by_a_guess = world.batch().by(&guess, Algorithm::Hs256);
    vec![
        ("nobody's key", world.corp().signed_by(&world.nobody, Algorithm::EdDsa).token(), forged),
        ("another payload", swapped(&good, &admin), forged),
        (
            "another header",
            format!("{}.{payload}.{signature}", other_header.split('.').next().unwrap()),
            forged,
        ),
        ("half a signature", format!("{signed}.{}", &signature[..44]), forged),
        ("twice a signature", format!("{signed}.{}{}", &signature[..84], &signature[..84]), forged),
        ("zeros for a signature", format!("{signed}.{}", encoded(&[0; 64])), forged),
        ("zeros for ES256", format!("{es256_signed}.{}", encoded(&[0; 64])), forged),
        ("ES256 in the other form", format!("{es256_signed}.{}", der(es256_signature)), forged),
        ("PS256 for RS256", pss_for_pkcs1.token(), forged),
        ("HS256 by a guess", by_a_guess.token(), forged),
    ]
}

/// The signature of one token under the claims of another.
fn swapped(good: &str, wanted: &str) -> String {
    let (signed, signature) =
        (wanted.rsplit_once('.').unwrap().0, good.rsplit_once('.').unwrap().1);
    format!("{signed}.{signature}")
}

/// The same ECDSA signature as ASN.1 has it.
fn der(signature: &str) -> String {
    use base64::Engine;
    let raw = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut der = vec![0x30, 0];
    for half in raw.chunks(32) {
        let zero: &[u8] = if half[0] > 0x7f { &[0] } else { &[] };
        der.extend([2, u8::try_from(half.len() + zero.len()).unwrap()]);
        der.extend([zero, half].concat());
    }
    der[1] = u8::try_from(der.len() - 2).unwrap();
    encoded(&der)
}
