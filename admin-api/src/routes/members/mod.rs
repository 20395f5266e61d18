//! Members: what they are called, what they may do, and whether they are of the organisation.

mod edit;
mod path;
mod shown;
mod verbs;

pub(crate) use edit::edit;
pub(crate) use shown::MemberBody;
pub(crate) use verbs::act;
