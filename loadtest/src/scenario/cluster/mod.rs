//! Several gateways on one Postgres: one hot budget that all of them spend, small ones beside it,
//! and a load that goes on until each of them has said that nothing is left.
//!
//! `plan` says how large, `budgets` who may spend what, `crowd` draws the calls; `statements` counts
//! what a warm gateway asks of the store, `director` kills and cuts by what `watch` has seen, `rest`
//! asks everyone at the end, `audit` compares and `report` prints.

mod audit;
mod budgets;
mod crowd;
mod director;
mod plan;
mod report;
mod rest;
mod statements;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;

use self::audit::{Run, audit};
use self::budgets::Budgets;
use self::director::{Happened, direct};
use self::plan::Plan;
use self::report::Story;
use self::rest::Meanwhile;
use crate::audit::Check;
use crate::cli::Cluster;
use crate::installation::{House, Installation};
use crate::load::{Progress, Schedule, open_until};
use crate::programs::Programs;
use crate::provider::Pace;
use crate::scenario::Verdict;
use crate::scenario::stage::Binaries;
use crate::tally::{Shared, Tally};
use crate::traffic::{Calls, Log, Play, Player, log};

/// A provider that takes its time.
const PACE: Pace = Pace { first_byte: Duration::from_millis(20), chunk: Duration::from_millis(1) };

/// Runs the scenario and prints what was found.
///
/// # Errors
/// The run itself failed: nothing can be said about the gateways.
pub(crate) async fn run(options: &Cluster, programs: &Programs) -> Result<Verdict> {
    let common = &options.common;
    let binaries =
        Binaries::find(programs, common.bursar.as_deref(), common.mock_provider.as_deref())?;
    let seed = common.seed.unwrap_or_else(rand::random);
    let plan = Plan::of(options);
    let budgets = Budgets::of(&plan);
    let installation = Installation::start(crate::installation::Plan {
        bursar: binaries.bursar,
        mock_provider: &binaries.mock_provider,
        gateways: plan.gateways,
        database: common.database.as_deref(),
        folder: common.folder.as_deref(),
        pace: PACE,
        max_offline: plan.max_offline(),
        people: &budgets.people,
    })
    .await?;
    let (run, house) = observe(options, installation, &plan, &budgets, seed).await?;
    if let Some(file) = &options.log {
        log::write(file, &run.records.answers)?;
    }
    let checks = audit(&run);
    let story = Story::of(&run, &plan, seed, &checks);
    if common.json {
        println!("{}", serde_json::to_string(&story)?);
    } else {
        print!("{story}");
    }
    Ok(conclude(&checks, house))
}

/// The files of a run that broke a rule are kept.
pub(crate) fn conclude(checks: &[Check], house: House) -> Verdict {
    if checks.iter().all(Check::holds) {
        return Verdict::Held;
    }
    eprintln!("configs, bill and logs of the gateways are in {}", house.keep().display());
    Verdict::Broken
}

/// Makes the calls, does what the plan says meanwhile, and asks everyone at the end.
async fn observe(
    options: &Cluster,
    mut installation: Installation,
    plan: &Plan,
    budgets: &Budgets,
    seed: u64,
) -> Result<(Run, House)> {
    let before = rest::balances(&installation).await?;
    let mut logs = Vec::new();
    let mut statements = None;
    if !options.without_statements {
        let warm = plays(&installation, |gateway| Box::new(Budgets::warm(seed ^ gateway)));
        statements =
            Some(statements::count(&installation, plan, &warm, options.connections).await?);
        logs.extend(warm);
    }
    let hot = plays(&installation, |gateway| Box::new(budgets.crowd(seed.wrapping_add(gateway))));
    let tally = Tally::shared();
    let enough = Arc::default();
    let load = load(&hot, plan, options.connections, &tally, &enough).await?;
    let mut happened = Happened::default();
    let directed = async {
        let directed = direct(&mut installation, plan, budgets, &hot, &mut happened).await;
        enough.store(true, Ordering::Relaxed);
        directed
    };
    let (loaded, directed) =
        Progress::of("cluster").during(&tally, async { tokio::join!(load, directed) }).await;
    directed?;
    loaded?;
    logs.extend(hot);
    let answers = (0..installation.gateways.len()).map(|gateway| {
        let of_it = logs.iter().skip(gateway).step_by(installation.gateways.len());
        of_it.flat_map(|play| play.log.answers()).collect()
    });
    let meanwhile = Meanwhile { before, statements, happened, answers: answers.collect() };
    rest::settle(installation, plan, budgets, meanwhile).await
}

/// What the callers of each gateway share.
pub(crate) fn plays(
    installation: &Installation,
    calls: impl Fn(u64) -> Box<dyn Calls>,
) -> Vec<Arc<Play>> {
    let keys = installation.imported.keys.iter();
    let secrets: BTreeMap<_, _> =
        keys.map(|key| (Arc::from(key.name.as_str()), key.key.clone())).collect();
    let play = |(number, gateway): (u64, &crate::installation::Gateway)| Play {
        server: gateway.listeners.gateway,
        calls: calls(number),
        secrets: secrets.clone(),
        log: Log::default(),
    };
    (0..).zip(&installation.gateways).map(play).map(Arc::new).collect()
}

/// An open loop at each gateway, until it is enough: a gateway that stalls keeps no call from another.
async fn load(
    plays: &[Arc<Play>],
    plan: &Plan,
    connections: u32,
    tally: &Shared,
    enough: &Arc<AtomicBool>,
) -> Result<impl Future<Output = Result<()>> + use<>> {
    // The director ends it; this is for one that does not.
    let length = plan.patience() * 3;
    let mut loads = JoinSet::new();
    for play in plays {
        let players = Player::connect(play, connections).await?;
        let schedule = Schedule { rate: plan.rate_of_each(), length };
        let (tally, enough) = (Arc::clone(tally), Arc::clone(enough));
        loads.spawn(async move { open_until(players, schedule, &tally, &enough).await });
    }
    Ok(async move {
        while let Some(ended) = loads.join_next().await {
            ended??;
        }
        Ok(())
    })
}
