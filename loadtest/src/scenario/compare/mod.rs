//! The gateway beside a bare proxy, both before the same provider, measured in turns in one run.
//!
//! `stage` starts the three processes, `measure` puts one side under load and reads what it cost,
//! `outcome` makes medians and ratios of the rounds.

mod machine;
mod measure;
mod outcome;
mod stage;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use self::measure::{Load, Task};
use self::outcome::{Compared, report};
use self::stage::Stage;
use crate::bodies::{Form, MAX_TOKENS};
use crate::cli::{Compare, Workload};
use crate::programs::{Program, Programs};
use crate::scenario::Verdict;

/// The least suffix of `mock-chat` that has a price in the demo.
const PRICED_WORDS: u32 = 500;
/// How long each side is warmed up before its first round.
const WARM_UP: Duration = Duration::from_secs(1);

/// The programs that are compared, and the provider.
struct Binaries {
    bursar: PathBuf,
    mock_provider: PathBuf,
    bare_proxy: PathBuf,
}

/// Runs the comparison and prints its table, headed by the `command` that made it.
///
/// # Errors
/// A process does not start or ends badly, or a single answer was not as it should be.
pub(crate) async fn run(options: &Compare, programs: &Programs, command: &str) -> Result<Verdict> {
    let wants = |workload| options.workloads.contains(&workload);
    let paced = wants(Workload::Latency) || wants(Workload::Durability);
    if paced && !wants(Workload::Json) && options.rate.is_none() {
        bail!("`latency` and `durability` need a --rate when `json` does not find one");
    }
    let find = |program, given: &Option<PathBuf>| programs.find(program, given.as_deref());
    let binaries = Binaries {
        bursar: find(Program::Bursar, &options.sides.bursar)?,
        mock_provider: find(Program::MockProvider, &options.sides.mock_provider)?,
        bare_proxy: find(Program::BareProxy, &options.sides.bare_proxy)?,
    };

    let machine = machine::described();
    let mut compared = Vec::new();
    if wants(Workload::Json) || wants(Workload::Stream) {
        let stage = Stage::start(&binaries, options.threads, Duration::ZERO).await?;
        if wants(Workload::Json) {
            compared.push(compare(options, &stage, &json(options)).await?);
        }
        if wants(Workload::Stream) {
            compared.push(compare(options, &stage, &stream(options)).await?);
        }
        stage.stop()?;
    }
    let delay = Duration::from_millis(u64::from(options.first_byte_delay_ms));
    let found = compared.first().map(Compared::half_of_capacity);
    if wants(Workload::Latency) {
        let rate = options.rate.or(found).context("no rate for `latency`")?;
        let stage = Stage::start(&binaries, options.threads, delay).await?;
        compared.push(compare(options, &stage, &latency(options, rate)).await?);
        stage.stop()?;
    }
    if wants(Workload::Durability) {
        let rate = options.rate.or(found).context("no rate for `durability`")?;
        let stage = Stage::of_two_gateways(&binaries, delay).await?;
        compared.push(compare(options, &stage, &latency(options, rate)).await?);
        stage.stop()?;
    }
    println!("`cargo run --release -p loadtest -- {command}`");
    println!();
    println!(
        "{machine}, shared by load, proxy and provider; {} rounds of {} s for each side, in turns; \
         medians.",
        options.rounds, options.seconds
    );
    println!();
    print!("{}", report(&compared));
    Ok(Verdict::Held)
}

fn json(options: &Compare) -> Task {
    Task {
        what: format!("chat JSON, {} connections", options.connections),
        model: "mock-chat".to_owned(),
        form: Form::Json,
        max_tokens: (!options.without_max_tokens).then_some(MAX_TOKENS),
        load: Load::Busy { connections: options.connections },
        length: Duration::from_secs(u64::from(options.seconds)),
    }
}

/// A chunk is a word. The model says so many as its suffix has, or as it is bounded to.
fn stream(options: &Compare) -> Task {
    let bound = (!options.without_max_tokens).then_some(options.chunks);
    let words = if bound.is_some() { PRICED_WORDS } else { options.chunks };
    Task {
        what: format!("SSE of {} chunks, {} connections", options.chunks, options.connections),
        model: format!("mock-chat:{words}"),
        form: Form::Stream,
        max_tokens: bound,
        ..json(options)
    }
}

fn latency(options: &Compare, rate: u32) -> Task {
    Task {
        what: format!(
            "chat JSON, {rate} calls/s, first byte after {} ms",
            options.first_byte_delay_ms
        ),
        load: Load::Arriving { connections: options.open_connections, rate },
        ..json(options)
    }
}

/// All rounds of one task: bare, gateway, bare, gateway, and so on.
async fn compare(options: &Compare, stage: &Stage, task: &Task) -> Result<Compared> {
    for side in [&stage.rival_side, &stage.gateway] {
        task.warm_up(side, WARM_UP).await?;
    }
    let mut compared =
        Compared::new(task.what.clone(), [stage.rival_side.name, stage.gateway.name]);
    for round in 1..=options.rounds {
        let label = format!("{}, round {round}/{}", task.what, options.rounds);
        compared.bare.push(task.measure(&stage.rival_side, &label).await?);
        compared.gateway.push(task.measure(&stage.gateway, &label).await?);
    }
    Ok(compared)
}
