//! All that a sync writes, in one call that ends with its commit: rows come as JSON arrays.

use serde::Serialize;
use sqlx::SqliteConnection;
use store::{SyncAnswer, SyncRequest};

use super::decide::Touched;
use super::read::Read;
use super::{events, rollups, thresholds, transfers};
use crate::column::count;
use crate::error::{Error, Result};

/// The trigger of `sync_calls` carries it out.
const COMMIT: &str = "
INSERT INTO sync_calls (shard, node, epoch, seq, lsn, at, fingerprint, answer, accounts, leases, events,
    indeterminate, spans, rollups, transfers, thresholds)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
COMMIT";

/// What was decided.
pub(super) struct Booked<'a> {
    /// The accounts, as they are to be.
    pub(super) read: &'a Read,
    pub(super) answer: &'a SyncAnswer,
    /// The number of each charge's series, in their order.
    pub(super) series: &'a [i64],
}

/// Writes it.
pub(super) async fn commit(
    connection: &mut SqliteConnection,
    request: &SyncRequest,
    fingerprint: &[u8; 32],
    Booked { read, answer, series }: Booked<'_>,
) -> Result<()> {
    let charged = events::charged(request, read, series)?;
    let few = events::insert_many(connection, request.node, charged.events).await?;
    let moved = || read.touched.values().filter(|account| account.moved);
    let figures = |account: &Touched| {
        let (spent, leased) = (account.spent.micros(), account.leased.micros());
        (account.number, spent, leased, u8::from(account.recalled))
    };
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
        .bind(answer.encode())
        .bind(json(&accounts)?)
        .bind(json(&leases)?)
        .bind(few)
        .bind(json(&events::indeterminate(request, series))?)
        .bind(json(&charged.spans)?)
        .bind(json(&rollups::summed(request, series))?)
        .bind(json(&transfers::rows(request, read))?)
        .bind(json(&thresholds::rows(request, read))?)
        .execute(connection)
        .await?;
    Ok(())
}

fn json(rows: &[impl Serialize]) -> Result<String> {
    serde_json::to_string(rows).map_err(|error| Error::corrupt(error.to_string()))
}
