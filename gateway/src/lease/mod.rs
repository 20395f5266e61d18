//! How much a gateway leases of accounts that others spend as well, and when it gives it back.
//!
//! Pure: instants are arguments, as the time since the machine started.

mod offline;
mod pace;
mod plan;
mod quotes;
mod rate;
mod retry;

pub(crate) use offline::LastAnswer;
pub(crate) use plan::{Path, Plan, Stand};
pub(crate) use retry::{AskAgain, Retry};
