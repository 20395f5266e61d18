//! The operations: each file holds the requests, answers and handlers of one thing.

pub(crate) mod grants;
pub(crate) mod orgs;
pub(crate) mod requests;
