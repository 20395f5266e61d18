//! When a token is good, at the leeway to the second.

use serde_json::json;

use super::{Row, World};
use crate::Fault;
use crate::tests::configured::NOW;

const DAY: i64 = 24 * 3_600;

pub(super) fn rows(world: &World) -> Vec<Row> {
    let corp = |name: &str, value| world.corp().claim(name, value).token();
    let span =
        |issued: i64, expires: i64| world.corp().claim("iat", issued).claim("exp", expires).token();
    let strict = |name: &str, value: i64| world.strict().claim(name, value).token();
    let (claims, expired) = (Err(Fault::TokenClaims), Err(Fault::TokenExpired));
    let (early, lifetime) = (Err(Fault::TokenNotYetValid), Err(Fault::TokenLifetime));
    vec![
        ("exp a moment ago, in the leeway", corp("exp", json!(NOW - 29)), Ok(())),
        ("exp at the leeway", corp("exp", json!(NOW - 30)), expired),
        ("exp long ago", span(NOW - 900, NOW - 300), expired),
        ("exp now, without leeway", strict("exp", NOW), expired),
        ("exp in a moment, without leeway", strict("exp", NOW + 1), Ok(())),
        ("no exp", world.corp().without("exp").token(), claims),
        ("exp nothing", corp("exp", json!(null)), claims),
        ("exp a text", corp("exp", json!((NOW + 600).to_string())), claims),
        ("exp before 1970", corp("exp", json!(-1)), claims),
        ("exp beyond the calendar", corp("exp", json!(253_402_300_800_i64)), claims),
        ("exp at the end of 64 bits", corp("exp", json!(i64::MAX)), claims),
        ("exp beyond 64 bits", corp("exp", json!(u64::MAX)), claims),
        ("exp in milliseconds", corp("exp", json!((NOW + 600) * 1_000)), claims),
        ("exp a huge fraction", corp("exp", json!(1e300)), claims),
        ("exp not a number", edited(world, "NaN"), Err(Fault::TokenMalformed)),
        ("exp infinite", edited(world, "1e999"), Err(Fault::TokenMalformed)),
        ("exp with a fraction", corp("exp", json!(1_795_608_600.5)), Ok(())),
        ("nbf at the leeway", corp("nbf", json!(NOW + 30)), Ok(())),
        ("nbf beyond the leeway", corp("nbf", json!(NOW + 31)), early),
        ("nbf a fraction beyond", corp("nbf", json!(1_795_608_030.25)), early),
        ("nbf in a moment, without leeway", strict("nbf", NOW + 1), early),
        ("nbf a text", corp("nbf", json!("0")), claims),
        ("nbf nothing", corp("nbf", json!(null)), claims),
        ("no iat", world.corp().without("iat").token(), claims),
        ("iat a text", corp("iat", json!("0")), claims),
        ("iat at the leeway", corp("iat", json!(NOW + 30)), Ok(())),
        ("iat beyond the leeway", corp("iat", json!(NOW + 31)), early),
        ("longest life", span(NOW - DAY + 1, NOW + 1), Ok(())),
        ("a second too long a life", span(NOW - DAY, NOW + 1), lifetime),
        ("for ever", corp("exp", json!(253_402_300_799_i64)), lifetime),
        ("exp before iat", span(NOW + 20, NOW + 10), lifetime),
        ("issued when the strict one begins", strict("iat", NOW - 1_800), Ok(())),
        ("issued a second before", strict("iat", NOW - 1_801), Err(Fault::TokenTooOld)),
    ]
}

/// A token whose `exp` is something that no JSON library writes.
fn edited(world: &World, exp: &str) -> String {
    let (was, is) = (format!("\"exp\":{}", NOW + 600), format!("\"exp\":{exp}"));
    world.corp().edited(str::to_owned, |claims| {
        assert!(claims.contains(&was));
        claims.replace(&was, &is)
    })
}
