//! Limits: ceilings on what a scope may spend in a period.

mod asked;

use axum::Json;
use axum::extract::{Path, State};
use ledger::{Limit, LimitId, Scope};
use serde::Serialize;
use tracing::Instrument;

use crate::AdminApi;
use crate::applied::{Applied, InForce, apply};
use crate::body::Fields;
use crate::org_path::OrgPath;
use crate::problem::Problem;

#[derive(Serialize)]
pub(crate) struct LimitBody {
    id: String,
    scope: &'static str,
    /// Whose spending it counts; `null` for the organisation's.
    scope_id: Option<String>,
    /// `null` for all tools together.
    tool: Option<String>,
    period: &'static str,
    amount: String,
}

impl From<Limit> for LimitBody {
    fn from(limit: Limit) -> Self {
        Self {
            id: limit.id.to_string(),
            scope: limit.scope.kind(),
            scope_id: scope_id(limit.scope),
            tool: limit.tool.map(|tool| tool.name().to_owned()),
            period: limit.period.name(),
            amount: limit.amount.to_string(),
        }
    }
}

/// The id of whose spending a scope counts, if it is not everybody's.
fn scope_id(scope: Scope) -> Option<String> {
    match scope {
        Scope::Key(id) => Some(id.to_string()),
        Scope::Member(id) => Some(id.to_string()),
        Scope::Project(id) => Some(id.to_string()),
        Scope::Group(id) => Some(id.to_string()),
        Scope::Org => None,
    }
}

/// `PUT /api/v1/orgs/{org}/limits`: the one limit of this scope, tool and period, made or given
/// another amount.
///
/// Body: `scope`, `period`, `amount`, `scope_id` unless the scope is the organisation, and if wanted
/// `tool` and `counts_from`. The same again changes nothing.
pub(crate) async fn put(
    State(api): State<AdminApi>,
    OrgPath(org): OrgPath,
    fields: Fields,
) -> Result<Json<InForce<LimitBody>>, Problem> {
    let (limit, counts_from) = asked::read(fields, &org)?;
    let put = async move {
        let org_id = org.org.id;
        let seq = if org.limits.contains(&limit) {
            org.seq
        } else {
            let now = api.clock.now();
            let seq = api.store.put_limit(org_id, &limit, counts_from, now).await?;
            tracing::info!(org.id = %org_id, limit.id = %limit.id, amount = %limit.amount, "limited");
            seq
        };
        Ok(InForce { thing: limit.into(), applied: apply(&api, seq).await })
    };
    // A client that hangs up ends its handler, and a limit that is committed is to be told of.
    let put = tokio::spawn(put.in_current_span()).await;
    put.map_err(|error| Problem::internal(&error))?.map(Json)
}

/// A limit that counts no more, and on which gateways.
#[derive(Serialize)]
pub(crate) struct Removed {
    id: String,
    applied: Applied,
}

/// `DELETE /api/v1/orgs/{org}/limits/{limit}`: the limit counts no more; what it counted stays on
/// record.
pub(crate) async fn remove(
    State(api): State<AdminApi>,
    OrgPath(org): OrgPath,
    Path((_, parameter)): Path<(String, String)>,
) -> Result<Json<Removed>, Problem> {
    let org_id = org.org.id;
    let id: Option<LimitId> = parameter.parse().ok();
    let known = id.filter(|id| org.limits.iter().any(|limit| limit.id == *id));
    let missing = || Problem::not_found(format!("{org_id} has no limit {parameter}"));
    let id = known.ok_or_else(missing)?;
    let remove = async move {
        let seq = api.store.remove_limit(org_id, id).await?;
        tracing::info!(org.id = %org_id, limit.id = %id, "limit removed");
        Ok(Removed { id: id.to_string(), applied: apply(&api, seq).await })
    };
    // A client that hangs up ends its handler, and a removal that is committed is to be told of.
    let removed = tokio::spawn(remove.in_current_span()).await;
    removed.map_err(|error| Problem::internal(&error))?.map(Json)
}
