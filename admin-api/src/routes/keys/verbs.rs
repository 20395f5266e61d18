//! What is done with a key whatever it was before.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use ledger::{KeyId, KeyStatus, MemberStatus};
use store::{Key, KeyKind, OrgData};

use super::rotate::{Grace, rotated};
use super::shown::{Opened, name};
use super::{KeyAnswer, KeyBody};
use crate::anew::{Changing, change};
use crate::applied::{InForce, apply, see_through};
use crate::body::{Fields, PerhapsFields};
use crate::etag::Versioned;
use crate::org_path::OrgPath;
use crate::problem::Problem;
use crate::{AdminApi, action};

#[derive(Clone, Copy)]
enum Verb {
    Rotate,
    Block,
    Unblock,
    Revoke,
}

const VERBS: [(&str, Verb); 4] = [
    ("rotate", Verb::Rotate),
    ("block", Verb::Block),
    ("unblock", Verb::Unblock),
    ("revoke", Verb::Revoke),
];

/// `POST /api/v1/orgs/{org}/keys/{key}:rotate`, `:block`, `:unblock` and `:revoke`.
///
/// A key that is revoked opens nothing any more, and never will again. What is so already stays as
/// it is, and the gateways are told again.
pub(crate) async fn act(
    State(api): State<AdminApi>,
    OrgPath(org): OrgPath,
    Path((_, parameter)): Path<(String, String)>,
    PerhapsFields(fields): PerhapsFields,
) -> Result<Response, Problem> {
    let (id, verb): (KeyId, _) = action::read(&parameter, "key_...", &VERBS)?;
    Key::find(&org, id)?;
    match verb {
        Verb::Rotate => {
            let grace = Grace::read(fields)?;
            see_through(rotate(api, org, id, grace)).await.map(IntoResponse::into_response)
        }
        Verb::Block => put(api, org, id, fields, blocked).await,
        Verb::Unblock => put(api, org, id, fields, unblocked).await,
        Verb::Revoke => put(api, org, id, fields, |_| Ok(KeyStatus::Revoked)).await,
    }
}

async fn rotate(
    api: AdminApi,
    org: OrgData,
    id: KeyId,
    grace: Grace,
) -> Result<KeyAnswer<Opened>, Problem> {
    let kind = kind(&org, Key::find(&org, id)?)?;
    let now = api.clock.now();
    let (plain, secret) = api.keys.make(kind, now);
    let to = |_: &OrgData, key: &Key| rotated(key, (&plain, &secret), grace, now);
    let (key, seq) = change(&api, &org, id, to).await?;
    tracing::info!(org.id = %key.org, key.id = %id, "key rotated");
    let version = key.version;
    let key = InForce { thing: key.into(), applied: apply(&api, seq).await };
    Ok(Versioned { version, answer: Json(Opened::with(key, &plain)) })
}

/// Whose key it is; not one of somebody who is gone.
fn kind(org: &OrgData, key: &Key) -> Result<KeyKind, Problem> {
    let owner = key.standing.member;
    match org.members.iter().find(|member| member.standing.id == owner) {
        Some(owner) if owner.standing.status != MemberStatus::Deactivated => {
            Ok(if owner.service_account { KeyKind::ServiceAccount } else { KeyKind::Member })
        }
        _ => Err(Problem::conflict(format!("{owner} is deactivated, and gets no secret"))),
    }
}

async fn put(
    api: AdminApi,
    org: OrgData,
    id: KeyId,
    fields: Fields,
    after: fn(&Key) -> Result<KeyStatus, Problem>,
) -> Result<Response, Problem> {
    fields.finish(Some(()))?;
    let put = see_through(async move {
        let to = |_: &OrgData, key: &Key| {
            let mut key = key.clone();
            key.standing.status = after(&key)?;
            Ok(key)
        };
        let (key, seq) = change(&api, &org, id, to).await?;
        tracing::info!(org.id = %key.org, key.id = %id, status = name(key.standing.status), "key put");
        let version = key.version;
        let answer = InForce::<KeyBody> { thing: key.into(), applied: apply(&api, seq).await };
        Ok(Versioned { version, answer: Json(answer) })
    });
    put.await.map(IntoResponse::into_response)
}

/// Blocked, it is reversible; revoked, it is more than blocked.
fn blocked(key: &Key) -> Result<KeyStatus, Problem> {
    Ok(match key.standing.status {
        KeyStatus::Active | KeyStatus::Blocked => KeyStatus::Blocked,
        KeyStatus::Revoked => KeyStatus::Revoked,
    })
}

fn unblocked(key: &Key) -> Result<KeyStatus, Problem> {
    match key.standing.status {
        KeyStatus::Active | KeyStatus::Blocked => Ok(KeyStatus::Active),
        KeyStatus::Revoked => {
            let id = key.standing.id;
            Err(Problem::conflict(format!("{id} is revoked, and that for ever")))
        }
    }
}
