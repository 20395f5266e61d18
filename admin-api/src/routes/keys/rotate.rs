//! Another secret for a key, while the one before still opens it for a while.

use ledger::{Instant, KeyStatus};
use serde_json::Value;
use store::{Key, KeySecret, PlainKey};

use crate::body::{self, Fields};
use crate::problem::Problem;
use crate::time;

const HOUR_MICROS: i64 = 3_600_000_000;
const USUAL_GRACE_MICROS: i64 = 24 * HOUR_MICROS;
const LONGEST_GRACE_MICROS: i64 = 168 * HOUR_MICROS;

/// For how long the secret before still opens the key, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grace(i64);

impl Grace {
    /// The field `grace`; a day, if it is left out.
    pub(super) fn read(mut fields: Fields) -> Result<Self, Problem> {
        let grace = fields.optional("grace", duration);
        fields.finish(Some(Self(grace.unwrap_or(USUAL_GRACE_MICROS))))
    }
}

fn duration(value: &Value) -> Result<i64, String> {
    let text = body::text(value)?;
    let digits = text.find(|at: char| !at.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => Some(1_000),
        "s" => Some(1_000_000),
        "m" => Some(60_000_000),
        "h" => Some(HOUR_MICROS),
        _ => None,
    };
    let micros = number.parse::<i64>().ok().zip(unit).and_then(|(n, unit)| n.checked_mul(unit));
    let micros = micros.filter(|micros| *micros <= LONGEST_GRACE_MICROS);
    micros.ok_or_else(|| "must be a duration such as \"30m\", at most \"168h\"".to_owned())
}

/// The key with another secret before those that still open it.
///
/// # Errors
/// The key opens nothing any more, or the secret before the last is still in its own grace.
pub(super) fn rotated(
    key: &Key,
    (plain, new): (&PlainKey, &KeySecret),
    grace: Grace,
    now: Instant,
) -> Result<Key, Problem> {
    let id = key.standing.id;
    if key.standing.status == KeyStatus::Revoked {
        return Err(Problem::conflict(format!("{id} is revoked, and that for ever")));
    }
    if key.standing.expires <= now {
        return Err(Problem::conflict(format!("{id} has expired; give it a later end first")));
    }
    let until = now.plus_micros(grace.0).min(key.standing.expires);
    let mut opening = key.secrets.iter().filter(|secret| secret.not_after > now);
    let mut secrets = vec![new.clone()];
    if grace.0 > 0 {
        secrets.extend(
            opening
                .next()
                .map(|last| KeySecret { not_after: last.not_after.min(until), ..last.clone() }),
        );
        if let Some(older) = opening.next() {
            let end = time::print(older.not_after).unwrap_or_default();
            let what = format!("the secret before the last opens {id} until {end}");
            let how = "wait, or rotate with the grace \"0s\", which ends all others at once";
            return Err(Problem::conflict(format!("{what}; {how}")));
        }
    }
    Ok(Key { hint: plain.hint(), secrets, ..key.clone() })
}
