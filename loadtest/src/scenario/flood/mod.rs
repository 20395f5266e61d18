//! A flood of keys that open nothing, from the address of somebody with one that does.
//!
//! Beside it a bare Pingora refuses the same flood, in turns in one run: what a refusal costs is what the
//! gateway needs beyond that. `callers` make the calls with `keys` of their own, `report` prints.

mod callers;
mod keys;
mod report;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, bail};

use self::callers::{Guest, Knocker, MODELS};
use self::keys::Flaw;
use self::report::{Compared, Round};
use crate::bare_proxy::BareProxy;
use crate::cli::Flood;
use crate::client::{Call, Connection};
use crate::cpu::Cost;
use crate::demo::Demo;
use crate::installation::store_calls;
use crate::load::{Progress, Schedule, open};
use crate::programs::{Program, Programs};
use crate::provider::{Pace, Provider};
use crate::scenario::Verdict;
use crate::tally::Tally;

/// The demo's key without a limit: of the guest among those who knock.
const KEY: &str = "plain";
/// How often the guest calls, each second.
const GUEST_RATE: u32 = 20;
/// What the store is asked for an unknown key, among the calls that the gateway counts.
const LOOK_UP: &str = "identity";

/// One of the two before whose door they are.
struct Door {
    name: &'static str,
    server: SocketAddr,
    pid: u32,
}

/// The processes of the run; the gateway stops before the provider does.
struct Stage {
    bare: Door,
    gateway: Door,
    demo: Demo,
    _bare: BareProxy,
    _provider: Provider,
}

/// Runs the flood, and prints what refusals cost on both sides, headed by the `command` that made it.
///
/// # Errors
/// A process does not start or ends badly.
pub(crate) async fn run(options: &Flood, programs: &Programs, command: &str) -> Result<Verdict> {
    let stage = Stage::start(options, programs)?;
    let mut compared = Vec::new();
    for (what, malformed, unknown) in [
        ("malformed", options.malformed, 0),
        ("malformed and unknown", options.malformed, options.unknown),
    ] {
        let mut rounds = Compared::new(format!("{what}, {}/s", malformed + unknown));
        for round in 1..=options.rounds {
            let flood = Rates { malformed, unknown, seed: u64::from(round) };
            rounds.bare.push(stage.flood(&stage.bare, options, flood).await?);
            rounds.gateway.push(stage.flood(&stage.gateway, options, flood).await?);
        }
        compared.push(rounds);
    }
    stage.demo.stop()?;
    println!("`cargo run --release -p loadtest -- {command}`");
    println!();
    print!("{}", report::table(&compared));
    Ok(report::verdict(&compared))
}

/// How many knock each second, with which keys.
#[derive(Clone, Copy)]
struct Rates {
    malformed: u32,
    unknown: u32,
    seed: u64,
}

impl Stage {
    fn start(options: &Flood, programs: &Programs) -> Result<Self> {
        let find = |program, given: &Option<_>| programs.find(program, given.as_deref());
        let provider = Provider::start(
            &find(Program::MockProvider, &options.sides.mock_provider)?,
            Pace::default(),
            None,
        )?;
        let bare =
            BareProxy::start(&find(Program::BareProxy, &options.sides.bare_proxy)?, None, None)?;
        let demo = Demo::start(&find(Program::Bursar, &options.sides.bursar)?, &provider.url())?;
        Ok(Self {
            bare: Door { name: "bare Pingora 401", server: bare.address, pid: bare.pid() },
            gateway: Door { name: "bursar", server: demo.gateway, pid: demo.pid() },
            demo,
            _bare: bare,
            _provider: provider,
        })
    }

    /// One round before one door. The guest is before the gateway's only: a bare proxy knows no keys.
    async fn flood(&self, door: &Door, options: &Flood, flood: Rates) -> Result<Round> {
        let length = Duration::from_secs(u64::from(options.seconds));
        let knockers = async |flaw, rate: u32| {
            let connections = if rate == 0 { 0 } else { options.connections };
            Knocker::connect(door.server, flaw, connections, flood.seed).await
        };
        let malformed = knockers(Flaw::Malformed, flood.malformed).await?;
        let unknown = knockers(Flaw::Unknown, flood.unknown).await?;
        let is_gateway = door.pid == self.gateway.pid;
        let guests = if is_gateway { vec![self.guest().await?] } else { Vec::new() };

        let before = (Cost::at_rest(door.pid).await?, self.look_ups().await?);
        let [refused, served] = [Tally::shared(), Tally::shared()];
        let rate = |rate| Schedule { rate, length };
        let progress = Progress::of(format!("{}, round {}", door.name, flood.seed));
        let load = async {
            tokio::try_join!(
                open(malformed, rate(flood.malformed), &refused),
                open(unknown, rate(flood.unknown), &refused),
                open(guests, rate(if is_gateway { GUEST_RATE } else { 0 }), &served),
            )
        };
        progress.during(&refused, load).await?;
        let after = (Cost::at_rest(door.pid).await?, self.look_ups().await?);

        let (refused, served) = (refused.lock(), served.lock());
        if refused.served() == 0 {
            bail!("nobody was refused by {}", door.name);
        }
        let micros = after.0.cpu.saturating_sub(before.0.cpu).as_secs_f64() * 1e6;
        Ok(Round {
            refused: refused.served(),
            not_refused: refused.failed(),
            served: served.served(),
            not_served: served.failed(),
            cpu: micros / f64::from(u32::try_from(refused.served())?),
            p99: refused.percentile(99.0),
            look_ups: after.1.saturating_sub(before.1),
        })
    }

    async fn guest(&self) -> Result<Guest> {
        let server = self.demo.gateway;
        let call = Call::get(server, MODELS, Some(self.demo.key(KEY)?))?;
        Ok(Guest { connection: Connection::open(server).await?, call, body: Vec::new() })
    }

    /// How often the gateway has asked the store for a key.
    async fn look_ups(&self) -> Result<u64> {
        let [_, _, operations] = self.demo.listeners()?;
        let mut body = Vec::new();
        let call = Call::get(operations, "/metrics", None)?;
        Connection::open(operations).await?.send(&call, &mut body).await;
        let calls = store_calls(&String::from_utf8_lossy(&body));
        if calls.is_empty() {
            bail!("the gateway does not count its calls of the store");
        }
        Ok(calls.get(LOOK_UP).copied().unwrap_or_default())
    }
}
