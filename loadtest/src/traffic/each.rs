//! An open loop at each of several gateways.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use tokio::task::JoinSet;

use super::{Play, Player};
use crate::load::{Schedule, open_until};
use crate::tally::Shared;

/// Connects to each gateway, and begins: a gateway that stalls keeps no call from another. What is
/// returned ends once the schedule is over, or it is `enough`, and every call has its answer.
///
/// # Errors
/// A gateway does not accept the connections.
pub(crate) async fn open_each(
    plays: &[Arc<Play>],
    connections: u32,
    schedule: Schedule,
    tally: &Shared,
    enough: &Arc<AtomicBool>,
) -> Result<impl Future<Output = Result<()>> + use<>> {
    let mut loads = JoinSet::new();
    for play in plays {
        let players = Player::connect(play, connections).await?;
        let (tally, enough) = (Arc::clone(tally), Arc::clone(enough));
        loads.spawn(async move { open_until(players, schedule, &tally, &enough).await });
    }
    Ok(async move {
        while let Some(ended) = loads.join_next().await {
            ended??;
        }
        Ok(())
    })
}
