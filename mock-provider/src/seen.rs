//! What arrived, for tests that ask what was forwarded.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, Method};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// How many requests are kept.
const KEPT: usize = 1_000;
/// How much of each body is kept.
const KEPT_BODY: usize = 64 * 1024;

/// One request as it arrived, whether or not its body came whole.
#[derive(Clone, Debug)]
pub struct SeenRequest {
    /// The method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// What followed the `?`.
    pub query: Option<String>,
    /// All headers, names in lower case.
    pub headers: HeaderMap,
    /// How many bytes of body arrived.
    pub body_len: usize,
    /// The first 64 KiB of the body.
    pub body: Bytes,
    /// Whether the body came to its end; false when the caller hung up before.
    pub complete: bool,
}

impl SeenRequest {
    /// The first value of a header, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The last requests, bounded.
pub(crate) struct Seen {
    record: bool,
    ring: Mutex<VecDeque<SeenRequest>>,
    changed: Notify,
}

impl Seen {
    pub(crate) fn new(record: bool) -> Self {
        Self { record, ring: Mutex::default(), changed: Notify::new() }
    }

    /// Starts the record of a request whose head is there; `None` when recording is off.
    pub(crate) fn arriving(&self, head: &Parts) -> Option<Arriving<'_>> {
        self.record.then(|| Arriving {
            seen: self,
            request: Some(SeenRequest {
                method: head.method.clone(),
                path: head.uri.path().to_owned(),
                query: head.uri.query().map(str::to_owned),
                headers: head.headers.clone(),
                body_len: 0,
                body: Bytes::new(),
                complete: false,
            }),
            body: BytesMut::new(),
        })
    }

    pub(crate) fn requests(&self) -> Vec<SeenRequest> {
        self.ring.lock().iter().cloned().collect()
    }

    pub(crate) async fn requests_when(
        &self,
        ready: impl Fn(&[SeenRequest]) -> bool,
    ) -> Vec<SeenRequest> {
        loop {
            let changed = self.changed.notified();
            let requests = self.requests();
            if ready(&requests) {
                return requests;
            }
            changed.await;
        }
    }

    pub(crate) fn reset(&self) {
        self.ring.lock().clear();
    }

    fn push(&self, request: SeenRequest) {
        let mut ring = self.ring.lock();
        if ring.len() == KEPT {
            ring.pop_front();
        }
        ring.push_back(request);
        drop(ring);
        self.changed.notify_waiters();
    }
}

/// A request whose body is being read. It is recorded when this is dropped, so that one whose
/// caller hung up half-way is seen too.
pub(crate) struct Arriving<'a> {
    seen: &'a Seen,
    request: Option<SeenRequest>,
    body: BytesMut,
}

impl Arriving<'_> {
    pub(crate) fn chunk(&mut self, chunk: &[u8]) {
        let room = KEPT_BODY - self.body.len();
        self.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if let Some(request) = &mut self.request {
            request.body_len += chunk.len();
        }
    }

    pub(crate) fn complete(&mut self) {
        if let Some(request) = &mut self.request {
            request.complete = true;
        }
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        if let Some(mut request) = self.request.take() {
            request.body = std::mem::take(&mut self.body).freeze();
            self.seen.push(request);
        }
    }
}
