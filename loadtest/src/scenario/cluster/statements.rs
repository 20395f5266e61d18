//! What a warm run asks of the store: counted by the gateways and by the database itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};

use super::plan::Plan;
use crate::installation::{Installation, StoreCalls};
use crate::load::Schedule;
use crate::tally::{Shared, Tally};
use crate::traffic::{Play, open_each};

/// What was asked between two instants of a steady load.
#[derive(Clone, Debug)]
pub(super) struct Statements {
    pub(super) gateways: u32,
    pub(super) length: Duration,
    /// Calls that were answered meanwhile.
    pub(super) requests: u64,
    /// Of all gateways together.
    pub(super) calls: StoreCalls,
    /// Transactions that the database has committed meanwhile, this count's own among them.
    pub(super) commits: u64,
}

/// How long a gateway is called before it counts as warm.
const WARM_UP: Duration = Duration::from_secs(3);

struct Counts {
    at: Instant,
    calls: StoreCalls,
    commits: u64,
    requests: u64,
}

/// Calls every gateway at the plan's rate, with credits that suffice, and counts once it is warm.
///
/// # Errors
/// A gateway does not answer, or does not count.
pub(super) async fn count(
    installation: &Installation,
    plan: &Plan,
    plays: &[Arc<Play>],
    connections: u32,
) -> Result<Statements> {
    let tally = Tally::shared();
    let enough = Arc::<AtomicBool>::default();
    let length = WARM_UP + plan.steady() + plan.patience();
    let schedule = Schedule { rate: plan.rate_of_each(), length };
    let load = open_each(plays, connections, schedule, &tally, &enough).await?;
    sleep(WARM_UP).await;
    let before = Counts::of(installation, &tally).await?;
    sleep(plan.steady()).await;
    let after = Counts::of(installation, &tally).await?;
    enough.store(true, Ordering::Relaxed);
    load.await?;
    Ok(after.since(before, plan.gateways))
}

impl Counts {
    async fn of(installation: &Installation, tally: &Shared) -> Result<Self> {
        let mut calls = StoreCalls::new();
        for gateway in &installation.gateways {
            for (operation, count) in gateway.store_calls().await? {
                *calls.entry(operation).or_default() += count;
            }
        }
        let commits = installation.database.commits()?;
        let requests = tally.lock().served();
        Ok(Self { at: Instant::now(), calls, commits, requests })
    }

    fn since(self, before: Self, gateways: u32) -> Statements {
        let was = |operation: &str| before.calls.get(operation).copied().unwrap_or_default();
        let more = |(operation, count): (String, u64)| {
            let more = count.saturating_sub(was(&operation));
            (operation, more)
        };
        Statements {
            gateways,
            length: self.at - before.at,
            requests: self.requests.saturating_sub(before.requests),
            calls: self.calls.into_iter().map(more).filter(|(_, count)| *count > 0).collect(),
            commits: self.commits.saturating_sub(before.commits),
        }
    }
}
