//! All that a sync writes, in one call that ends with its commit: rows come as JSON arrays.

use ledger::Credits;
use serde::Serialize;
use sqlx::SqliteConnection;
use store::{SyncAnswer, SyncRequest, ThresholdEvent, reached};

use super::read::Read;
use super::{events, rollups, transfers};
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
    let (accounts, leases) = figures(request, read);
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
        .bind(json(&rollups::rows(request, series))?)
        .bind(json(&transfers::rows(request, read))?)
        .bind(json(&thresholds(request, read))?)
        .execute(connection)
        .await?;
    Ok(())
}

/// The number, what is spent, leased and written off, whether it is recalled, and how much may be
/// taken at least.
type Account = (i64, u64, u64, u64, u8, u64);
/// The number of the account, the epoch, what it has, and what was written off of it.
type Lease = (i64, u32, u64, u64);

fn figures(request: &SyncRequest, read: &Read) -> (Vec<Account>, Vec<Lease>) {
    let (mut accounts, mut leases) = (Vec::new(), Vec::new());
    for (id, account) in read.touched.iter().filter(|(_, account)| account.moved()) {
        let (number, now) = (read.number(*id), &account.now);
        let [spent, leased, written_off] =
            [now.spent, now.leased, now.written_off].map(Credits::micros);
        // What is booked as it was may be more than there is.
        let regranted = request.regranted.iter().any(|lost| lost.account == *id);
        let ceiling = if regranted { now.taken().micros() } else { 0 };
        accounts.push((number, spent, leased, written_off, u8::from(now.recalled), ceiling));
        for (epoch, amount) in &now.leases {
            let lost = now.lost.get(epoch).copied().unwrap_or_default();
            leases.push((number, epoch.0, amount.micros(), lost.micros()));
        }
    }
    (accounts, leases)
}

/// The number of the account, the threshold, and the amount and what remains of it in
/// micro-credits, of each threshold that was reached.
fn thresholds(request: &SyncRequest, read: &Read) -> Vec<(i64, &'static str, i64, i64)> {
    let levels = read.orgs.iter().map(|(org, figures)| (*org, figures.level));
    let row = |(_, event): (_, ThresholdEvent)| {
        let (amount, remaining) = (event.amount.micros_i64(), event.remaining.micros_i64());
        (read.number(event.account), event.threshold.name(), amount, remaining)
    };
    reached(request, &read.touched, levels).into_iter().map(row).collect()
}

fn json(rows: &[impl Serialize]) -> Result<String> {
    serde_json::to_string(rows).map_err(|error| Error::corrupt(error.to_string()))
}
