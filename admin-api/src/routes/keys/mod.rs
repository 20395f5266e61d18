//! API keys: made, shown, changed, rotated, blocked and revoked.

mod change;
mod edit;
mod edits;
mod end;
mod list;
mod make;
mod networks;
mod rotate;
mod shown;
mod verbs;

use axum::Json;
use ledger::KeyId;
use store::{Key, OrgData};

use crate::etag::Versioned;
use crate::problem::Problem;

pub(crate) use edit::edit;
pub(crate) use end::end_all;
pub(crate) use list::{list, read};
pub(crate) use make::make;
pub(crate) use shown::KeyBody;
pub(crate) use verbs::act;

/// A key on the wire, with its version.
type KeyAnswer<T> = Versioned<Json<T>>;

/// A key of an organisation.
///
/// # Errors
/// It has no such one.
fn find(org: &OrgData, id: KeyId) -> Result<&Key, Problem> {
    let missing = || Problem::not_found(format!("{} has no key {id}", org.org.id));
    org.keys.iter().find(|key| key.standing.id == id).ok_or_else(missing)
}

/// As [`find`], of the text that a path has for an id.
fn named<'a>(org: &'a OrgData, text: &str) -> Result<&'a Key, Problem> {
    let missing = |_| Problem::not_found(format!("{} has no key {text}", org.org.id));
    find(org, text.parse().map_err(missing)?)
}
