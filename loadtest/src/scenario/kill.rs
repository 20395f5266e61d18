//! Kills the gateway again and again, while it serves and while it starts.

use std::time::Duration;

use anyhow::Result;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::sleep;

use super::stage::Stage;
use crate::audit::Kills;
use crate::traffic::Log;

/// How long a gateway lives, at least and at most.
const LIFE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));
/// One gateway of so many is given no time to get ready: its life begins with its process.
const HURRIED: u32 = 4;

/// Kills and starts until something goes wrong, and returns what. The last gateway may not be ready.
pub(crate) async fn torture(
    stage: &mut Stage,
    seed: u64,
    log: &Log,
    kills: &mut Kills,
) -> anyhow::Error {
    let mut random = StdRng::seed_from_u64(seed);
    loop {
        if let Err(error) = kill(stage, &mut random, log, kills).await {
            return error.context(format!("after {} kills", kills.count));
        }
    }
}

async fn kill(stage: &mut Stage, random: &mut StdRng, log: &Log, kills: &mut Kills) -> Result<()> {
    if random.random_range(0..HURRIED) > 0 {
        stage.demo.ready().await?;
    }
    sleep(random.random_range(LIFE.0..=LIFE.1)).await;
    // Nothing runs here between the count and the kill.
    let in_flight = log.in_flight();
    stage.kill_and_start()?;
    kills.count += 1;
    kills.in_flight += in_flight;
    Ok(())
}
