//! An organisation's own settings, changed.

use axum::Json;
use axum::extract::State;

use super::OrgBody;
use crate::AdminApi;
use crate::applied::{InForce, apply, see_through};
use crate::body::{self, Fields};
use crate::org_path::OrgPath;
use crate::problem::Problem;
use crate::rates;

/// `PATCH /api/v1/orgs/{org}`: `require_project` and `rates`, each if it is there; `null` is what
/// they are when nothing is said of them.
pub(crate) async fn edit(
    State(api): State<AdminApi>,
    OrgPath(org): OrgPath,
    mut fields: Fields,
) -> Result<Json<InForce<OrgBody>>, Problem> {
    let require_project = fields.change("require_project", body::flag);
    let rates = rates::read(&mut fields);
    fields.finish(Some(()))?;
    see_through(async move {
        let id = org.org.id;
        let turn = api.turns.take().await;
        let missing = || Problem::not_found(format!("there is no organisation {id}"));
        let data = api.store.load(id).await?.ok_or_else(missing)?;
        let mut org = data.org.clone();
        org.require_project = require_project.over(org.require_project, false);
        org.rates = rates.of(org.rates);
        let seq = if org == data.org { data.seq } else { api.store.put_org(&org).await? };
        drop(turn);
        tracing::info!(org.id = %id, "organisation edited");
        Ok(InForce { thing: org.into(), applied: apply(&api, seq).await })
    })
    .await
    .map(Json)
}
