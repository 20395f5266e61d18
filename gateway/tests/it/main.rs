//! A real gateway on a free port, a scripted provider, a real store: one file per promise.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test cannot go on without ends it")]

mod calls;
mod cluster;
mod edits;
mod flaky;
mod house;
mod met;
mod people;
mod sized;
mod watch;
mod wire;

mod bodies;
mod broken;
mod chat;
mod concurrency;
mod control;
mod crash;
mod credentials;
mod explained;
mod faults;
mod fields;
mod full;
mod growth;
mod hang_ups;
mod idempotency;
mod idempotency_freed;
mod limits;
mod outage;
mod output;
mod own_routes;
mod prices;
mod projects;
mod rates;
mod refused_bodies;
mod reload;
mod restart;
mod revocation;
mod revoked;
mod routes;
mod serial;
mod shared;
mod usage;
mod waiting;
