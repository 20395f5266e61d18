//! Idempotency keys: claimed before a hold is taken, ended by the sync that reports its charge.

mod claim;
mod end;
mod under_way;

pub(crate) use claim::claim;
pub(crate) use end::{end, recover, unclaim};
pub(crate) use under_way::UnderWay;
