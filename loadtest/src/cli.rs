//! What can be asked for on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Puts a gateway under load and holds it to its promises.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) scenario: Scenario,
}

#[derive(Subcommand)]
pub(crate) enum Scenario {
    /// Mixed calls of several people at a steady rate, then an audit
    Steady(Load),
    /// Long streams, half of them without a bound, then an audit
    Streams(Load),
    /// Mixed calls whose callers leave at random, then an audit
    HangUps(Load),
    /// Mixed calls before a provider that errs, breaks off and miscounts, then an audit
    ProviderFaults(Load),
    /// Mixed calls before a gateway that is killed every 0.1 to 3 seconds, then an audit
    Kill(Load),
    /// Many calls at once on one key whose credits suffice for some of them, then an audit
    HotKey(HotKey),
    /// Several gateways on one Postgres that spend one budget to its last credit, then an audit
    Cluster(Cluster),
    /// Keys revoked under load on several gateways: how long each is served after the commit
    Revoke(Revoke),
    /// A flood of keys that open nothing, from the address of somebody with one that does
    Flood(Flood),
    /// The gateway beside a bare proxy, in turns, before one mock provider
    Compare(Compare),
}

/// A load that arrives at a rate, however slow the answers are.
#[derive(Args)]
pub(crate) struct Load {
    /// The gateway's binary; without it, the one beside this program
    #[arg(long, value_name = "FILE")]
    pub(crate) bursar: Option<PathBuf>,
    /// The mock provider's binary; without it, the one beside this program
    #[arg(long, value_name = "FILE")]
    pub(crate) mock_provider: Option<PathBuf>,
    /// How long calls arrive
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) seconds: u32,
    /// The same in minutes
    #[arg(long, conflicts_with = "seconds", value_parser = clap::value_parser!(u32).range(1..=1_440))]
    pub(crate) minutes: Option<u32>,
    /// Calls per second
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rate: u32,
    /// How many connections may have calls waiting at once
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) connections: u32,
    /// The name of one key of the demo that makes all calls, instead of the scenario's own keys
    #[arg(long, value_name = "NAME")]
    pub(crate) key: Option<String>,
    /// What the calls and the kills are drawn by; without it, a random one, which is printed
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Where to write each answer, as a line of JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Where to keep store, bill and log of the gateway; without it, a temporary folder, which
    /// stays if the audit finds something
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}

impl Load {
    /// How long calls arrive.
    pub(crate) fn length(&self) -> Duration {
        let seconds = self.minutes.map_or(self.seconds, |minutes| minutes * 60);
        Duration::from_secs(u64::from(seconds))
    }
}

#[derive(Args)]
pub(crate) struct HotKey {
    /// The gateway's binary; without it, the one beside this program
    #[arg(long, value_name = "FILE")]
    pub(crate) bursar: Option<PathBuf>,
    /// The mock provider's binary; without it, the one beside this program
    #[arg(long, value_name = "FILE")]
    pub(crate) mock_provider: Option<PathBuf>,
    /// The name of the demo's key that is hot
    #[arg(long, default_value = "fifty")]
    pub(crate) key: String,
    /// How many calls are made
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) requests: u32,
    /// How many connections make them, all starting at once
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) concurrency: u32,
    /// Where to write each answer, as a line of JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
}

