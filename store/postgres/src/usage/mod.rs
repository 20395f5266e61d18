//! What was charged, read back.

mod charge;
mod corrections;
mod hours;

pub(crate) use charge::{charge, charges};
pub(crate) use corrections::{adjustments, indeterminate};
pub(crate) use hours::by_hour;
