//! Revokes one key after the other, each while every gateway serves it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep};

use super::UNAUTHORIZED;
use super::aim::Aim;
use crate::installation::{Applied, Installation};
use crate::traffic::{Play, now};

/// A key that was revoked; instants are microseconds since the epoch.
#[derive(Clone, Debug)]
pub(super) struct Revoked {
    /// The name of the key.
    pub(super) key: String,
    /// When the admin API was asked.
    pub(super) asked: i64,
    /// When the database committed it; where it does not tell, when the admin API was asked, which is
    /// earlier, so that a delay is counted too long rather than too short.
    pub(super) committed: i64,
    /// When it had answered.
    pub(super) answered: i64,
    pub(super) applied: Applied,
    /// How many gateways served it before, and how many refused it after.
    pub(super) served_by: usize,
    pub(super) refused_by: usize,
}

/// How long it may take until every gateway has served, or refused, a key.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Revokes every key at which the calls aim, each at another gateway's admin API.
///
/// # Errors
/// An admin API refuses.
pub(super) async fn revoke_all(
    installation: &Installation,
    aim: &Aim,
    plays: &[Arc<Play>],
) -> Result<Vec<Revoked>> {
    let mut looks = vec![0; plays.len()];
    let mut all = Vec::new();
    let mut ids = Vec::new();
    for (number, key) in aim.targets().enumerate() {
        let id = installation.imported.keys.iter().find(|it| it.name == key);
        let id = &id.with_context(|| format!("no key {key}"))?.id;
        let admin = installation.admin(number % installation.gateways.len())?;
        let served_by = answered(plays, &mut looks, &key, 200).await;
        let asked = now();
        let applied = admin.revoke(id).await?;
        let in_force = now();
        let refused_by = answered(plays, &mut looks, &key, UNAUTHORIZED).await;
        let (committed, answered) = (asked, in_force);
        all.push(Revoked { key, asked, committed, answered, applied, served_by, refused_by });
        ids.push(id.trim_start_matches("key_"));
        aim.next();
    }
    let commits = installation.database.revoked()?;
    for (revoked, id) in all.iter_mut().zip(ids) {
        revoked.committed = commits.get(id).copied().unwrap_or(revoked.asked);
    }
    Ok(all)
}

/// Waits until each gateway has answered a call of this key with this status, and returns how many
/// have.
async fn answered(plays: &[Arc<Play>], looks: &mut [usize], key: &str, status: u16) -> usize {
    let deadline = Instant::now() + PATIENCE;
    let mut seen = vec![false; plays.len()];
    loop {
        for ((play, look), seen) in plays.iter().zip(looks.iter_mut()).zip(&mut seen) {
            *look = play.log.look(*look, |answer| {
                *seen |= &*answer.call.key == key && answer.status == status;
            });
        }
        let count = seen.iter().filter(|seen| **seen).count();
        if count == plays.len() || Instant::now() > deadline {
            return count;
        }
        sleep(LOOK_EVERY).await;
    }
}
