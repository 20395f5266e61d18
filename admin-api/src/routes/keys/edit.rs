//! Keys that are changed as they were read.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use store::{Error, Key, OrgData};

use super::edits::Edits;
use super::{KeyAnswer, KeyBody, named};
use crate::AdminApi;
use crate::anew::Changing;
use crate::applied::{InForce, apply, see_through};
use crate::body::{self, Change, Fields};
use crate::etag::{IfMatch, Versioned};
use crate::org_path::OrgPath;
use crate::problem::Problem;

/// `PATCH /api/v1/orgs/{org}/keys/{key}`: the fields that are there get another value, and `null`
/// what they have when nothing is said of them. `If-Match` says of which version.
pub(crate) async fn edit(
    State(api): State<AdminApi>,
    OrgPath(org): OrgPath,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<KeyAnswer<InForce<KeyBody>>, Problem> {
    let key = named(&org, &id)?;
    let meant = IfMatch::required(&headers)?;
    let edited = read(fields, &org, key, &api)?;
    meant.admit(key.version)?;
    see_through(commit(api, key.clone(), edited, org.seq)).await
}

async fn commit(
    api: AdminApi,
    key: Key,
    edited: Key,
    seen: store::ChangeSeq,
) -> Result<KeyAnswer<InForce<KeyBody>>, Problem> {
    let (key, seq) = if edited == key {
        (key, seen)
    } else {
        let put = edited.put(&*api.store, &key).await;
        let (edited, seq) = put.map_err(|error| match error {
            Error::Stale(_) => Problem::precondition_failed(),
            error => error.into(),
        })?;
        tracing::info!(org.id = %edited.org, key.id = %edited.standing.id, "key edited");
        (edited, seq)
    };
    let version = key.version;
    let answer = InForce { thing: key.into(), applied: apply(&api, seq).await };
    Ok(Versioned { version, answer: Json(answer) })
}

/// The key that the fields make of one.
fn read(mut fields: Fields, org: &OrgData, key: &Key, api: &AdminApi) -> Result<Key, Problem> {
    let name = match fields.change("name", body::name) {
        Change::Clear => fields.note("name", Err("cannot be without one".to_owned())),
        name => Some(name.over(key.name.clone(), String::new())),
    };
    let owner = org.members.iter().find(|member| member.standing.id == key.standing.member);
    let edits = Edits::read(&mut fields, org, owner, api.clock.now());
    fields.finish(name.map(|name| edits.over(Key { name, ..key.clone() })))
}
