//! Grants: credits that an organisation may spend.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use ledger::{Access, Credits, Grant, GrantId, GrantKind, Instant, OrgId};
use serde::Serialize;
use serde_json::Value;
use store::OrgData;
use tracing::Instrument;
use uuid::Uuid;

use crate::applied::{InForce, apply};
use crate::body::{self, Fields};
use crate::idempotency;
use crate::org_path::OrgPath;
use crate::problem::Problem;
use crate::{AdminApi, time};

/// A grant on the wire.
#[derive(Serialize)]
pub(crate) struct GrantBody {
    id: String,
    kind: &'static str,
    amount: String,
    start: Option<String>,
    end: Option<String>,
    created: Option<String>,
    /// Whether everyone of the organisation may burn it, so that `members` and `groups` are empty.
    everyone: bool,
    members: Vec<String>,
    groups: Vec<String>,
}

impl From<&Grant> for GrantBody {
    fn from(grant: &Grant) -> Self {
        let (members, groups): (Vec<_>, Vec<_>) = match &grant.access {
            Access::Everyone => Default::default(),
            Access::Listed { members, groups } => (
                members.iter().map(ToString::to_string).collect(),
                groups.iter().map(ToString::to_string).collect(),
            ),
        };
        Self {
            id: grant.id.to_string(),
            kind: grant.kind.name(),
            amount: grant.amount.to_string(),
            start: time::print(grant.start),
            end: time::print(grant.end),
            created: time::print(grant.created),
            everyone: grant.access == Access::Everyone,
            members,
            groups,
        }
    }
}

/// `POST /api/v1/orgs/{org}/grants`: credits for the organisation, or for some of it.
///
/// Body: `kind`, `amount`, and if wanted `members`, `groups`, `start`, `end`. The same
/// `Idempotency-Key` again makes no second grant and is answered like the first.
pub(crate) async fn make(
    State(api): State<AdminApi>,
    OrgPath(org): OrgPath,
    headers: HeaderMap,
    mut fields: Fields,
) -> Result<(StatusCode, Json<InForce<GrantBody>>), Problem> {
    let name = fields.note(idempotency::HEADER, idempotency::name(&headers)).flatten();
    let grant = read(fields, &org, api.clock.now())?;
    // A client that hangs up ends its handler, and a grant that is committed is to be applied.
    let made = tokio::spawn(commit(api, org.org.id, grant, name).in_current_span());
    let made = made.await.map_err(|error| Problem::internal(&error))??;
    Ok((StatusCode::CREATED, Json(made)))
}

async fn commit(
    api: AdminApi,
    org: OrgId,
    grant: Grant,
    name: Option<String>,
) -> Result<InForce<GrantBody>, Problem> {
    let put = api.store.put_grant(org, &grant, name.as_deref(), api.clock.now()).await;
    let asked = grant.id;
    let (grant, seq) = put.map_err(|error| match error {
        // Whom the grant lists was checked, so that only the name is left to be in conflict.
        store::Error::Conflict(what) if name.is_some() => Problem::idempotency_mismatch(&what),
        error => Problem::from(error),
    })?;
    let repeated = grant.id != asked;
    tracing::info!(org.id = %org, grant.id = %grant.id, amount = %grant.amount, repeated, "granted");
    Ok(InForce { thing: GrantBody::from(&grant), applied: apply(&api, seq).await })
}

/// The grant that a body asks for.
fn read(mut fields: Fields, org: &OrgData, now: Instant) -> Result<Grant, Problem> {
    let kind = fields.required("kind", kind);
    let amount = fields.required("amount", amount);
    let members: BTreeSet<_> = org.members.iter().map(|member| member.standing.id).collect();
    let members = fields.list("members", body::one_of(members, "member"));
    let groups: BTreeSet<_> = org.groups.iter().map(|group| group.id).collect();
    let groups = fields.list("groups", body::one_of(groups, "group"));
    let start = fields.optional("start", body::instant).unwrap_or(now);
    let end = fields.optional("end", body::instant).unwrap_or(Instant::MAX);

    if end <= start.max(now) {
        fields.mistake("end", "must be after the start, and after now");
    }
    let listed = members.as_ref().zip(groups.as_ref());
    if kind == Some(GrantKind::Seat) && listed.is_some_and(|(m, g)| m.len() != 1 || !g.is_empty()) {
        fields.mistake("members", "a seat grant is for exactly one member, and for no group");
    }
    let grant = || {
        let id = GrantId::from_u128(Uuid::now_v7().as_u128());
        let access = match (members?, groups?) {
            (members, groups) if members.is_empty() && groups.is_empty() => Access::Everyone,
            (members, groups) => Access::Listed { members, groups },
        };
        Some(Grant { id, kind: kind?, amount: amount?, start, end, created: now, access })
    };
    fields.finish(grant())
}

fn kind(value: &Value) -> Result<GrantKind, String> {
    GrantKind::from_name(body::text(value)?)
        .ok_or_else(|| format!("must be one of {}", GrantKind::ALL.map(GrantKind::name).join(", ")))
}

fn amount(value: &Value) -> Result<Credits, String> {
    let amount = body::credits(value)?;
    if amount.is_zero() { Err("must be more than 0".to_owned()) } else { Ok(amount) }
}
