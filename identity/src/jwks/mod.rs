//! The public keys of issuers: read strictly, fetched in the background, served stale for a day.

mod key;
mod set;

mod schedule;

mod fetch;
mod live;

pub(crate) use fetch::{Fetcher, Place};
pub(crate) use live::{Fetch, LiveKeys};
pub(crate) use set::KeySet;
