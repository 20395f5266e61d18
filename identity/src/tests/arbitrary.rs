//! Whatever stands where a token or a key set should: no panic, and nobody gets in.

use std::sync::LazyLock;

use bursar_config::Algorithm;
use proptest::prelude::*;

use super::draft::Draft;
use super::mint::encoded;
use super::world::World;
use crate::jwks::KeySet;

/// Making RSA keys takes longer than a case.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(World::new())
});

fn good(n: usize) -> Draft<'static> {
    let world = &*WORLD;
    match n {
        0 => world.corp(),
        1 => world.corp().by(&world.rsa, Algorithm::Rs256),
        2 => world.corp().by(&world.p256, Algorithm::Es256),
        3 => world.strict(),
        _ => world.batch(),
    }
}

/// JSON that is nearly what it should be: any value for any of the names that mean something.
fn object(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| serde_json::json!(n).to_string()),
        "[ -~]{0,12}".prop_map(|text| serde_json::json!(text).to_string()),
        proptest::sample::select(&["\"EdDSA\"", "\"bursar\"", "\"RSA\"", "\"EC\"", "\"OKP\""][..])
            .prop_map(str::to_owned),
        "[A-Za-z0-9_-]{0,90}".prop_map(|text| format!("\"{text}\"")),
    ];
    let pair = (proptest::sample::select(names), value);
    proptest::collection::vec(pair, 0..8).prop_map(|pairs| {
        let pairs: Vec<_> = pairs.iter().map(|(name, v)| format!("\"{name}\":{v}")).collect();
        format!("{{{}}}", pairs.join(","))
    })
}

const HEADER: &[&str] = &["alg", "typ", "kid", "crit", "jku", "x"];
const CLAIMS: &[&str] =
    &["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "groups", "org", "scope"];
const JWK: &[&str] = &["kty", "kid", "alg", "use", "key_ops", "crv", "x", "y", "n", "e", "d"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_is_a_token(text in any::<String>()) {
        prop_assert!(WORLD.verify(&text).is_err());
    }

    #[test]
    fn no_three_parts_are_a_token(
        header in object(HEADER),
        claims in object(CLAIMS),
        signature in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let parts = [header.as_bytes(), claims.as_bytes(), &signature].map(encoded);
        prop_assert!(WORLD.verify(&parts.join(".")).is_err());
    }

    #[test]
    fn no_byte_of_a_token_may_be_another(
        n in 0..5_usize,
        place: prop::sample::Index,
        byte in 0..128_u8,
    ) {
        let token = good(n).token();
        prop_assert!(WORLD.verify(&token).is_ok());
        let mut other = token.clone().into_bytes();
        let place = place.index(other.len());
        other[place] = byte;
        let other = String::from_utf8(other).unwrap();
        prop_assert_eq!(WORLD.verify(&other).is_ok(), other == token);
    }

    #[test]
    fn whatever_an_issuer_signs_is_read_or_refused(
        header in object(HEADER),
        claims in object(CLAIMS),
    ) {
        let token = WORLD.ed.token(Algorithm::EdDsa, &header, &claims);
        prop_assert!(WORLD.verify(&token).is_err());
    }

    #[test]
    fn whatever_an_issuer_claims_is_read_or_refused(claims in object(CLAIMS)) {
        let added = claims.replacen('{', ",", 1);
        let more = |text: &str| format!("{}{added}", text.trim_end_matches('}'));
        let token = WORLD.corp().edited(str::to_owned, more);
        if let Ok(said) = WORLD.verify(&token) {
            prop_assert_eq!(&*said.subject, "ada");
        }
    }

    #[test]
    fn no_bytes_break_the_reading_of_keys(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(KeySet::read(&bytes).is_err());
    }

    #[test]
    fn keys_of_any_kind_are_read_or_left_out(
        jwks in proptest::collection::vec(object(JWK), 0..40),
    ) {
        let set = KeySet::read(format!("{{\"keys\":[{}]}}", jwks.join(",")).as_bytes());
        if let Ok(set) = set {
            for algorithm in Algorithm::ALL {
                prop_assert!(jwks.len() <= 32 && set.key(Some("nobody"), algorithm).is_none());
            }
        }
    }
}
