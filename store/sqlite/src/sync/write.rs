//! All that a sync writes, in one call that ends with its commit: rows come as JSON arrays.

use serde::Serialize;
use sqlx::SqliteConnection;
use store::SyncRequest;

use super::decide::{Decided, Touched};
use super::{answer, events, rollups};
use crate::column::count;
use crate::error::{Error, Result};

/// The trigger of `sync_calls` carries it out.
const COMMIT: &str = "
INSERT INTO sync_calls (shard, node, epoch, seq, lsn, at, fingerprint, answer, accounts, leases, events,
    spans, rollups)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
COMMIT";

/// Writes what was decided; `series` has the number of each charge's series, in their order.
pub(super) async fn commit(
    connection: &mut SqliteConnection,
    request: &SyncRequest,
    fingerprint: &[u8; 32],
    decided: &Decided,
    series: &[i64],
) -> Result<()> {
    let charged = events::charged(request, decided, series)?;
    let events = events::insert_many(connection, request.node, charged.events).await?;
    let moved = || decided.accounts.values().filter(|account| account.moved);
    let figures =
        |account: &Touched| (account.number, account.spent.micros(), account.leased.micros());
    let accounts: Vec<_> = moved().map(figures).collect();
    let leases = moved().flat_map(|account| {
        let leases = account.leases.iter();
        leases.map(|(epoch, amount)| (account.number, epoch.0, amount.micros()))
    });
    let leases: Vec<_> = leases.collect();
    sqlx::query(COMMIT)
        .bind(request.shard.number())
        .bind(request.node.0)
        .bind(request.epoch.0)
        .bind(count(request.seq))
        .bind(count(request.lsn))
        .bind(request.now.micros())
        .bind(fingerprint.as_slice())
        .bind(answer::encode(&decided.answer))
        .bind(json(&accounts)?)
        .bind(json(&leases)?)
        .bind(events)
        .bind(json(&charged.spans)?)
        .bind(json(&rollups::summed(request, series))?)
        .execute(connection)
        .await?;
    Ok(())
}

fn json(rows: &[impl Serialize]) -> Result<String> {
    serde_json::to_string(rows).map_err(|error| Error::corrupt(error.to_string()))
}
