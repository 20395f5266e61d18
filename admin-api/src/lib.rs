//! The control plane: what an operator asks and changes, over HTTP with JSON.
//!
//! Every operation is a line of [`operations`]; every one asks for an admin token before anything
//! else. A change is committed in the store, then every live gateway takes it in, and the answer
//! says how many did. Every "no" is a problem of RFC 9457, with all mistakes of a request at once.

mod router;

mod routes;

mod action;
mod anew;
mod applied;
mod auth;
mod body;
mod etag;
mod idempotency;
mod key_maker;
mod org_path;
mod page;
mod problem;
mod rates;
mod redact;
mod stamp;
mod state;
mod time;

mod serve;

pub use auth::AdminTokens;
pub use key_maker::KeyMaker;
pub use router::{operations, router};
pub use serve::serve;
pub use state::{AdminApi, AppliedBy, Clock, Issuers, Nodes};
