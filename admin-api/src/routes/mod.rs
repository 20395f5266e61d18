//! The operations: each file holds the requests, answers and handlers of one thing.

pub(crate) mod grants;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod members;
pub(crate) mod orgs;
pub(crate) mod requests;
pub(crate) mod tokens;
