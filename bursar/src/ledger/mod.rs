//! `bursar ledger`: what a store has on its books.

mod charges;

pub(crate) use charges::charges;
