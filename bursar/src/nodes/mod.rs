//! `bursar node`: the gateways that a store knows, and giving up those that will not come back.

mod list;
mod retire;

pub(crate) use list::list;
pub(crate) use retire::retire;
