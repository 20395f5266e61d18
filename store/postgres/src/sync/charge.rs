//! What the charges of a sync leave on record: events, hours and transfers, in one statement.

use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use store::SyncRequest;

use super::read::Read;
use super::{events, hours, transfers};
use crate::column::count;
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
    let transfers = transfers::transfers(request, read);
    let charged = transfers::bind(query, &transfers).execute(tx).await.map_err(Error::from);
    charged.map(drop).map_err(|error| match error.constraint() {
        // Each partition names its own.
        Some(constraint) if constraint.starts_with("usage_events") => {
            Error::corrupt("a hold is charged twice")
        }
        _ => error,
    })
}
