//! Tokens that are none any more.

use axum::Json;
use axum::extract::State;
use ledger::Instant;
use serde::Serialize;
use store::RevokedToken;

use crate::applied::{Applied, apply, see_through};
use crate::body::{self, Fields};
use crate::org_path::OrgPath;
use crate::problem::Problem;
use crate::{AdminApi, Issuers, time};

/// No gateway accepts a token that is valid for longer than 30 days, and none for longer than a
/// minute after its end: from then on a revoked one need not be known.
const LONGEST_MICROS: i64 = 31 * 24 * 3_600_000_000;

/// For how long after its end a token is still known to be revoked: longer than the most that a
/// gateway allows clocks to differ.
const AFTER_ITS_END_MICROS: i64 = 5 * 60_000_000;

/// A token that was revoked, and on which gateways.
#[derive(Serialize)]
pub(crate) struct Revoked {
    issuer: String,
    jti: String,
    /// Until when that is remembered.
    until: Option<String>,
    applied: Applied,
}

/// `POST /api/v1/orgs/{org}/tokens:revoke`: one token, by the claims `iss` and `jti`; `expires` is
/// its end, so that it need not be remembered for longer.
pub(crate) async fn revoke(
    State(api): State<AdminApi>,
    OrgPath(org): OrgPath,
    fields: Fields,
) -> Result<Json<Revoked>, Problem> {
    let now = api.clock.now();
    let token = read(fields, &*api.issuers, now)?;
    see_through(async move {
        let seq = api.store.revoke_token(org.org.id, &token, now).await?;
        tracing::info!(org.id = %org.org.id, issuer = token.issuer, "token revoked");
        let (until, applied) = (time::print(token.until), apply(&api, seq).await);
        Ok(Revoked { issuer: token.issuer, jti: token.jti, until, applied })
    })
    .await
    .map(Json)
}

fn read(mut fields: Fields, issuers: &dyn Issuers, now: Instant) -> Result<RevokedToken, Problem> {
    // A slip of the pen would leave the token good, and say that it is not.
    let issuer = fields.required("issuer", |value| {
        let issuer = body::claim(value)?;
        let unknown = || "must be the `issuer` of one of the configuration's, exactly".to_owned();
        issuers.has(&issuer).then_some(issuer).ok_or_else(unknown)
    });
    let jti = fields.required("jti", body::claim);
    let expires = fields.optional("expires", body::future(now));
    let longest = now.plus_micros(LONGEST_MICROS);
    let until = expires.map_or(longest, |end| end.plus_micros(AFTER_ITS_END_MICROS).min(longest));
    let token = || Some(RevokedToken { issuer: issuer?, jti: jti?, until });
    fields.finish(token())
}
