//! The credits that the organisation has, and who of it may burn them.
//!
//! Every shared grant is restricted to the groups, so that who is in none has only a seat.

use bursar_config::PriceBook;
use ledger::{Access, Credits, Grant, GrantId, GrantKind, Instant, Period};

use super::Times;
use super::credits::{flat_call, slow_call, times, whole};
use super::ids::Ids;

/// Credits of the plan in each cycle.
pub(super) const ALLOCATION: u64 = 500;

/// How long the seats have been there, in days: longer than the history.
const SEAT_AGE: i64 = 45;

/// Every grant that the history needs, and those that show something.
///
/// # Errors
/// A price is missing, or time is at its end.
pub(super) fn grants(
    ids: &mut Ids,
    when: &Times,
    prices: &PriceBook,
) -> anyhow::Result<Vec<Grant>> {
    let everyone = ["Design", "Marketing", "Engineering"];
    let mut grants = allocations(ids, when, &everyone)?;
    grants.push(Grant {
        end: when.days_ago(-39)?,
        ..shared(ids, GrantKind::Promo, whole(50), when.days_ago(21)?, &["Design", "Marketing"])
    });
    grants.push(shared(ids, GrantKind::TopUp, whole(200), when.days_ago(10)?, &everyone));

    let seats_since = when.days_ago(SEAT_AGE)?;
    // More than one call at a time, less than two.
    let held = slow_call(prices)?;
    let held = held.saturating_add(Credits::from_micros(held.micros() / 2).unwrap_or(held));
    grants.push(seat(ids, "priya", whole(250), seats_since));
    grants.push(seat(ids, "yuki", times(flat_call(prices)?, 50), seats_since));
    grants.push(seat(ids, "dana", held, seats_since));
    grants.push(seat(ids, "pipeline", whole(150), seats_since));
    Ok(grants)
}

/// The allocation of each cycle that the history touches.
fn allocations(ids: &mut Ids, when: &Times, groups: &[&str]) -> anyhow::Result<Vec<Grant>> {
    let mut allocations = Vec::new();
    let mut at = when.start;
    while at <= when.now {
        let (start, end) = when.calendar.span(Period::Cycle, at)?;
        let allocation = shared(ids, GrantKind::Allocation, whole(ALLOCATION), start, groups);
        allocations.push(Grant { end, ..allocation });
        at = end;
    }
    Ok(allocations)
}

fn shared(
    ids: &mut Ids,
    kind: GrantKind,
    amount: Credits,
    start: Instant,
    groups: &[&str],
) -> Grant {
    let groups = groups.iter().map(|name| ids.group(name)).collect();
    grant(ids, kind, amount, start, Access::Listed { members: Vec::new(), groups })
}

fn seat(ids: &mut Ids, owner: &str, amount: Credits, start: Instant) -> Grant {
    let members = vec![ids.member(owner)];
    grant(ids, GrantKind::Seat, amount, start, Access::Listed { members, groups: Vec::new() })
}

/// A grant without an end.
fn grant(ids: &mut Ids, kind: GrantKind, amount: Credits, start: Instant, access: Access) -> Grant {
    let id = GrantId::from_u128(ids.unused());
    Grant { id, kind, amount, start, end: Instant::MAX, created: start, access }
}
