//! A seeded organisation: people, keys, credits, limits, and thirty days of their usage.
//!
//! Everything is the same for the same instant: what varies is drawn from one fixed seed. The usage
//! is not written into tables: it is lived through, day by day, by a node of its own that leases,
//! admits, settles and syncs like a gateway, so that balances, rollups and events agree.

mod credits;
mod people;

mod grants;
mod keys;
mod limits;

mod history;
mod past;

mod ids;

#[cfg(test)]
mod tests;

use anyhow::Context;
use bursar_config::PriceBook;
use ledger::{CountsFrom, Instant};
use store::{Calendar, KeyHasher, Org, Store};

use super::memory::{Memory, State};
use ids::Ids;

pub(super) use keys::KEYS;

/// What the history is drawn from.
const SEED: u64 = 20_261_122;
/// How long the history is, in days before today.
const DAYS: i64 = 30;
const DAY_MICROS: i64 = 86_400_000_000;

/// The time that the history fills, and the calendar that it is lived by.
struct Times {
    /// The first instant of the first day.
    start: Instant,
    now: Instant,
    calendar: Calendar,
}

impl Times {
    fn until(now: Instant, org: &Org) -> anyhow::Result<Self> {
        let calendar = Calendar::new(&org.time_zone, org.anchor_day)?;
        let mut times = Self { start: now, now, calendar };
        times.start = times.days_ago(DAYS)?;
        Ok(times)
    }

    /// The first instant of the day so many days ago.
    fn days_ago(&self, days: i64) -> anyhow::Result<Instant> {
        let then = self.now.plus_micros(-days.saturating_mul(DAY_MICROS));
        Ok(self.calendar.span(ledger::Period::Day, then)?.0)
    }
}

/// Fills an empty store, and writes into `memory` whose keys it has the secrets of.
///
/// # Errors
/// The store refuses, or a price is missing that the history needs.
pub(super) async fn seed(
    store: &dyn Store,
    hasher: &KeyHasher,
    prices: &PriceBook,
    memory: &mut Memory,
    now: Instant,
) -> anyhow::Result<()> {
    let mut ids = Ids::new(now);
    let org = people::org(&ids, now);
    let times = Times::until(now, &org)?;

    store.put_org(&org).await?;
    for group in people::groups(&ids) {
        store.put_group(&group).await?;
    }
    let members = people::members(&ids);
    for member in &members {
        store.put_member(member).await?;
    }
    for project in people::projects(&ids) {
        store.put_project(&project).await?;
    }
    let mut keys = Vec::new();
    for row in &KEYS {
        let plain = memory.plain_key(row.name)?;
        let key = row.key(&ids, hasher, &plain, times.start);
        store.put_key(&key, None).await?;
        keys.push(key);
    }
    let grants = grants::grants(&mut ids, &times, prices)?;
    for grant in &grants {
        store.put_grant(org.id, grant, None, now).await?;
    }
    let standings = past::Standings { members: &members, keys: &keys, grants: &grants };
    past::live_through(store, &org, &standings, prices, &history::requests(&ids, &times)?, &times)
        .await
        .context("cannot write the history")?;
    // Set at the end, as if today: each opens with what its scope has spent in its period.
    for limit in limits::limits(&mut ids, prices)? {
        store.put_limit(org.id, &limit, CountsFrom::PeriodStart, now).await?;
    }

    memory.org = org.id.to_string();
    for entry in &mut memory.keys {
        let row = KEYS.iter().find(|row| row.name == entry.name);
        entry.member = row.map(|row| ids.member(row.owner).to_string()).unwrap_or_default();
    }
    memory.state = State::Seeded;
    Ok(())
}
