//! What the database tells everybody who listens, by NOTIFY.

use std::time::Duration;

use ledger::Shard;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use store::{ChangeSeq, Nudge};
use tokio::sync::broadcast;
use tokio::time::{sleep, timeout};
use tracing::debug;

use crate::error::Result;
use crate::session::Session;

/// Where the feed is told of.
const CHANNEL: &str = "bursar";
/// Nudges that a slow listener may be behind.
pub(crate) const KEPT: usize = 256;
/// After so long without a word the connection is asked whether it is still there.
const ASKED_AFTER: Duration = Duration::from_secs(10);
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Tells everybody, once the transaction has committed.
pub(crate) async fn send(tx: &mut Session, nudge: Nudge) -> Result<()> {
    let told = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload(nudge));
    told.execute(tx).await?;
    Ok(())
}

/// A nudge as the payload of a notification.
fn payload(nudge: Nudge) -> String {
    match nudge {
        Nudge::Changed(seq) => format!("changed {}", seq.0),
        Nudge::Recalled(shard) => format!("recalled {}", shard.number()),
    }
}

/// What [`payload`] wrote; `None` for anything else.
fn nudge(payload: &str) -> Option<Nudge> {
    match payload.split_once(' ')? {
        ("changed", seq) => Some(Nudge::Changed(ChangeSeq(seq.parse().ok()?))),
        ("recalled", shard) => Some(Nudge::Recalled(Shard::new(shard.parse().ok()?)?)),
        _ => None,
    }
}

/// Passes on what is told, for as long as it is polled, on a connection of its own that is made
/// again whenever it is lost.
pub(crate) async fn listen(options: PgConnectOptions, listeners: broadcast::Sender<Nudge>) {
    let mut wait = FIRST_WAIT;
    loop {
        if let Err(error) = hear(&options, &listeners, &mut wait).await {
            debug!(%error, "nothing is heard of the store's changes for now");
        }
        sleep(wait).await;
        wait = LONGEST_WAIT.min(wait * 2);
    }
}

/// Listens until the connection is lost; what is left of it keeps the next one from nothing.
async fn hear(
    options: &PgConnectOptions,
    listeners: &broadcast::Sender<Nudge>,
    wait: &mut Duration,
) -> sqlx::Result<()> {
    let alone = PgPoolOptions::new().max_connections(1).acquire_timeout(ANSWERED_WITHIN);
    let alone = alone.connect_lazy_with(options.clone());
    let begun = async {
        let mut listener = PgListener::connect_with(&alone).await?;
        listener.listen(CHANNEL).await?;
        Ok::<_, sqlx::Error>(listener)
    };
    let begun = timeout(ANSWERED_WITHIN, begun).await;
    let mut listener = begun.map_err(|_| sqlx::Error::PoolTimedOut)??;
    *wait = FIRST_WAIT;
    // What was told while nobody listened.
    let seq: i64 =
        sqlx::query_scalar("SELECT change_seq FROM meta").fetch_one(&mut listener).await?;
    tell(listeners, Nudge::Changed(ChangeSeq(seq.unsigned_abs())));
    loop {
        match timeout(ASKED_AFTER, listener.try_recv()).await {
            Ok(Ok(Some(told))) => {
                if let Some(nudge) = nudge(told.payload()) {
                    tell(listeners, nudge);
                }
            }
            // Lost: what was told meanwhile is made up for by beginning anew.
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                let asked = sqlx::query("SELECT 1").execute(&mut listener);
                timeout(ANSWERED_WITHIN, asked).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
            }
        }
    }
}

/// Whether anybody listens is not our business.
fn tell(listeners: &broadcast::Sender<Nudge>, nudge: Nudge) {
    let _ = listeners.send(nudge);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nudge_reads_back_from_its_payload() {
        let shard = Shard::new(63).unwrap();
        for told in [Nudge::Changed(ChangeSeq(u64::MAX)), Nudge::Recalled(shard)] {
            assert_eq!(nudge(&payload(told)), Some(told));
        }
        for other in ["", "changed", "changed x", "recalled 64", "told 1"] {
            assert_eq!(nudge(other), None, "{other}");
        }
    }
}
