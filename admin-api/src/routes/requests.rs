//! Requests that were charged, and the corrections of what they were charged.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use ledger::{HoldId, Instant, OrgId};
use serde::Serialize;
use serde_json::Value;
use store::AdjustmentRequest;
use tracing::Instrument;

use crate::applied::{Applied, apply};
use crate::body::{self, Fields};
use crate::idempotency;
use crate::org_path::OrgPath;
use crate::problem::Problem;
use crate::{AdminApi, action};

/// The most bytes of a reason or of who gives it.
const MAX_WORDS: usize = 1_000;

/// Who corrects where the body does not say.
const ACTOR: &str = "admin";

/// A charge that was lowered, and on which gateways the difference can be spent already.
#[derive(Serialize)]
pub(crate) struct Lowered {
    request: String,
    charged_before: String,
    charged: String,
    applied: Applied,
}

/// `POST /api/v1/orgs/{org}/requests/{id}:adjust`: lowers what a request was charged.
///
/// Body: `charge`, `reason`, and if wanted `actor`. The same `Idempotency-Key` again lowers nothing
/// more and is answered like the first.
pub(crate) async fn adjust(
    State(api): State<AdminApi>,
    OrgPath(org): OrgPath,
    Path((_, action)): Path<(String, String)>,
    headers: HeaderMap,
    mut fields: Fields,
) -> Result<Json<Lowered>, Problem> {
    let org = org.org.id;
    let hold = hold(&api, org, &action).await?;
    let name = fields.note(idempotency::HEADER, idempotency::name(&headers)).flatten();
    let request = read(fields, (org, hold), name, api.clock.now())?;
    // A client that hangs up ends its handler, and a correction that is committed is to be applied.
    let lowered = tokio::spawn(commit(api, request).in_current_span());
    Ok(Json(lowered.await.map_err(|error| Problem::internal(&error))??))
}

/// The request of `{id}:adjust`, which must be one that the organisation was charged for.
async fn hold(api: &AdminApi, org: OrgId, action: &str) -> Result<HoldId, Problem> {
    let (hold, ()) = action::read(action, "req_...", &[("adjust", ())])?;
    let charge = api.store.charge(org, hold).await?;
    let uncharged = || Problem::not_found(format!("{org} was not charged for a request {hold}"));
    charge.map(|_| hold).ok_or_else(uncharged)
}

async fn commit(api: AdminApi, request: AdjustmentRequest) -> Result<Lowered, Problem> {
    let adjusted = api.store.adjust(&request).await?;
    let AdjustmentRequest { org, hold, actor, .. } = request;
    tracing::info!(
        org.id = %org, hold.id = %hold, actor, before = %adjusted.before, after = %adjusted.after,
        "adjusted"
    );
    let applied = apply(&api, adjusted.seq).await;
    Ok(Lowered {
        request: hold.to_string(),
        charged_before: adjusted.before.to_string(),
        charged: adjusted.after.to_string(),
        applied,
    })
}

fn read(
    mut fields: Fields,
    (org, hold): (OrgId, HoldId),
    name: Option<String>,
    now: Instant,
) -> Result<AdjustmentRequest, Problem> {
    let charge = fields.required("charge", body::credits);
    let reason = fields.required("reason", words);
    let actor = fields.optional("actor", words).unwrap_or_else(|| ACTOR.to_owned());
    let request = || {
        let (charge, reason) = (charge?, reason?);
        Some(AdjustmentRequest { org, hold, charge, actor, reason, name, now })
    };
    fields.finish(request())
}

fn words(value: &Value) -> Result<String, String> {
    let text = body::text(value)?.trim();
    let fits = (1..=MAX_WORDS).contains(&text.len());
    if fits { Ok(text.to_owned()) } else { Err(format!("must be 1 to {MAX_WORDS} bytes")) }
}
