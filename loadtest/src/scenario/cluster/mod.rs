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

use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Result, bail};

use self::audit::{Run, audit};
use self::budgets::Budgets;
use self::director::{Happened, direct};
use self::plan::Plan;
use self::report::Story;
use self::rest::Meanwhile;
use crate::cli::Cluster;
use crate::installation::{House, Installation};
use crate::load::{Progress, Schedule};
use crate::programs::Programs;
use crate::scenario::Verdict;
use crate::scenario::stage::Binaries;
use crate::scenario::verdict::judge;
use crate::tally::Tally;
use crate::traffic::{log, open_each};

/// Runs the scenario and prints what was found.
///
/// # Errors
/// The run itself failed: nothing can be said about the gateways.
pub(crate) async fn run(options: &Cluster, programs: &Programs) -> Result<Verdict> {
    let common = &options.common;
    if common.database.is_some() && options.faults.need_a_database_of_their_own() {
        bail!("a database that is given is not ours to stop: leave --database out");
    }
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
        pace: plan.pace(),
        waits: plan.waits(),
        durable: !plan.is_short(),
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
    Ok(judge(&checks, || house.keep()))
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
        let warm = installation.plays(|gateway| Box::new(Budgets::warm(seed ^ gateway)));
        statements =
            Some(statements::count(&installation, plan, &warm, options.connections).await?);
        logs.extend(warm);
    }
    let hot = installation.plays(|gateway| Box::new(budgets.crowd(seed.wrapping_add(gateway))));
    let tally = Tally::shared();
    let enough = Arc::default();
    let schedule = Schedule { rate: plan.rate_of_each(), length: plan.patience() * 3 };
    let load = open_each(&hot, options.connections, schedule, &tally, &enough).await?;
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
