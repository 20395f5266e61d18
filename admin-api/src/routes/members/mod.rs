//! Members: what they are called, what they may do, and whether they are of the organisation.

mod change;
mod edit;
mod path;
mod shown;
mod verbs;

use ledger::MemberId;
use store::{Member, OrgData};

use crate::problem::Problem;

pub(crate) use edit::edit;
pub(crate) use shown::MemberBody;
pub(crate) use verbs::act;

/// A member of an organisation.
///
/// # Errors
/// It has no such one.
fn find(org: &OrgData, id: MemberId) -> Result<&Member, Problem> {
    let missing = || Problem::not_found(format!("{} has no member {id}", org.org.id));
    org.members.iter().find(|member| member.standing.id == id).ok_or_else(missing)
}
