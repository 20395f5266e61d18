//! What is done to a run while its load goes on, and when it has gone on long enough.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep};

use super::budgets::{ADDED, Budgets, LOWERED, TRIMMED};
use super::plan::Plan;
use super::watch::Watch;
use crate::audit::Kills;
use crate::cli::Faults;
use crate::installation::{Applied, Installation};
use crate::traffic::{Play, now};

/// What was done, and when: in microseconds since the epoch.
#[derive(Clone, Debug, Default)]
pub(super) struct Happened {
    pub(super) kills: Kills,
    pub(super) killed: Option<Killed>,
    pub(super) away: Option<Away>,
    pub(super) changes: Vec<LimitChange>,
    /// Since when every gateway had to refuse a call for the hot budget, and how many did.
    pub(super) refused_at_the_end: usize,
}

/// A gateway that was killed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Killed {
    /// Which.
    pub(super) gateway: usize,
    pub(super) at: i64,
    /// When it was ready again.
    pub(super) back: i64,
}

/// A database that was away.
#[derive(Clone, Copy, Debug)]
pub(super) struct Away {
    /// Before the first of it.
    pub(super) from: i64,
    /// Once it was gone.
    pub(super) gone: i64,
    /// Before it was started again.
    pub(super) until: i64,
    /// Once it was back.
    pub(super) back: i64,
}

/// A limit that was changed.
#[derive(Clone, Debug)]
pub(super) struct LimitChange {
    /// The member, and its key.
    pub(super) name: &'static str,
    pub(super) calls: u64,
    /// When the admin API said that it is in force.
    pub(super) in_force: i64,
    pub(super) applied: Applied,
}

/// What a limit is lowered to that has spent more.
const NEXT_TO_NOTHING: u64 = 1;
/// Between two looks at the answers.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The gateway that is killed. Not the first, whose admin API is asked.
const VICTIM: usize = 1;

/// Waits until so much of the hot budget is spent, does what the plan says, and returns once every
/// gateway has refused a call for the hot budget, or will not.
///
/// # Errors
/// A gateway ended by itself, or the admin API or the database refuses.
pub(super) async fn direct(
    installation: &mut Installation,
    plan: &Plan,
    budgets: &Budgets,
    plays: &[std::sync::Arc<Play>],
    happened: &mut Happened,
) -> Result<()> {
    let mut watch = Watch::new(plays);
    until(&mut watch, plan, |watch| watch.hot_served >= plan.trigger()).await;
    match plan.faults {
        Faults::None => happened.changes = change_limits(installation, budgets).await?,
        Faults::Kill => kill(installation, plan, plays, happened).await?,
        Faults::StopDatabase | Faults::Outage => {
            happened.away = Some(take_away(installation, plan).await?);
        }
    }
    let since = now();
    until(&mut watch, plan, |watch| watch.all_refused_since(since)).await;
    let refused = watch.hot_refused.iter().filter(|sent| sent.is_some_and(|sent| sent >= since));
    happened.refused_at_the_end = refused.count();
    // Somebody who was let down by it may call once more.
    sleep(plan.steady() / 5).await;
    installation.gateways.iter_mut().try_for_each(|gateway| gateway.still_runs())
}

/// Looks at the answers until they show something, or for as long as is patient.
async fn until(watch: &mut Watch, plan: &Plan, shown: impl Fn(&Watch) -> bool) {
    let deadline = Instant::now() + plan.patience();
    watch.look();
    while !shown(watch) && Instant::now() < deadline {
        sleep(LOOK_EVERY).await;
        watch.look();
    }
}

async fn change_limits(installation: &Installation, budgets: &Budgets) -> Result<Vec<LimitChange>> {
    let admin = installation.admin(0)?;
    let wanted = [
        (ADDED, budgets.added_calls()),
        (LOWERED, NEXT_TO_NOTHING),
        (TRIMMED, budgets.trimmed_calls()),
    ];
    let mut changes = Vec::new();
    for (name, calls) in wanted {
        let applied = admin.limit(installation.imported.member(name)?, calls).await?;
        changes.push(LimitChange { name, calls, in_force: now(), applied });
    }
    Ok(changes)
}

async fn kill(
    installation: &mut Installation,
    plan: &Plan,
    plays: &[std::sync::Arc<Play>],
    happened: &mut Happened,
) -> Result<()> {
    let victim = VICTIM.min(installation.gateways.len().saturating_sub(1));
    let gateway = installation.gateways.get_mut(victim).context("no gateway to kill")?;
    let play = plays.get(victim).context("a gateway without calls")?;
    // Nothing runs here between the count and the kill.
    let (at, in_flight) = (now(), play.log.in_flight());
    gateway.kill()?;
    happened.kills = Kills { count: 1, in_flight };
    sleep(plan.down()).await;
    gateway.start()?;
    gateway.ready().await?;
    happened.killed = Some(Killed { gateway: victim, at, back: now() });
    Ok(())
}

async fn take_away(installation: &Installation, plan: &Plan) -> Result<Away> {
    let from = now();
    installation.database.stop().await?;
    let gone = now();
    sleep(plan.away()).await;
    let until = now();
    installation.database.start_again().await?;
    Ok(Away { from, gone, until, back: now() })
}
