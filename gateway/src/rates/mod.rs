//! How often somebody may call: a key, a member and an organisation, each within its own bounds.
//!
//! Calls are counted by each gateway for itself, and only where there is a bound: nothing is kept of
//! a key or a member without one. A call passes its key's bounds first, then its member's, then its
//! organisation's, so that who is over its own uses up nothing of what others share.

mod calls;
mod over;
mod place;
mod stand;
mod table;
mod window;

#[cfg(test)]
mod tests;

pub(crate) use over::Over;
pub(crate) use place::{Place, Places};
pub(crate) use stand::{Bound, Stand, policies, remaining};
pub(crate) use table::RateTable;
