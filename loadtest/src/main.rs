//! Puts a gateway under load and holds it to its promises: scenarios that end in an audit, and side-by-side measurements.
//!
//! A run goes through these files in this order:
//! - `cli` says what is wanted, `programs` finds what has to be started, `process`, `demo`,
//!   `provider` and `bare_proxy` start it;
//! - `traffic` draws the calls and keeps what came back, with `client` and `bodies` to make them;
//!   `load` makes many of them and `tally` keeps their latencies;
//! - `scenario` has the runs, which end in the `audit` or, for `compare`, in medians and ratios;
//! - `balance` reads what a caller may spend, `cpu` what a process has cost, `table` prints.
//!
//! It exits with 1 when a promise was broken or the run failed, and with 0 otherwise.

mod cli;
mod programs;

mod bare_proxy;
mod demo;
mod folder;
mod installation;
mod process;
mod provider;

mod bodies;
mod client;
mod load;
mod tally;
mod traffic;

mod audit;
mod scenario;

mod balance;
mod cpu;
mod median;
mod table;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{Arguments, Scenario};
use crate::programs::Programs;
use crate::scenario::{Verdict, audited, cluster, compare, flood, hot_key, revoke, scenes};

/// One thread: the machine's others are for what is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let programs = Programs::beside_this_one(std::env::var_os("CARGO"))?;
    // Dropping a scenario stops every process that it has started.
    tokio::select! {
        verdict = run(&arguments.scenario, &programs) => Ok(match verdict? {
            Verdict::Held => ExitCode::SUCCESS,
            Verdict::Broken => ExitCode::FAILURE,
        }),
        stopped = told_to_stop() => {
            stopped?;
            Ok(ExitCode::from(130))
        }
    }
}

async fn run(scenario: &Scenario, programs: &Programs) -> Result<Verdict> {
    let (options, scene) = match scenario {
        Scenario::Steady(options) => (options, scenes::steady()),
        Scenario::Streams(options) => (options, scenes::streams()),
        Scenario::HangUps(options) => (options, scenes::hang_ups()),
        Scenario::ProviderFaults(options) => (options, scenes::provider_faults()),
        Scenario::Kill(options) => (options, scenes::kill()),
        Scenario::HotKey(options) => return Box::pin(hot_key::run(options, programs)).await,
        Scenario::Cluster(options) => return Box::pin(cluster::run(options, programs)).await,
        Scenario::Revoke(options) => return Box::pin(revoke::run(options, programs)).await,
        Scenario::Flood(options) => {
            return Box::pin(flood::run(options, programs, &command_line())).await;
        }
        Scenario::Compare(options) => {
            return Box::pin(compare::run(options, programs, &command_line())).await;
        }
    };
    Box::pin(audited::run(options, scene, programs)).await
}

/// The command that a table is headed by.
fn command_line() -> String {
    std::env::args().skip(1).collect::<Vec<_>>().join(" ")
}

async fn told_to_stop() -> Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminated.recv() => {}
    }
    Ok(())
}
