//! All that a sync needs to know, in one statement: where the shard stands, and the accounts it
//! touches.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{AccountId, Credits, Epoch, Instant, OrgId};
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;
use store::{Level, Standing, SyncRequest, TouchedAccounts, source_from_name};

use super::lock::charged_orgs;
use crate::column::{Id, uuids};
use crate::error::{Error, Result};
use crate::nodes::{frozen_since, heard_since, surely_frozen_since};
use crate::session::Session;

const READ: &str = include_str!("read.sql");

/// What `touched` has of each account, in this order.
type Figures = (String, String, String, i64, i64, bool, bool, [u64; 8], Vec<(u32, u64, u64)>, u64);

/// What `orgs` has of each organisation, in this order; sums may be more than an integer holds.
type Sums = (String, u64, (String, String));

pub(super) struct Read {
    pub(super) position: PgRow,
    pub(super) touched: TouchedAccounts,
    /// Of those that are charged.
    pub(super) orgs: BTreeMap<OrgId, OrgFigures>,
    /// The accounts under recall of which this start has a lease.
    pub(super) recalled: BTreeSet<AccountId>,
    /// Gateways may have something that the store has forgotten.
    pub(super) frozen: bool,
}

/// What a sync needs to know of an organisation.
pub(super) struct OrgFigures {
    /// The number of its last transfer in the money ledger.
    pub(super) last_transfer: u64,
    /// Its grants that live.
    pub(super) level: Level,
}

pub(super) async fn read(tx: &mut Session, request: &SyncRequest) -> Result<Read> {
    let position = sqlx::query(READ)
        .bind(i16::from(request.shard.number()))
        .bind(i64::from(request.node.0))
        .bind(charged_orgs(request))
        .bind(uuids(request.accounts()))
        .bind(i64::from(request.epoch.0))
        .bind(request.now.micros())
        .bind(heard_since(request.now))
        .bind(frozen_since(request.now))
        .bind(surely_frozen_since(request.now))
        .fetch_one(tx)
        .await?;
    let unreadable = |error: serde_json::Error| Error::corrupt(error.to_string());
    let rows: Vec<Figures> =
        serde_json::from_str(position.try_get("touched")?).map_err(unreadable)?;
    let sums: Vec<Sums> = serde_json::from_str(position.try_get("orgs")?).map_err(unreadable)?;
    let touched = rows.into_iter().map(standing).collect::<Option<Vec<_>>>();
    let touched = touched.ok_or_else(|| Error::corrupt("an account's figures"))?;
    let orgs = sums.into_iter().map(org_figures).collect::<Option<_>>();
    let recalled: Vec<Uuid> = position.try_get("recalled")?;
    Ok(Read {
        touched: touched.into_iter().map(|(id, standing)| (id, standing.into())).collect(),
        orgs: orgs.ok_or_else(|| Error::corrupt("an organisation's figures"))?,
        recalled: recalled.into_iter().map(|id| Id::from_bits(id.as_u128())).collect(),
        frozen: position.try_get("frozen")?,
        position,
    })
}

fn id<T: Id>(text: &str) -> Option<T> {
    Uuid::parse_str(text).ok().map(|uuid| T::from_bits(uuid.as_u128()))
}

/// The figures of a row; `None` for sums that are none.
fn org_figures((org, last_transfer, (amount, left)): Sums) -> Option<(OrgId, OrgFigures)> {
    let level = Level::of_micros(amount.parse().ok()?, left.parse().ok()?);
    Some((id(&org)?, OrgFigures { last_transfer, level }))
}

/// The account of a row; `None` for what is no amount or kind.
fn standing(figures: Figures) -> Option<(AccountId, Standing)> {
    let (account, org, kind, start, end, closed, recalled, amounts, rows, doubtful) = figures;
    let credits = Credits::from_micros;
    let [amount, spent, leased, reserved, refunded, expired, written_off, written_back] = amounts;
    let (mut leases, mut lost) = (BTreeMap::new(), BTreeMap::new());
    for (epoch, leased, written_off) in rows {
        leases.insert(Epoch(epoch), credits(leased)?);
        lost.insert(Epoch(epoch), credits(written_off)?);
    }
    let standing = Standing {
        org: id(&org)?,
        source: source_from_name(&kind)?,
        start: Instant::from_micros(start),
        end: Instant::from_micros(end),
        closed,
        amount: credits(amount)?,
        spent: credits(spent)?,
        leased: credits(leased)?,
        reserved: credits(reserved)?,
        refunded: credits(refunded)?,
        expired: credits(expired)?,
        written_off: credits(written_off)?,
        written_back: credits(written_back)?,
        recalled,
        leases,
        lost,
        doubtful: credits(doubtful)?,
    };
    Some((id(&account)?, standing))
}
