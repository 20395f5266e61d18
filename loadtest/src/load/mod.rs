//! Many calls: as many as the connections manage (`closed`), or at a rate that nothing slows down (`open`).

mod closed;
mod open;
mod progress;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::bodies::Form;
use crate::client::{Call, Connection, Ending};

pub(crate) use closed::closed;
pub(crate) use open::{Opened, Schedule, open, open_until};
pub(crate) use progress::Progress;

/// How long a load may go on past its planned end before it is given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much of an answer is quoted when it is not what was asked for, in bytes.
const QUOTED: usize = 300;

/// Something that makes the same call again and again.
pub(crate) trait Caller: Send + 'static {
    /// Makes the call once; `Err` says what was wrong with the answer.
    fn call(&mut self) -> impl Future<Output = Result<(), String>> + Send;
}

/// A caller on a connection of its own that wants a 200 and all of the answer.
pub(crate) struct Client {
    connection: Connection,
    call: Arc<Call>,
    form: Form,
    body: Vec<u8>,
}

impl Client {
    /// So many clients, each connected.
    ///
    /// # Errors
    /// The server does not accept them all.
    pub(crate) async fn connect(
        server: SocketAddr,
        call: &Arc<Call>,
        form: Form,
        connections: u32,
    ) -> Result<Vec<Self>> {
        let mut clients = Vec::new();
        for _ in 0..connections {
            let connection = Connection::open(server).await?;
            clients.push(Self { connection, call: Arc::clone(call), form, body: Vec::new() });
        }
        Ok(clients)
    }
}

impl Caller for Client {
    async fn call(&mut self) -> Result<(), String> {
        let answer = self.connection.send(&self.call, &mut self.body).await;
        if let Ending::Cut(reason) | Ending::Unconnected(reason) = answer.ending {
            return Err(format!("cut: {reason}"));
        }
        let served = answer.status == Some(http::StatusCode::OK);
        if served && self.form.is_whole(&self.body) {
            return Ok(());
        }
        let status = answer.status.map_or(0, |status| status.as_u16());
        let quoted = &self.body[..self.body.len().min(QUOTED)];
        Err(format!("status {status}: {}", String::from_utf8_lossy(quoted)))
    }
}

/// Waits until all `tasks` have ended, `length` and some patience at most.
async fn finish(mut tasks: JoinSet<()>, length: Duration) -> Result<()> {
    let all = async {
        while let Some(ended) = tasks.join_next().await {
            ended?;
        }
        anyhow::Ok(())
    };
    match timeout(length + PATIENCE, all).await {
        Ok(ended) => ended,
        Err(_) => anyhow::bail!("calls are still unanswered {PATIENCE:?} after the planned end"),
    }
}
