//! What the charges of a sync leave on record: events, hours and transfers, in one statement.

use std::collections::BTreeMap;

use ledger::{AccountId, Credits, OrgId};
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use store::{SyncRequest, found, transfers};

use super::read::Read;
use super::{events, hours};
use crate::column::{Id, count};
use crate::error::{Error, Result};
use crate::session::Session;

const CHARGE: &str = include_str!("charge.sql");

pub(super) type Query<'a> = sqlx::query::Query<'a, Postgres, PgArguments>;

pub(super) async fn charge(tx: &mut Session, request: &SyncRequest, read: &Read) -> Result<()> {
    let query = sqlx::query(CHARGE)
        .bind(i16::from(request.shard.number()))
        .bind(i64::from(request.node.0))
        .bind(i64::from(request.epoch.0))
        .bind(count(request.seq))
        .bind(request.now.micros());
    let query = hours::bind(events::bind(query, &request.events), request);
    let transfers = all_transfers(request, read);
    let charged = with_transfers(query, &transfers).execute(tx).await.map_err(Error::from);
    charged.map(drop).map_err(|error| match error.constraint() {
        // Each partition names its own.
        Some(constraint) if constraint.starts_with("usage_events") => {
            Error::corrupt("a hold is charged twice")
        }
        _ => error,
    })
}

/// A transfer, and whether it is back to a grant, of what was written off and spent after all.
type Transfer = (OrgId, u64, Option<AccountId>, Credits, bool);

fn all_transfers(request: &SyncRequest, read: &Read) -> Vec<Transfer> {
    let mut last: BTreeMap<OrgId, u64> =
        read.orgs.iter().map(|(org, figures)| (*org, figures.last_transfer)).collect();
    let before = |org: OrgId, last: &BTreeMap<_, u64>| last.get(&org).copied().unwrap_or(0);
    let burnt = transfers(request, &read.touched, |org| before(org, &last));
    last.extend(burnt.iter().map(|burnt| (burnt.org, burnt.transfer)));
    let found = found(&read.touched, |org| before(org, &last));
    let burnt = burnt.into_iter().map(|it| (it.org, it.transfer, it.grant, it.amount, false));
    let found = found.into_iter().map(|it| (it.org, it.transfer, Some(it.grant), it.amount, true));
    burnt.chain(found).collect()
}

/// Binds organisations, numbers, grants, amounts, and which are back to grants.
fn with_transfers<'a>(query: Query<'a>, transfers: &[Transfer]) -> Query<'a> {
    let transfers = transfers.iter();
    query
        .bind(transfers.clone().map(|(org, ..)| org.uuid()).collect::<Vec<_>>())
        .bind(transfers.clone().map(|(_, number, ..)| count(*number)).collect::<Vec<_>>())
        .bind(transfers.clone().map(|(_, _, grant, ..)| grant.map(Id::uuid)).collect::<Vec<_>>())
        .bind(transfers.clone().map(|(.., amount, _)| amount.micros_i64()).collect::<Vec<_>>())
        .bind(transfers.map(|(.., is_found)| *is_found).collect::<Vec<_>>())
}
