//! The tool as it is used: every scenario against the real gateway, in short.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

mod cluster;
mod kill;
mod process;
mod scenarios;
