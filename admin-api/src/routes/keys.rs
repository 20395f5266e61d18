//! API keys, and that they open nothing any more.

use axum::Json;
use axum::extract::{Path, State};
use ledger::{KeyId, KeyStatus};
use serde::Serialize;
use store::Key;
use tracing::Instrument;

use crate::applied::{InForce, apply};
use crate::org_path::OrgPath;
use crate::problem::Problem;
use crate::{AdminApi, action, time};

/// A key; never a secret that opens it.
#[derive(Serialize)]
pub(crate) struct KeyBody {
    id: String,
    name: String,
    hint: String,
    member: String,
    surface: &'static str,
    status: &'static str,
    expires: Option<String>,
}

impl From<Key> for KeyBody {
    fn from(key: Key) -> Self {
        Self {
            id: key.standing.id.to_string(),
            name: key.name,
            hint: key.hint,
            member: key.standing.member.to_string(),
            surface: key.surface.name(),
            status: match key.standing.status {
                KeyStatus::Active => "active",
                KeyStatus::Blocked => "blocked",
                KeyStatus::Revoked => "revoked",
            },
            expires: time::print(key.standing.expires),
        }
    }
}

/// `POST /api/v1/orgs/{org}/keys/{id}:revoke`: the key opens nothing any more, and never will again.
///
/// Revoked again, it stays as it is, and the gateways are told again.
pub(crate) async fn act(
    State(api): State<AdminApi>,
    OrgPath(org): OrgPath,
    Path((_, parameter)): Path<(String, String)>,
) -> Result<Json<InForce<KeyBody>>, Problem> {
    let (id, ()): (KeyId, ()) = action::read(&parameter, "key_...", &[("revoke", ())])?;
    let key = org.keys.into_iter().find(|key| key.standing.id == id);
    let missing = || Problem::not_found(format!("{} has no key {id}", org.org.id));
    let key = key.ok_or_else(missing)?;
    let revoke = async move {
        if key.standing.status == KeyStatus::Revoked {
            return Ok(InForce { thing: key.into(), applied: apply(&api, org.seq).await });
        }
        let mut key = key;
        key.standing.status = KeyStatus::Revoked;
        let seq = api.store.put_key(&key, None).await?;
        tracing::info!(org.id = %key.org, key.id = %id, "revoked");
        Ok(InForce { thing: key.into(), applied: apply(&api, seq).await })
    };
    // A client that hangs up ends its handler, and a key that is revoked is to be told of.
    let revoked = tokio::spawn(revoke.in_current_span()).await;
    revoked.map_err(|error| Problem::internal(&error))?.map(Json)
}
