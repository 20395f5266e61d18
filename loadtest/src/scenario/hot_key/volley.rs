//! All calls at once: every connection stands before the first call leaves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::client::{Call, Connection, Ending};
use crate::load::Progress;
use crate::tally::{Shared, Tally};
use crate::traffic::{Answered, Planned};

/// The longest that all the calls together may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Makes `call`, which is `planned`, so often on so many connections, and returns every answer.
///
/// # Errors
/// The server does not accept the connections, or does not answer for two minutes.
pub(crate) async fn fire(
    server: SocketAddr,
    call: Call,
    planned: &Planned,
    requests: u32,
    connections: u32,
) -> Result<Vec<Answered>> {
    let mut ready = Vec::new();
    for _ in 0..connections.min(requests) {
        ready.push(Connection::open(server).await?);
    }
    let left = Arc::new(AtomicU32::new(requests));
    let call = Arc::new(call);
    let tally = Tally::shared();
    let mut tasks = JoinSet::new();
    for connection in ready {
        let (call, left) = (Arc::clone(&call), Arc::clone(&left));
        tasks.spawn(shots(connection, call, planned.clone(), left, Shared::clone(&tally)));
    }
    let all = async {
        let mut answers = Vec::new();
        while let Some(some) = tasks.join_next().await {
            answers.extend(some?);
        }
        anyhow::Ok(answers)
    };
    let answers = timeout(PATIENCE, Progress::of("hot key").during(&tally, all)).await;
    answers.context("calls are still unanswered after two minutes")?
}

/// Makes calls on one connection until none is left.
async fn shots(
    mut connection: Connection,
    call: Arc<Call>,
    planned: Planned,
    left: Arc<AtomicU32>,
    tally: Shared,
) -> Vec<Answered> {
    let mut answers = Vec::new();
    let mut body = Vec::new();
    let take = |left: u32| left.checked_sub(1);
    while let Ok(left) = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
        let (start, sent) = (Instant::now(), SystemTime::now());
        let answer = connection.send(&call, &mut body).await;
        let latency = start.elapsed();
        let whole = answer.ending == Ending::Complete;
        tally.lock().record(latency, whole.then_some(()).ok_or_else(|| "cut".to_owned()));
        let planned = Planned { number: u64::from(left), ..planned.clone() };
        answers.push(Answered::read(planned, &answer, &body, sent, latency));
    }
    answers
}
