//! A scripted AI provider that keeps its own bill: what the gateway charges is compared with what this one says it sold.
//!
//! It speaks the wire of OpenAI (chat completions, responses, embeddings, images, models) and of
//! Anthropic (messages, token counts, models). The model's name decides how it behaves: `mock-chat`
//! answers well, `mock-cut-stream` hangs up half-way, and so on (`model.rs` has the list).
//!
//! A call goes through these files in this order:
//! - `server` accepts a connection, `routes` finds who answers, `call` is what those are given;
//! - `openai` and `anthropic` read the request and make the whole answer, `count`, `text` and `sse` help them;
//! - `play` lets the model's `script` have its say: late, wrong, cut, silent;
//! - `body` hands the answer out piece by piece, and `books` writes the line of the `bill` when it ends.

mod anthropic;
mod bill;
mod body;
mod books;
mod call;
mod count;
mod dialect;
mod events;
mod failure;
mod model;
mod openai;
mod play;
mod provider;
mod routes;
mod script;
mod seen;
mod server;
mod sse;
mod text;

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use crate::bill::{Bill, Line, ModelBill};
use crate::provider::Provider;
pub use crate::seen::SeenRequest;

/// How a provider is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How long each answer waits before its first byte, headers included.
    pub first_byte_delay: Duration,
    /// How long a stream waits before each word but the first.
    pub chunk_delay: Duration,
    /// Whether [`MockProvider::requests`] is kept.
    pub record: bool,
    /// The one key that may call: others get the dialect's 401. `None` lets everybody in.
    pub credential: Option<String>,
    /// The file to which every [`Line`] is appended as JSON when its call ends, and before the last
    /// byte of the answer leaves. [`Bill::lines`] keeps the newest only.
    pub bill: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            first_byte_delay: Duration::ZERO,
            chunk_delay: Duration::ZERO,
            record: false,
            credential: None,
            bill: None,
        }
    }
}

/// A running provider. It stops when dropped, or when [`shutdown`](Self::shutdown) is awaited.
pub struct MockProvider {
    address: SocketAddr,
    provider: Arc<Provider>,
    /// The server ends when this sender is gone, so dropping `MockProvider` is enough.
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl MockProvider {
    /// Binds `options.listen` and serves from then on, on the runtime of the caller.
    ///
    /// # Errors
    /// The address cannot be bound, or the file of the bill not be written to.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let appended = |path: &PathBuf| File::options().append(true).create(true).open(path);
        let bill = options.bill.as_ref().map(appended).transpose()?;
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let provider = Arc::new(Provider::new(options, address, bill));
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(server::serve(listener, Arc::clone(&provider), stopped));
        Ok(Self { address, provider, stop, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL, `http://127.0.0.1:PORT`, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has billed so far. A call that is still running is not on it.
    pub fn bill(&self) -> Bill {
        self.provider.books.bill()
    }

    /// Waits until the bill satisfies `ready`, and returns it.
    ///
    /// The bill is written before the last byte of an answer leaves, so this is needed only for
    /// calls whose end the client cannot see: hang-ups, and answers that were cut.
    pub async fn bill_when(&self, ready: impl Fn(&Bill) -> bool) -> Bill {
        self.provider.books.bill_when(ready).await
    }

    /// The last 1,000 requests that arrived, oldest first; empty unless `options.record`.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.provider.seen.requests()
    }

    /// Waits until the requests that arrived satisfy `ready`, and returns them.
    pub async fn requests_when(&self, ready: impl Fn(&[SeenRequest]) -> bool) -> Vec<SeenRequest> {
        self.provider.seen.requests_when(ready).await
    }

    /// Clears the bill and the requests. Calls that are still running will be on the new bill.
    pub fn reset(&self) {
        self.provider.books.reset();
        self.provider.seen.reset();
    }

    /// Stops listening, cuts what is running, and returns when all of it has ended.
    pub async fn shutdown(self) {
        drop(self.stop);
        // The server task neither panics nor is it aborted, so there is nothing to pass on.
        let _ended = self.serving.await;
    }
}
