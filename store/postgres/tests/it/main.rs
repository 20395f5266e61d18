//! What lies below the protocol: the tables, the connections, and two of them at once.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test cannot go on without ends it")]

mod encryption;
mod entry;
mod lineage;
mod nudges;
mod office;
mod outage;
mod races;
mod reconcile;
mod statements;
mod tables;
mod upgrade;
