//! Grants, limits, and the accounts that they make.

mod access;
mod adjust;
mod expire;
mod grant;
mod limit;
mod opening;
mod path;
mod period;
mod put_grant;
mod put_limit;

pub(crate) use adjust::adjust;
pub(crate) use expire::expire;
pub(crate) use grant::{grant, grants};
pub(crate) use limit::{limit, limits, stored_limits};
pub(crate) use period::open_periods;
pub(crate) use put_grant::{insert as insert_grant, put_grant};
pub(crate) use put_limit::{put_limit, remove_limit, write_limit};
