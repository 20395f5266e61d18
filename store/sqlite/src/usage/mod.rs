//! What was charged, read back.

mod charge;
mod hours;

pub(crate) use charge::{charge, charges};
pub(crate) use hours::by_hour;
