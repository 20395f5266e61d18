//! Idempotency keys: claimed before a hold is taken, ended by the sync that reports its charge.

mod claim;
mod end;

pub(crate) use claim::claim;
pub(crate) use end::{end, recover, unclaim};
