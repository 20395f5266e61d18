//! When a token is good: the clock is an argument.

use std::time::Duration;

use bursar_config::Issuer;
use ledger::Instant;
use serde_json::{Map, Value};

use crate::Fault;

/// The times of a token.
pub(crate) struct Dates {
    pub(crate) issued: Instant,
    pub(crate) expires: Instant,
}

/// The end of the year 9999, in seconds: later dates are mistakes, or attempts at an overflow.
const LATEST_SECONDS: i64 = 253_402_300_799;

impl Dates {
    /// Reads `exp`, `iat` and `nbf`, and holds them against the issuer's rules.
    pub(crate) fn check(
        claims: &Map<String, Value>,
        issuer: &Issuer,
        now: Instant,
    ) -> Result<Self, Fault> {
        let required = |name| claims.get(name).ok_or(Fault::TokenClaims).and_then(date);
        let (expires, issued) = (required("exp")?, required("iat")?);
        let not_before = claims.get("nbf").map(date).transpose()?;

        let leeway = micros(issuer.leeway);
        let (earliest, latest) =
            (now.plus_micros(leeway.saturating_neg()), now.plus_micros(leeway));
        if expires <= earliest {
            return Err(Fault::TokenExpired);
        }
        if issued > latest || not_before.is_some_and(|not_before| not_before > latest) {
            return Err(Fault::TokenNotYetValid);
        }
        if expires <= issued || expires > issued.plus_micros(micros(issuer.max_lifetime)) {
            return Err(Fault::TokenLifetime);
        }
        if issued < issuer.valid_after {
            return Err(Fault::TokenTooOld);
        }
        Ok(Self { issued, expires })
    }
}

/// A NumericDate (RFC 7519, 2): seconds since 1970, whole or not, and never a text.
fn date(value: &Value) -> Result<Instant, Fault> {
    let Value::Number(number) = value else { return Err(Fault::TokenClaims) };
    if let Some(seconds) = number.as_i64() {
        let sound = (0..=LATEST_SECONDS).contains(&seconds);
        return sound.then(|| Instant::from_seconds(seconds)).ok_or(Fault::TokenClaims);
    }
    let since_1970 = number.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let since_1970 = since_1970.ok_or(Fault::TokenClaims)?;
    let instant = Instant::from_micros(micros(since_1970));
    (instant <= Instant::from_seconds(LATEST_SECONDS)).then_some(instant).ok_or(Fault::TokenClaims)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_date_is_a_number_of_seconds_whole_or_not() {
        for (value, micros) in [
            (json!(0), 0),
            (json!(1_795_564_800), 1_795_564_800_000_000),
            (json!(1_795_564_800.25), 1_795_564_800_250_000),
            (json!(253_402_300_799_i64), 253_402_300_799_000_000),
        ] {
            assert_eq!(date(&value), Ok(Instant::from_micros(micros)), "{value}");
        }
    }

    #[test]
    fn a_date_is_nothing_else() {
        for value in [
            json!(-1),
            json!(-0.5),
            json!(253_402_300_800_i64),
            json!(253_402_300_800.0),
            json!(u64::MAX),
            json!(1e300),
            json!("1795564800"),
            json!(null),
            json!([1_795_564_800]),
            json!(true),
        ] {
            assert_eq!(date(&value), Err(Fault::TokenClaims), "{value}");
        }
    }
}
