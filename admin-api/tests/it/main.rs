//! The control plane as its clients meet it: a real listener, real requests.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

mod client;
mod corrections;
mod failing;
mod meddled;
mod org;

mod access;
mod grants;
mod hang_up;
mod keys;
mod limits;
mod members;
mod orgs;
mod page;
mod problems;
mod settings;
mod tokens;
