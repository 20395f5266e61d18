//! A caller that makes the calls of a mix on a connection of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep};

use super::{Answered, Ended, Log, Planned};
use crate::client::{Answer, Call, Connection, Ending};
use crate::load::Caller;

/// How long an answer may take that its caller does not want to leave.
const PATIENCE: Duration = Duration::from_secs(25);

/// Which calls are made.
pub(crate) trait Calls: Send + Sync {
    /// The call with this number.
    fn call(&self, number: u64) -> Planned;
}

/// What all players of a run share.
pub(crate) struct Play {
    pub(crate) server: SocketAddr,
    pub(crate) calls: Box<dyn Calls>,
    /// The secret of each key, by its name.
    pub(crate) secrets: BTreeMap<Arc<str>, String>,
    pub(crate) log: Log,
}

/// One of the callers.
pub(crate) struct Player {
    connection: Connection,
    play: Arc<Play>,
    body: Vec<u8>,
}

impl Player {
    /// So many players, each connected.
    ///
    /// # Errors
    /// The server does not accept them all.
    pub(crate) async fn connect(play: &Arc<Play>, connections: u32) -> Result<Vec<Self>> {
        let mut players = Vec::new();
        for _ in 0..connections {
            let connection = Connection::open(play.server).await?;
            players.push(Self { connection, play: Arc::clone(play), body: Vec::new() });
        }
        Ok(players)
    }

    async fn send(&mut self, planned: &Planned) -> Answer {
        let call = match self.play.request(planned) {
            Ok(call) => call,
            Err(error) => return Answer::none(Ending::Unconnected(error.to_string())),
        };
        let leave = sleep(planned.leaves_after.unwrap_or(PATIENCE));
        let mut answer = self.connection.send_until(&call, &mut self.body, leave).await;
        if answer.ending == Ending::Left && planned.leaves_after.is_none() {
            answer.ending = Ending::Cut(format!("no end within {PATIENCE:?}"));
        }
        answer
    }
}

impl Play {
    fn request(&self, planned: &Planned) -> Result<Call> {
        let secret = self.secrets.get(&planned.key).context("a key without its secret")?;
        let body = planned.shape.body(planned.model, planned.max_tokens);
        Call::post(self.server, planned.shape.path(), secret, body)
    }
}

impl Caller for Player {
    async fn call(&mut self) -> Result<(), String> {
        let planned = self.play.calls.call(self.play.log.begin());
        let (start, sent) = (Instant::now(), SystemTime::now());
        let answer = self.send(&planned).await;
        let answered = Answered::read(planned, &answer, &self.body, sent, start.elapsed());
        let outcome = match &answered.ended {
            Ended::Complete => Ok(()),
            Ended::Left => Err("left".to_owned()),
            Ended::Cut(why) | Ended::Unconnected(why) => Err(why.clone()),
        };
        self.play.log.end(answered);
        outcome
    }
}
