//! An organisation's own settings, changed.

use axum::Json;
use axum::extract::State;
use store::{Org, OrgData};

use super::OrgBody;
use crate::AdminApi;
use crate::anew::change;
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
        let to = |_: &OrgData, known: &Org| {
            let mut org = known.clone();
            org.require_project = require_project.clone().over(org.require_project, false);
            org.rates = rates.clone().of(org.rates);
            Ok(org)
        };
        let (org, seq) = change(&api, &org, (), to).await?;
        tracing::info!(org.id = %id, "organisation edited");
        Ok(InForce { thing: org.into(), applied: apply(&api, seq).await })
    })
    .await
    .map(Json)
}
