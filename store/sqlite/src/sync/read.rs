//! All that a sync needs to know, in one call: where the shard stands, and the accounts it touches.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{AccountId, Credits, Epoch, Instant, OrgId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use store::{Level, SILENT_AFTER_MICROS, Standing, SyncRequest, TouchedAccounts, source_from_name};

use crate::column::hex_list;
use crate::error::{Error, Result};

/// One row, whatever there is: rows cost more on the way than their JSON.
const BEGIN: &str = "
BEGIN IMMEDIATE;

SELECT nodes.epoch, applied.seq, applied.lsn, applied.fingerprint, applied.answer, (
    SELECT json_group_array(json_array(
        json_array(hex(accounts.account_id), hex(accounts.org_id), accounts.number, accounts.kind,
            accounts.start_at, accounts.end_at, accounts.closed, accounts.recalled),
        json_array(accounts.amount, accounts.spent, accounts.leased, accounts.reserved,
            accounts.expired, accounts.refunded, accounts.written_off, accounts.written_back,
            iif(call.asks, (
                SELECT ifnull(sum(leases.amount), 0) FROM leases CROSS JOIN nodes USING (node)
                WHERE leases.shard = accounts.shard AND leases.org_id = accounts.org_id
                    AND leases.account_id = accounts.account_id
                    AND leases.node <> call.node AND nodes.state = 'running'
                    AND nodes.heard_at < call.silent_since), 0)),
        json((
            SELECT json_group_array(json_array(leases.epoch, leases.amount, leases.written_off))
            FROM leases
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
         FROM (SELECT amount, max(amount - spent - expired - written_off, 0) AS remaining
               FROM accounts INDEXED BY accounts_grants
               WHERE shard = call.shard AND org_id = unhex(org.value) AND limit_id IS NULL
                   AND end_at > call.now AND start_at <= call.now))))
    FROM json_each(?) AS org
    ) AS orgs, (
    SELECT json_group_array(hex(accounts.account_id))
    FROM accounts INDEXED BY accounts_under_recall CROSS JOIN leases
        ON leases.shard = accounts.shard AND leases.org_id = accounts.org_id
            AND leases.account_id = accounts.account_id
    WHERE accounts.shard = call.shard AND accounts.recalled = 1
        AND leases.node = call.node AND leases.epoch = call.epoch AND leases.amount > 0
    ) AS recalled
FROM (SELECT ? AS node, ? AS epoch, ? AS shard, ? AS now, ? AS asks, ? AS silent_since) AS call
LEFT JOIN nodes ON nodes.node = call.node
LEFT JOIN applied
    ON applied.shard = call.shard AND applied.node = nodes.node AND applied.journal = nodes.journal";

/// What `touched` has of each account, in this order: what it is, its amounts, its leases.
type Account = (What, Amounts, Vec<(u32, u64, u64)>);
type What = (String, String, i64, String, i64, i64, u8, u8);
type Amounts = (u64, u64, u64, u64, u64, u64, u64, u64, u64);

/// What `orgs` has of each organisation, in this order; sums that may be more than an integer holds
/// come as multiples of 2^31 and the rest.
type Sums = (String, u64, (u128, u128, u128, u128));

pub(super) struct Read {
    pub(super) position: SqliteRow,
    pub(super) touched: TouchedAccounts,
    /// The short names of those accounts.
    numbers: BTreeMap<AccountId, i64>,
    /// The accounts of the shard under recall of which the epoch has a lease.
    pub(super) recalled: BTreeSet<AccountId>,
    /// Of those that are charged.
    pub(super) orgs: BTreeMap<OrgId, OrgFigures>,
}

impl Read {
    /// The short name of an account that is touched.
    pub(super) fn number(&self, account: AccountId) -> i64 {
        *self.numbers.get(&account).expect("whatever is decided on was read")
    }
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
    let orgs: BTreeSet<OrgId> = request.events.iter().map(|charge| charge.org).collect();
    let position = sqlx::query(BEGIN)
        .bind(hex_list(request.accounts()))
        .bind(hex_list(orgs))
        .bind(request.node.0)
        .bind(request.epoch.0)
        .bind(request.shard.number())
        .bind(request.now.micros())
        .bind(!request.ask.is_empty())
        .bind(request.now.plus_micros(-SILENT_AFTER_MICROS).micros())
        .fetch_one(connection)
        .await?;
    let unreadable = |error: serde_json::Error| Error::corrupt(error.to_string());
    let rows: Vec<Account> =
        serde_json::from_str(position.try_get("touched")?).map_err(unreadable)?;
    let sums: Vec<Sums> = serde_json::from_str(position.try_get("orgs")?).map_err(unreadable)?;
    let recalled: Vec<String> =
        serde_json::from_str(position.try_get("recalled")?).map_err(unreadable)?;
    let recalled = recalled.iter().map(|id| bits(id).map(AccountId::from_u128));
    let recalled = recalled.collect::<Option<_>>();
    let recalled = recalled.ok_or_else(|| Error::corrupt("an account under recall"))?;
    let (mut touched, mut numbers) = (TouchedAccounts::new(), BTreeMap::new());
    for row in rows {
        let (id, number, standing) =
            standing(row).ok_or_else(|| Error::corrupt("an account's figures"))?;
        touched.insert(id, standing.into());
        numbers.insert(id, number);
    }
    let orgs = sums.into_iter().map(org_figures).collect::<Option<_>>();
    let orgs = orgs.ok_or_else(|| Error::corrupt("an organisation's figures"))?;
    Ok(Read { position, touched, numbers, recalled, orgs })
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

/// The account of a row and its number; `None` for what is no id or no amount.
fn standing((what, amounts, leases): Account) -> Option<(AccountId, i64, Standing)> {
    let (id, org, number, kind, start, end, closed, recalled) = what;
    let (amount, spent, leased, reserved, expired, refunded, written_off, written_back, doubtful) =
        amounts;
    let credits = Credits::from_micros;
    let (mut of_epochs, mut lost) = (BTreeMap::new(), BTreeMap::new());
    for (epoch, amount, written_off) in leases {
        of_epochs.insert(Epoch(epoch), credits(amount)?);
        lost.insert(Epoch(epoch), credits(written_off)?);
    }
    let standing = Standing {
        org: OrgId::from_u128(bits(&org)?),
        source: source_from_name(&kind)?,
        start: Instant::from_micros(start),
        end: Instant::from_micros(end),
        closed: closed != 0,
        amount: credits(amount)?,
        spent: credits(spent)?,
        leased: credits(leased)?,
        reserved: credits(reserved)?,
        refunded: credits(refunded)?,
        expired: credits(expired)?,
        written_off: credits(written_off)?,
        written_back: credits(written_back)?,
        recalled: recalled != 0,
        leases: of_epochs,
        lost,
        doubtful: credits(doubtful)?,
    };
    Some((AccountId::from_u128(bits(&id)?), number, standing))
}
