//! New keys.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ledger::{
    Instant, KeyId, KeyStanding, KeyStatus, Limit, LimitId, MemberId, MemberStatus, Scope, Surface,
};
use serde_json::Value;
use store::{Key, KeyKind, Member, OrgData, PlainKey, Rates};
use uuid::Uuid;

use super::KeyAnswer;
use super::edits::Edits;
use super::shown::Opened;
use crate::AdminApi;
use crate::applied::{InForce, apply, see_through};
use crate::body::{self, Fields};
use crate::etag::Versioned;
use crate::org_path::OrgPath;
use crate::problem::Problem;

/// `POST /api/v1/orgs/{org}/keys`: a key of a member, with limits of its own if wanted; what opens
/// it is in this answer and nowhere else.
///
/// Asked for again, it makes another one.
pub(crate) async fn make(
    State(api): State<AdminApi>,
    OrgPath(org): OrgPath,
    fields: Fields,
) -> Result<(StatusCode, KeyAnswer<Opened>), Problem> {
    let asked = read(fields, &org, api.clock.now())?;
    see_through(async move {
        let opened = commit(&api, &org, asked).await?;
        Ok((StatusCode::CREATED, opened))
    })
    .await
}

/// A key that is asked for, before anything opens it, and its own limits.
struct Asked {
    key: Key,
    kind: KeyKind,
    limits: Vec<Limit>,
}

async fn commit(api: &AdminApi, org: &OrgData, asked: Asked) -> Result<KeyAnswer<Opened>, Problem> {
    let (plain, secret): (PlainKey, _) = api.keys.make(asked.kind, asked.key.created);
    let key = Key { hint: plain.hint(), secrets: vec![secret], ..asked.key };
    let seq = api.store.make_key(&key, &asked.limits, key.created).await?;
    let (id, member) = (key.standing.id, key.standing.member);
    tracing::info!(org.id = %org.org.id, key.id = %id, member.id = %member, "key made");
    let version = key.version.saturating_add(1);
    let thing = Key { version, ..key }.into();
    let key = InForce { thing, applied: apply(api, seq).await };
    Ok(Versioned { version, answer: Json(Opened::with(key, &plain)) })
}

fn read(mut fields: Fields, org: &OrgData, now: Instant) -> Result<Asked, Problem> {
    let name = fields.required("name", body::name);
    let owner = fields.required("member", |value| member(value, org));
    let edits = Edits::read(&mut fields, org, owner, now);
    let id = KeyId::from_u128(Uuid::now_v7().as_u128());
    let limits = limits(&mut fields, id);
    let asked = || {
        let (name, owner) = (name?, owner?);
        let kind = if owner.service_account { KeyKind::ServiceAccount } else { KeyKind::Member };
        let key = edits.over(blank(id, name, owner, now));
        Some((Asked { key, kind, limits }, owner))
    };
    let (asked, owner) = fields.finish(asked())?;
    if owner.standing.status == MemberStatus::Deactivated {
        let owner = owner.standing.id;
        return Err(Problem::conflict(format!("{owner} is deactivated, and gets no key")));
    }
    Ok(asked)
}

/// A key of which nothing is said yet.
fn blank(id: KeyId, name: String, owner: &Member, created: Instant) -> Key {
    let standing = KeyStanding {
        id,
        member: owner.standing.id,
        status: KeyStatus::Active,
        expires: Instant::MAX,
        group: None,
        project: None,
        tools: None,
    };
    Key {
        org: owner.org,
        name,
        hint: String::new(),
        surface: Surface::Api,
        created,
        standing,
        models: None,
        ips: None,
        rates: Rates::default(),
        secrets: Vec::new(),
        version: 0,
    }
}

fn member<'a>(value: &Value, org: &'a OrgData) -> Result<&'a Member, String> {
    let id: MemberId = body::text(value)?.parse().map_err(|error| format!("{error}"))?;
    let member = org.members.iter().find(|member| member.standing.id == id);
    member.ok_or_else(|| "the organisation has no such member".to_owned())
}

/// The limits that a key comes with: one of each tool and period.
fn limits(fields: &mut Fields, key: KeyId) -> Vec<Limit> {
    let limits = fields.change_objects("limits", |fields| {
        let tool = fields.optional("tool", body::tool);
        let period = fields.required("period", body::period);
        let amount = fields.required("amount", body::credits);
        let id = LimitId::from_u128(Uuid::now_v7().as_u128());
        Some(Limit { id, scope: Scope::Key(key), tool, period: period?, amount: amount? })
    });
    let limits = limits.over(Vec::new(), Vec::new());
    for (n, limit) in limits.iter().enumerate() {
        let same = |other: &Limit| (&other.tool, other.period) == (&limit.tool, limit.period);
        if limits.iter().take(n).any(same) {
            let twice = "has the tool and the period of one before";
            fields.mistake(&format!("limits[{n}]"), twice);
        }
    }
    limits
}
