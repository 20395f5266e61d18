//! How long tokens are good for.

use std::time::Duration;

use jiff::Timestamp;
use ledger::Instant;

use crate::place::Place;
use crate::problem::Report;
use crate::quantity;
use crate::raw::{self, Field, Text};

/// How long an issuer's tokens are good for.
pub(super) struct Times {
    pub(super) leeway: Duration,
    pub(super) max_lifetime: Duration,
    pub(super) valid_after: Instant,
}

const LEEWAY: Duration = Duration::from_secs(30);
const LEEWAY_MAX: Duration = Duration::from_secs(60);

const LIFETIME: Duration = Duration::from_secs(24 * 3_600);
const LIFETIME_MAX: Duration = Duration::from_secs(720 * 3_600);

pub(super) fn check(raw: &raw::Issuer, place: &Place, report: &mut Report<'_>) -> Option<Times> {
    let leeway = check_span(&raw.leeway, LEEWAY, &place.key("leeway"), report, |leeway| {
        if leeway > LEEWAY_MAX { Err("must be at most `60s`") } else { Ok(()) }
    });
    let at = place.key("max_lifetime");
    let max_lifetime =
        check_span(&raw.max_lifetime, LIFETIME, &at, report, |lifetime| match lifetime {
            Duration::ZERO => Err("must be longer than nothing"),
            lifetime if lifetime > LIFETIME_MAX => Err("must be at most 30 days, `720h`"),
            _ => Ok(()),
        });
    let valid_after = raw.valid_after.check_or(Instant::MIN, |Text(text)| {
        let wrong = |_| "must be a time such as 2026-11-25T00:00:00Z";
        let time = text.parse::<Timestamp>().map_err(wrong);
        let time = report.check(&place.key("valid_after"), time)?;
        Some(Instant::from_micros(time.as_microsecond()))
    });
    Some(Times { leeway: leeway?, max_lifetime: max_lifetime?, valid_after: valid_after? })
}

fn check_span(
    field: &Field<raw::Duration>,
    default: Duration,
    place: &Place,
    report: &mut Report<'_>,
    bounds: impl Fn(Duration) -> Result<(), &'static str>,
) -> Option<Duration> {
    field.check_or(default, |raw::Duration(text)| {
        let span = report.check(place, quantity::any_duration(text))?;
        report.check(place, bounds(span)).map(|()| span)
    })
}
