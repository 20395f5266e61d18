//! All that a sync needs to know, in one call: where the shard stands, and the accounts it touches.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{AccountId, Credits, Epoch, Instant, OrgId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use store::{Level, SyncRequest};

use super::decide::Touched;
use crate::column::hex_list;
use crate::error::{Error, Result};

/// One row, whatever there is: rows cost more on the way than their JSON.
const BEGIN: &str = "
BEGIN IMMEDIATE;

SELECT nodes.epoch, applied.seq, applied.lsn, applied.fingerprint, applied.answer, (
    SELECT json_group_array(json_array(
        hex(accounts.account_id), hex(accounts.org_id), accounts.number, accounts.kind,
        accounts.start_at, accounts.end_at, accounts.closed, accounts.amount, accounts.spent,
        accounts.leased, accounts.reserved, accounts.expired, accounts.refunded, accounts.recalled, json((
            SELECT json_group_array(json_array(leases.epoch, leases.amount)) FROM leases
            WHERE leases.shard = accounts.shard AND leases.org_id = accounts.org_id
                AND leases.account_id = accounts.account_id AND leases.node = call.node))))
    FROM json_each(?) AS named
    CROSS JOIN accounts
        ON accounts.shard = call.shard AND accounts.account_id = unhex(named.value)
    ) AS touched, (
    SELECT json_group_array(json_array(
        org.value,
        (SELECT ifnull(max(transfer), 0) FROM entries
         WHERE shard = call.shard AND org_id = unhex(org.value)),
        (SELECT json_array(
             ifnull(sum(amount >> 31), 0), ifnull(sum(amount & 0x7fffffff), 0),
             ifnull(sum(remaining >> 31), 0), ifnull(sum(remaining & 0x7fffffff), 0))
         FROM (SELECT amount, max(amount - spent - expired, 0) AS remaining
               FROM accounts INDEXED BY accounts_grants
               WHERE shard = call.shard AND org_id = unhex(org.value) AND limit_id IS NULL
                   AND end_at > call.now AND start_at <= call.now))))
    FROM json_each(?) AS org
    ) AS orgs
FROM (SELECT ? AS node, ? AS shard, ? AS now) AS call
LEFT JOIN nodes ON nodes.node = call.node
LEFT JOIN applied
    ON applied.shard = call.shard AND applied.node = nodes.node AND applied.journal = nodes.journal";

/// What `touched` has of each account, in this order.
type Figures =
    (String, String, i64, String, i64, i64, u8, u64, u64, u64, u64, u64, u64, u8, Vec<(u32, u64)>);

/// What `orgs` has of each organisation, in this order; sums that may be more than an integer holds
/// come as multiples of 2^31 and the rest.
type Sums = (String, u64, (u128, u128, u128, u128));

pub(super) struct Read {
    pub(super) position: SqliteRow,
    pub(super) touched: BTreeMap<AccountId, Touched>,
    /// Of those that are charged.
    pub(super) orgs: BTreeMap<OrgId, OrgFigures>,
}

/// What a sync needs to know of an organisation.
pub(super) struct OrgFigures {
    /// The number of its last transfer in the money ledger.
    pub(super) last_transfer: u64,
    /// Its grants that live.
    pub(super) level: Level,
}

/// Begins the transaction and reads.
pub(super) async fn begin(
    connection: &mut SqliteConnection,
    request: &SyncRequest,
) -> Result<Read> {
    let ids: BTreeSet<AccountId> = (request.report.iter().map(|spend| spend.account))
        .chain(request.give_back.iter().map(|give_back| give_back.account))
        .chain(request.regranted.iter().map(|granted| granted.account))
        .chain(request.leasing())
        .collect();
    let orgs: BTreeSet<OrgId> = request.events.iter().map(|charge| charge.org).collect();
    let position = sqlx::query(BEGIN)
        .bind(hex_list(ids))
        .bind(hex_list(orgs))
        .bind(request.node.0)
        .bind(request.shard.number())
        .bind(request.now.micros())
        .fetch_one(connection)
        .await?;
    let unreadable = |error: serde_json::Error| Error::corrupt(error.to_string());
    let rows: Vec<Figures> =
        serde_json::from_str(position.try_get("touched")?).map_err(unreadable)?;
    let sums: Vec<Sums> = serde_json::from_str(position.try_get("orgs")?).map_err(unreadable)?;
    let touched = rows.into_iter().map(touched).collect::<Option<_>>();
    let touched = touched.ok_or_else(|| Error::corrupt("an account's figures"))?;
    let orgs = sums.into_iter().map(org_figures).collect::<Option<_>>();
    let orgs = orgs.ok_or_else(|| Error::corrupt("an organisation's figures"))?;
    Ok(Read { position, touched, orgs })
}

fn bits(hex: &str) -> Option<u128> {
    u128::from_str_radix(hex, 16).ok()
}

/// The figures of a row; `None` for what is no id.
fn org_figures(sums: Sums) -> Option<(OrgId, OrgFigures)> {
    let (org, last_transfer, (amount_high, amount_low, left_high, left_low)) = sums;
    let level = Level::of_micros((amount_high << 31) + amount_low, (left_high << 31) + left_low);
    Some((OrgId::from_u128(bits(&org)?), OrgFigures { last_transfer, level }))
}

/// The account of a row; `None` for what is no id or no amount.
fn touched(figures: Figures) -> Option<(AccountId, Touched)> {
    let (
        id,
        org,
        number,
        kind,
        start,
        end,
        closed,
        amount,
        spent,
        leased,
        reserved,
        expired,
        refunded,
        recalled,
        leases,
    ) = figures;
    let lease = |(epoch, amount)| Some((Epoch(epoch), Credits::from_micros(amount)?));
    let touched = Touched {
        org: OrgId::from_u128(bits(&org)?),
        number,
        kind,
        start: Instant::from_micros(start),
        end: Instant::from_micros(end),
        closed: closed != 0,
        amount: Credits::from_micros(amount)?,
        spent: Credits::from_micros(spent)?,
        spent_before: Credits::from_micros(spent)?,
        leased: Credits::from_micros(leased)?,
        reserved: Credits::from_micros(reserved)?,
        expired: Credits::from_micros(expired)?,
        refunded: Credits::from_micros(refunded)?,
        recalled: recalled != 0,
        leases: leases.into_iter().map(lease).collect::<Option<_>>()?,
        moved: false,
    };
    Some((AccountId::from_u128(bits(&id)?), touched))
}