/// Several gateways on one database.
#[derive(Args)]
pub(crate) struct Gateways {
    /// The gateway's binary; without it, the one beside this program
    #[arg(long, value_name = "FILE")]
    pub(crate) bursar: Option<PathBuf>,
    /// The mock provider's binary; without it, the one beside this program
    #[arg(long, value_name = "FILE")]
    pub(crate) mock_provider: Option<PathBuf>,
    /// How many gateways
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=16))]
    pub(crate) gateways: u32,
    /// The URL of an empty Postgres database of its own; without it, a private Postgres is started
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// What the calls are drawn by; without it, a random one, which is printed
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Where to keep configs, bill and logs; without it, a temporary folder, which stays if the audit
    /// finds something
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Cluster {
    #[command(flatten)]
    pub(crate) common: Gateways,
    /// What is done to the run in its middle
    #[arg(long, value_enum, default_value_t)]
    pub(crate) faults: Faults,
    /// Calls per second, at all gateways together
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rate: u32,
    /// How many calls the hot budget pays for; without it, as many as the run is long
    #[arg(long, value_parser = clap::value_parser!(u32).range(100..=100_000_000))]
    pub(crate) calls: Option<u32>,
    /// How many connections to each gateway may have calls waiting at once
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) connections: u32,
    /// Divide every length of the run by this, for a short one
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) hurry: u32,
    /// Do not count first what a warm run asks of the store
    #[arg(long)]
    pub(crate) without_statements: bool,
    /// Where to write each answer, as a line of JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    pub(crate) common: Gateways,
    /// How many keys are revoked, one after the other
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) revocations: u32,
    /// Calls per second, at all gateways together; without it, half of what they do when kept busy
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) rate: Option<u32>,
    /// How many connections to each gateway may have calls waiting at once
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) connections: u32,
    /// How long 99 of 100 keys may be served after the commit of their revocation
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(crate) within_ms: u32,
}

/// What is done to several gateways and their database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Faults {
    /// Nothing; a limit is added and two are lowered
    #[default]
    None,
    /// One gateway is killed with SIGKILL and started again 15 s later
    Kill,
    /// Postgres is stopped for 20 s
    StopDatabase,
    /// Postgres is stopped for 60 s, of which a gateway may serve 30
    Outage,
}

impl Faults {
    /// Whether the database is taken away.
    pub(crate) const fn need_a_database_of_their_own(self) -> bool {
        matches!(self, Self::StopDatabase | Self::Outage)
    }

    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Kill => "kill",
            Self::StopDatabase => "stop-database",
            Self::Outage => "outage",
        }
    }
}

/// The gateway, and the bare proxy that it is measured beside.
#[derive(Args)]
pub(crate) struct Sides {
    /// The gateway's binary; without it, the one beside this program
    #[arg(long, value_name = "FILE")]
    pub(crate) bursar: Option<PathBuf>,
    /// The mock provider's binary; without it, the one beside this program
    #[arg(long, value_name = "FILE")]
    pub(crate) mock_provider: Option<PathBuf>,
    /// The bare proxy's binary; without it, `examples/bare_proxy` beside this program
    #[arg(long, value_name = "FILE")]
    pub(crate) bare_proxy: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Flood {
    #[command(flatten)]
    pub(crate) sides: Sides,
    /// Calls each second with keys whose checksum is wrong
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) malformed: u32,
    /// Calls each second with well-formed keys that nobody was given
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) unknown: u32,
    /// How many connections each of the two floods may have waiting at once
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) connections: u32,
    /// How often each side is flooded, in turns
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// How long each flood lasts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) seconds: u32,
}

#[derive(Args)]
pub(crate) struct Compare {
    #[command(flatten)]
    pub(crate) sides: Sides,
    /// What is measured
    #[arg(long, value_enum, value_delimiter = ',', default_value = "json,stream,latency")]
    pub(crate) workloads: Vec<Workload>,
    /// How often each side is measured, in turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// How long each measurement lasts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) seconds: u32,
    /// How many connections are kept busy by `json` and `stream`
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) connections: u32,
    /// How many chunks of text a stream has
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub(crate) chunks: u32,
    /// Leave the most output tokens unsaid, so that the gateway has to set them in each body; of
    /// the streams, only those of 500 chunks have a price then
    #[arg(long)]
    pub(crate) without_max_tokens: bool,
    /// Calls per second of `latency` and `durability`; without it, half of what the slower side did in `json`
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) rate: Option<u32>,
    /// How long the provider waits before the first byte of each answer of `latency` and
    /// `durability`
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub(crate) first_byte_delay_ms: u32,
    /// How many connections `latency` may have waiting at once
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) open_connections: u32,
    /// Worker threads of the bare proxy; without it, one for each core, as the gateway has
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub(crate) threads: Option<u32>,
}

/// What one side is made to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// Chat, answered as one JSON object, on connections kept busy
    Json,
    /// Chat, answered as a stream, on connections kept busy
    Stream,
    /// Chat as JSON, arriving at a fixed rate, before a provider that takes its time
    Latency,
    /// The same, of a gateway whose answers wait for the disk beside one whose answers do not
    Durability,
}
