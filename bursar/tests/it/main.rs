//! The binary as it is used: its command line, `demo` and `serve`, from the first line to the exit.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

mod process;

mod cluster;
mod command_line;
mod demo;
mod disagreements;
mod key;
mod killed;
mod ledger;
mod node;
mod org;
mod page;
mod reconcile;
mod secrecy;
mod serve;
