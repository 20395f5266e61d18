//! The connections of a store, and what goes on beside its operations.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};
use store::{Nudge, Result};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};
use tracing::warn;

use crate::connections::Connections;
use crate::{Options, lineage, nudge, partitions, schema};

/// A connection that was unused for so long is asked whether it is still there: a server that was
/// restarted has cut it.
const ASKED_AFTER: Duration = Duration::from_secs(1);
/// An old connection may sit on a server that a change of addresses has left behind.
const REPLACED_AFTER: Duration = Duration::from_secs(1_800);
/// Partitions are made months ahead, so that one turn may fail.
/// A connection that is never answered would be the last turn.
const PARTITIONS_WITHIN: Duration = Duration::from_secs(600);
const PARTITIONS_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// A store's connections, who hears of changes, and what ends with it.
pub(crate) struct Opened {
    pub(crate) connections: Connections,
    pub(crate) listeners: broadcast::Sender<Nudge>,
    pub(crate) tasks: JoinSet<()>,
}

/// Connections that only read: nothing goes on beside them.
pub(crate) async fn open_read_only(options: &Options) -> Result<Opened> {
    let read_only = options.bounded()?.options([("default_transaction_read_only", "on")]);
    let connections = Connections::new(pool(options).connect_lazy_with(read_only));
    schema::require_usable(&mut connections.plain().await?).await?;
    let listeners = broadcast::Sender::new(nudge::KEPT);
    Ok(Opened { connections, listeners, tasks: JoinSet::new() })
}

pub(crate) async fn open(options: &Options) -> Result<Opened> {
    let bounded = options.bounded()?;
    // Before anything else: other tables cannot be asked on which server they stand.
    let first = Connections::new(pool(options).connect_lazy_with(bounded.clone()));
    schema::require_usable(&mut first.plain().await?).await?;
    first.close().await;
    let pool = pool(options).after_connect(|connection, _| Box::pin(lineage::look(connection)));
    let connections = Connections::new(pool.connect_lazy_with(bounded));
    let listeners = broadcast::Sender::new(nudge::KEPT);
    let mut tasks = JoinSet::new();
    tasks.spawn(nudge::listen(options.unbounded()?, listeners.clone()));
    tasks.spawn(make_partitions(options.unbounded()?));
    Ok(Opened { connections, listeners, tasks })
}

fn pool(options: &Options) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        .max_lifetime(REPLACED_AFTER)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(
                async move { Ok(meta.idle_for < ASKED_AFTER || connection.ping().await.is_ok()) },
            )
        })
}

async fn make_partitions(options: PgConnectOptions) {
    let mut turns = interval(PARTITIONS_EVERY);
    loop {
        turns.tick().await;
        let made = async { partitions::make_ahead(&mut options.connect().await?).await };
        let untold = "the coming months of usage have no partitions of their own yet";
        match timeout(PARTITIONS_WITHIN, made).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(%error, "{untold}"),
            Err(_late) => warn!("{untold}: the database does not answer"),
        }
    }
}
