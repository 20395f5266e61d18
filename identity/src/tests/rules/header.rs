//! What a token says it is, and what it would have us do.

use bursar_config::Algorithm;
use serde_json::json;

use super::{Row, World};
use crate::Fault;

pub(super) fn rows(world: &World) -> Vec<Row> {
    let corp = |name, value| world.corp().header(name, value).token();
    let ambiguous = |header: &str| {
        let edited = |text: &str| text.replacen('{', &format!("{{{header},"), 1);
        world.corp().edited(edited, str::to_owned)
    };
    let (refused, kind) = (Err(Fault::TokenHeader), Err(Fault::TokenType));
    let mut rows = vec![
        ("crit", corp("crit", json!(["exp"])), refused),
        ("crit of nothing", corp("crit", json!([])), refused),
        ("jku", corp("jku", json!("https://evil.example.com/jwks.json")), refused),
        ("x5u", corp("x5u", json!("https://evil.example.com/chain.pem")), refused),
        ("x5c", corp("x5c", json!(["MIIB"])), refused),
        ("zip", corp("zip", json!("DEF")), refused),
        ("b64", corp("b64", json!(false)), refused),
        ("cty, a token inside", corp("cty", json!("JWT")), refused),
        ("an unknown word", corp("x-trace", json!("1")), Ok(())),
        ("thumbprint", corp("x5t", json!("AAAA")), Ok(())),
        ("jwk of the signer's own", with_own_key(world), refused),
        ("name of a key too long", corp("kid", json!("k".repeat(257))), refused),
        ("name of a key a number", corp("kid", json!(1)), refused),
        ("name of a key nothing", corp("kid", json!(null)), refused),
        ("typ of a logout", corp("typ", json!("logout+jwt")), kind),
        ("typ of an event", corp("typ", json!("secevent+jwt")), kind),
        ("typ empty", corp("typ", json!("")), kind),
        ("typ a list", corp("typ", json!(["JWT"])), kind),
        ("typ nothing", corp("typ", json!(null)), kind),
        ("typ small", corp("typ", json!("jwt")), Ok(())),
        ("typ of an access token", corp("typ", json!("at+jwt")), Ok(())),
        ("typ in full", corp("typ", json!("Application/AT+JWT")), Ok(())),
        ("typ twice in full", corp("typ", json!("application/application/jwt")), kind),
        ("no typ", world.corp().without_header("typ").token(), Ok(())),
        ("no typ for a strict one", world.strict().without_header("typ").token(), kind),
        ("JWT for a strict one", world.strict().header("typ", "JWT").token(), kind),
        ("alg twice", ambiguous(r#""alg":"none""#), Err(Fault::TokenAmbiguous)),
        ("alg twice, once escaped", ambiguous(r#""\u0061lg":"none""#), Err(Fault::TokenAmbiguous)),
        ("kid twice", ambiguous(r#""kid":"other""#), Err(Fault::TokenAmbiguous)),
    ];
    rows.extend(algorithms(world));
    rows
}

fn algorithms(world: &World) -> Vec<Row> {
    let named = |name: &str| world.corp().header("alg", name).token();
    let refused = Err(Fault::TokenAlgorithm);
    let unsigned = |name: &str| {
        let signed = named(name);
        format!("{}.", signed.rsplit_once('.').unwrap().0)
    };
    let strict_by = |algorithm| world.strict().by(&world.rsa, algorithm).token();
    vec![
        ("none, signed", named("none"), refused),
        ("none, unsigned", unsigned("none"), refused),
        ("None", unsigned("None"), refused),
        ("nOnE", unsigned("nOnE"), refused),
        ("NONE", unsigned("NONE"), refused),
        ("alg empty", named(""), refused),
        ("alg with a space", named("EdDSA "), refused),
        ("alg small", named("eddsa"), refused),
        ("alg unknown", named("ES512"), refused),
        ("alg of another curve", named("ES256K"), refused),
        ("alg to encrypt", named("RSA-OAEP"), refused),
        ("alg a list", world.corp().header("alg", json!(["EdDSA"])).token(), refused),
        ("no alg", world.corp().without_header("alg").token(), refused),
        ("alg right, unsigned", unsigned("EdDSA"), Err(Fault::TokenSignature)),
        ("alg that the issuer does not use", strict_by(Algorithm::Ps256), refused),
        ("alg of a longer hash", strict_by(Algorithm::Rs512), refused),
        ("shared key where keys are public", shared(world), refused),
        ("public key where the key is shared", public_key_for_shared(world), refused),
    ]
}

/// The oldest trick: the public key, which everybody has, taken for a shared secret.
fn shared(world: &World) -> String {
    let secret = world.rsa.jwk()["n"].as_str().unwrap().to_owned();
    let mallory = super::super::mint::Signer::shared(secret.as_bytes());
    world.corp().by(&mallory, Algorithm::Hs256).header("kid", "rsa").token()
}

fn public_key_for_shared(world: &World) -> String {
    world.batch().by(&world.nobody, Algorithm::EdDsa).token()
}

fn with_own_key(world: &World) -> String {
    world
        .corp()
        .signed_by(&world.nobody, Algorithm::EdDsa)
        .header("jwk", world.nobody.jwk())
        .token()
}
