//! Bursar's one binary: the command line, and the wiring of everything behind it.

mod check;
mod cli;
mod demo;
mod key;
mod ledger;
mod migrate;
mod nodes;
mod org;
mod reconcile;
mod serve;

mod gateways;
mod neighbours;
mod node;
mod open_store;
mod run;

mod folder;
mod log;
mod named_store;
mod signals;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command, ConfigCommand, LedgerCommand, NodeCommand, OrgCommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What `serve` ends with when its config is wrong: EX_USAGE of sysexits.h, which tells a
/// supervisor that a restart will not help.
const BAD_CONFIG: u8 = 64;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve { config } => serve::serve(&config),
        Command::Migrate { config } => migrate::migrate(&config),
        Command::Demo(arguments) => demo::demo(arguments),
        Command::CheckConfig { file } => check::check(&file),
        Command::Config(ConfigCommand::Schema) => check::schema(),
        Command::Config(ConfigCommand::Print { file }) => check::print(&file),
        Command::Org(OrgCommand::Import(arguments)) => org::import(&arguments),
        Command::Key(command) => key::key(&command),
        Command::Ledger(LedgerCommand::Charges(arguments)) => ledger::charges(&arguments),
        Command::Ledger(LedgerCommand::Indeterminate(arguments)) => {
            ledger::indeterminate(&arguments)
        }
        Command::Ledger(LedgerCommand::Adjust(arguments)) => ledger::adjust(&arguments),
        Command::Node(NodeCommand::List(arguments)) => nodes::list(&arguments),
        Command::Node(NodeCommand::Retire(arguments)) => nodes::retire(&arguments),
        Command::Reconcile(arguments) => reconcile::reconcile(&arguments),
    };
    match done {
        Ok(code) => code,
        Err(error) => match error.downcast_ref::<bursar_config::Problems>() {
            Some(problems) => {
                eprintln!("{problems}");
                ExitCode::from(BAD_CONFIG)
            }
            None => {
                eprintln!("bursar: {error:#}");
                ExitCode::FAILURE
            }
        },
    }
}
