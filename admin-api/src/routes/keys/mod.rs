//! API keys: made, shown, changed, rotated, blocked and revoked.

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
use store::{Key, OrgData};

use crate::anew::Changing;
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

/// The key whose id a path has.
///
/// # Errors
/// The organisation has no such one.
fn named<'a>(org: &'a OrgData, text: &str) -> Result<&'a Key, Problem> {
    let missing = |_| Problem::not_found(format!("{} has no key {text}", org.org.id));
    Key::find(org, text.parse().map_err(missing)?)
}
