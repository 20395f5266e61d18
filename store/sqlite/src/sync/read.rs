//! All that a sync needs to know, in one call: where the shard stands, and the accounts it touches.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{AccountId, Credits, Epoch, Instant, OrgId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use store::SyncRequest;

use super::decide::Touched;
use crate::column::hex_list;
use crate::error::{Error, Result};

/// One row, whatever there is: rows cost more on the way than their JSON.
const BEGIN: &str = "
BEGIN IMMEDIATE;

SELECT nodes.epoch, applied.seq, applied.lsn, applied.fingerprint, applied.answer, (
    SELECT json_group_array(json_array(
        hex(accounts.account_id), hex(accounts.org_id), accounts.number, accounts.kind,
        accounts.end_at, accounts.closed, accounts.amount, accounts.spent, accounts.leased,
        accounts.reserved, json((
            SELECT json_group_array(json_array(leases.epoch, leases.amount)) FROM leases
            WHERE leases.shard = accounts.shard AND leases.org_id = accounts.org_id
                AND leases.account_id = accounts.account_id AND leases.node = call.node))))
    FROM json_each(?) AS named
    CROSS JOIN accounts
        ON accounts.shard = call.shard AND accounts.account_id = unhex(named.value)
    ) AS touched
FROM (SELECT ? AS node, ? AS shard) AS call
LEFT JOIN nodes ON nodes.node = call.node
LEFT JOIN applied
    ON applied.shard = call.shard AND applied.node = nodes.node AND applied.journal = nodes.journal";

/// What `touched` has of each account, in this order.
type Figures = (String, String, i64, String, i64, u8, u64, u64, u64, u64, Vec<(u32, u64)>);

pub(super) struct Read {
    pub(super) position: SqliteRow,
    pub(super) touched: BTreeMap<AccountId, Touched>,
}

/// Begins the transaction and reads.
pub(super) async fn begin(
    connection: &mut SqliteConnection,
    request: &SyncRequest,
) -> Result<Read> {
    let ids: BTreeSet<AccountId> = (request.report.iter().map(|spend| spend.account))
        .chain(request.give_back.iter().map(|give_back| give_back.account))
        .chain(request.refill.iter().map(|refill| refill.account))
        .collect();
    let position = sqlx::query(BEGIN)
        .bind(hex_list(ids))
        .bind(request.node.0)
        .bind(request.shard.number())
        .fetch_one(connection)
        .await?;
    let rows: Vec<Figures> = serde_json::from_str(position.try_get("touched")?)
        .map_err(|error| Error::corrupt(error.to_string()))?;
    let touched = rows.into_iter().map(touched).collect::<Option<_>>();
    let touched = touched.ok_or_else(|| Error::corrupt("an account's figures"))?;
    Ok(Read { position, touched })
}

/// The account of a row; `None` for what is no id or no amount.
fn touched(figures: Figures) -> Option<(AccountId, Touched)> {
    let (id, org, number, kind, end, closed, amount, spent, leased, reserved, leases) = figures;
    let bits = |hex: &str| u128::from_str_radix(hex, 16).ok();
    let lease = |(epoch, amount)| Some((Epoch(epoch), Credits::from_micros(amount)?));
    let touched = Touched {
        org: OrgId::from_u128(bits(&org)?),
        number,
        kind,
        end: Instant::from_micros(end),
        closed: closed != 0,
        amount: Credits::from_micros(amount)?,
        spent: Credits::from_micros(spent)?,
        leased: Credits::from_micros(leased)?,
        reserved: Credits::from_micros(reserved)?,
        leases: leases.into_iter().map(lease).collect::<Option<_>>()?,
        moved: false,
    };
    Some((AccountId::from_u128(bits(&id)?), touched))
}
