//! `bursar ledger`: what a store has on its books.

mod adjust;
mod charges;
mod indeterminate;

pub(crate) use adjust::adjust;
pub(crate) use charges::charges;
pub(crate) use indeterminate::indeterminate;
