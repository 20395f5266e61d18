//! Waits for whoever is at the same books or accounts.

use std::collections::BTreeSet;

use ledger::OrgId;
use sqlx::types::Uuid;
use store::SyncRequest;

use crate::column::uuids;
use crate::error::Result;
use crate::session::Session;

const LOCK: &str = include_str!("lock.sql");

pub(super) async fn lock(tx: &mut Session, request: &SyncRequest) -> Result<()> {
    sqlx::query(LOCK)
        .bind(i16::from(request.shard.number()))
        .bind(i64::from(request.node.0))
        .bind(charged_orgs(request))
        .bind(uuids(request.accounts()))
        .execute(tx)
        .await?;
    Ok(())
}

/// The organisations whose books a sync adds to.
pub(super) fn charged_orgs(request: &SyncRequest) -> Vec<Uuid> {
    uuids(request.events.iter().map(|charge| charge.org).collect::<BTreeSet<OrgId>>())
}
