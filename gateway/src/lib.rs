//! The data plane, on Pingora: identify, price, hold, forward, meter, settle.
//!
//! One request, from file to file: `proxy` names the phases; `gate` lets it in or not (`identity`,
//! then the route); `body` reads it; `admission` prices it (`ask`, `quote`) and takes the credits
//! (`org`, where the book and its queue are; `idempotency` first, if the client sent a key); `upstream` sends it on; `answer` meters what comes
//! back (`meter`, `growth`) and ends the hold before the last bytes go (`running`, `settlement`).
//! `refusal` and `tell` say no. `sync` is the only road to the store, `own` the gateway's own
//! routes, and `control` where it is told that something has changed.

mod gateway;
mod server;
mod time;

mod proxy;

mod exchange;

mod counter;
mod gate;
mod identity;
mod project;
mod rates;

mod body;

mod admission;
mod ask;
mod idempotency;
mod quote;

mod flights;
mod lease;
mod org;

mod upstream;

mod answer;
mod barred;
mod growth;
mod meter;

mod running;
mod settlement;

mod failure;
mod header;
mod refusal;
mod tell;

mod recovery;
mod store_calls;
mod sync;

mod control;
mod issuer_series;
mod metrics;
mod operations;
mod own;

pub use gateway::{Ended, Gateway, Setup, ShutdownError, StartError};
pub use recovery::Recovered;
pub use time::{Clock, SteadyClock};
