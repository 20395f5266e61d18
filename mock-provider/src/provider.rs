//! What all calls share: the options, the bill, the record of requests, the numbering.

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Options;
use crate::books::Books;
use crate::seen::Seen;
use crate::text;

pub(crate) struct Provider {
    pub(crate) options: Options,
    pub(crate) address: SocketAddr,
    pub(crate) books: Arc<Books>,
    pub(crate) seen: Seen,
    calls: AtomicU64,
}

impl Provider {
    pub(crate) fn new(options: Options, address: SocketAddr, bill: Option<File>) -> Self {
        // Built before the first call, so that no measured call pays for it.
        text::prepare();
        let seen = Seen::new(options.record);
        let books = Arc::new(Books::kept_in(bill));
        Self { options, address, books, seen, calls: AtomicU64::new(1) }
    }

    /// The number of a new call. All its ids are made from it; it is never used again.
    pub(crate) fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }
}
