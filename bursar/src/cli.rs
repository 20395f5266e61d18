//! What can be asked of the binary.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ledger::{Credits, HoldId, OrgId};

use crate::key::KeyCommand;

/// A gateway to AI providers that takes credits before each call.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the gateway and its admin API
    Serve {
        /// The config
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Try it: a gateway, a mock provider and a seeded organisation in one process
    Demo(DemoArguments),
    /// Make the tables of a Postgres, or bring them up to date; gateways of the version before may go
    /// on meanwhile
    Migrate {
        /// The config that names the database
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Check a config and print everything that is wrong with it
    CheckConfig {
        /// The config
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// What a config may say, and what one says
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Organisations
    #[command(subcommand)]
    Org(OrgCommand),
    /// The keys of an organisation, by way of the admin API
    ///
    /// Ends with 0 when it is done, with 1 when the admin API says no, with 2 for a mistake on the
    /// command line, with 69 when the admin API or its store cannot be reached, and with 77 when
    /// there is no admin token or it is not one.
    #[command(subcommand)]
    Key(KeyCommand),
    /// What was charged
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Gateways
    #[command(subcommand)]
    Node(NodeCommand),
    /// Check that everything in a store adds up; reads only, beside a running gateway or without one
    ///
    /// Ends with 0 when it does, with 1 when there is any difference, and with 2 when it could not
    /// look.
    Reconcile(ReconcileArguments),
}

/// Which store: exactly one of the two.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct StoreArguments {
    /// The store that this config names
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The store in this SQLite file
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum OrgCommand {
    /// Make an organisation with its people, keys, grants and limits, and print a line of JSON with
    /// their ids and the secrets of the keys, which are told this once
    Import(ImportArguments),
}

#[derive(Args)]
pub(crate) struct ImportArguments {
    /// The config, which names the store and the pepper
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The organisation, as JSON
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum NodeCommand {
    /// Print every gateway that the store knows, and what it has leased; reads only
    List(NodeListArguments),
    /// Give up a gateway that will not come back: what it has leased is written off, and the
    /// organisations are compensated
    Retire(NodeRetireArguments),
}

#[derive(Args)]
pub(crate) struct NodeListArguments {
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Print a JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct NodeRetireArguments {
    /// The gateway: `node_...`
    #[arg(value_name = "NODE")]
    pub(crate) node: String,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Take what it had as spent: nobody is compensated
    #[arg(long)]
    pub(crate) assume_spent: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum LedgerCommand {
    /// Print the charges of a store, a line each; reads only, beside a running gateway or without
    /// one
    Charges(ChargesArguments),
    /// Print the charges that a journal made after its gateway had died, and their corrections
    Indeterminate(ChargesArguments),
    /// Lower what a request was charged; beside a gateway that has an SQLite file open the admin API
    /// does it
    Adjust(AdjustArguments),
}

#[derive(Args)]
pub(crate) struct AdjustArguments {
    /// The request: `req_...`
    #[arg(value_name = "REQUEST")]
    pub(crate) request: HoldId,
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// What it is to be charged: not more than it is now
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) charge: Credits,
    /// Why; kept with the correction
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who says so; kept with the correction
    #[arg(long, value_name = "NAME", default_value = "operator")]
    pub(crate) actor: String,
}

#[derive(Args)]
pub(crate) struct ChargesArguments {
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Only this organisation's
    #[arg(long, value_name = "ORG")]
    pub(crate) org: Option<OrgId>,
    /// Print a JSON object a line, with everything that is known of the charge
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ReconcileArguments {
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct DemoArguments {
    /// Print one line of JSON instead of text, once everything answers
    #[arg(long)]
    pub(crate) json: bool,
    /// Keep everything in this folder; a folder seeded before is not seeded again [default: a
    /// temporary folder, removed at the end]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Where the gateway listens [default: 127.0.0.1:8080, or a free port if that is taken]
    #[arg(long, value_name = "ADDR")]
    pub(crate) gateway: Option<SocketAddr>,
    /// Where the admin API listens [default: 127.0.0.1:8081, or a free port]
    #[arg(long, value_name = "ADDR")]
    pub(crate) admin: Option<SocketAddr>,
    /// Where metrics and health are asked for [default: 127.0.0.1:9464, or a free port]
    #[arg(long, value_name = "ADDR")]
    pub(crate) operations: Option<SocketAddr>,
    /// Where the mock provider listens [default: 127.0.0.1:9090, or a free port]
    #[arg(long, value_name = "ADDR")]
    pub(crate) provider: Option<SocketAddr>,
    /// What has to survive a power loss before the first byte of an answer
    #[arg(long, value_enum, default_value_t)]
    pub(crate) durability: Durability,
    /// Use the mock provider that listens here, such as http://127.0.0.1:9090, instead of starting
    /// one
    #[arg(long, value_name = "URL", conflicts_with = "provider", value_parser = upstream)]
    pub(crate) upstream: Option<SocketAddr>,
}

/// As the config has it.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Durability {
    /// Its hold
    #[default]
    Strict,
    /// Nothing
    Relaxed,
}

impl From<Durability> for bursar_config::Durability {
    fn from(durability: Durability) -> Self {
        match durability {
            Durability::Strict => Self::Strict,
            Durability::Relaxed => Self::Relaxed,
        }
    }
}

/// The address in a URL of the form `http://ADDR`.
fn upstream(url: &str) -> Result<SocketAddr, String> {
    let address = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
    address.parse().map_err(|_| format!("`{url}` is not http:// and an address with its port"))
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the JSON Schema of a config
    Schema,
    /// Print a config as it is understood, defaults included and secrets redacted
    Print {
        /// The config
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Cli::command().debug_assert();
    }
}
