//! What the charges of a sync leave on record: events, hours and transfers, in one statement.

use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use store::{Burnt, SyncRequest, transfers};

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
    let last = |org| read.orgs.get(&org).map_or(0, |figures| figures.last_transfer);
    let transfers = transfers(request, &read.touched, last);
    let charged = with_transfers(query, &transfers).execute(tx).await.map_err(Error::from);
    charged.map(drop).map_err(|error| match error.constraint() {
        // Each partition names its own.
        Some(constraint) if constraint.starts_with("usage_events") => {
            Error::corrupt("a hold is charged twice")
        }
        _ => error,
    })
}

/// Binds organisations, numbers, grants and amounts.
fn with_transfers<'a>(query: Query<'a>, transfers: &[Burnt]) -> Query<'a> {
    let transfers = transfers.iter();
    query
        .bind(transfers.clone().map(|it| it.org.uuid()).collect::<Vec<_>>())
        .bind(transfers.clone().map(|it| count(it.transfer)).collect::<Vec<_>>())
        .bind(transfers.clone().map(|it| it.grant.map(Id::uuid)).collect::<Vec<_>>())
        .bind(transfers.map(|it| it.amount.micros_i64()).collect::<Vec<_>>())
}
