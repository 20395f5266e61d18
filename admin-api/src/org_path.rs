//! The organisation that a path names.

use std::collections::HashMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use ledger::OrgId;
use store::OrgData;

use crate::AdminApi;
use crate::problem::Problem;

/// The organisation of `/orgs/{org}`, as it is stored.
pub(crate) struct OrgPath(pub(crate) OrgData);

impl FromRequestParts<AdminApi> for OrgPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &AdminApi) -> Result<Self, Problem> {
        let path: Result<Path<HashMap<String, String>>, PathRejection> =
            Path::from_request_parts(parts, api).await;
        // What cannot be an id names nothing, so it is not found, like any other id that is free.
        let Path(named) = path.map_err(|rejection| Problem::not_found(rejection.body_text()))?;
        let text = named.get("org").map(String::as_str).unwrap_or_default();
        let org: OrgId = text.parse().map_err(|_| {
            let form = "is not the id of an organisation; one is `org_` and 32 hexadecimal digits";
            Problem::not_found(format!("`{text}` {form}"))
        })?;
        let data = api.store.load(org).await?;
        data.map(Self).ok_or_else(|| Problem::not_found(format!("there is no organisation {org}")))
    }
}
