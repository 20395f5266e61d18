//! How a journal is kept.

use std::sync::Arc;
use std::time::Duration;

use crate::{Disk, LocalDisk};

/// What has to be on disk before the first byte of an answer goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Its hold: a power loss loses no answer that a client has seen a byte of.
    #[default]
    Strict,
    /// Nothing: a power loss may lose the last milliseconds. A killed process loses nothing.
    Relaxed,
}

impl Durability {
    /// How long a sync that nobody waits for may be put off, so that it serves several records.
    pub(crate) const fn put_off(self) -> Duration {
        match self {
            Self::Strict => Duration::from_millis(2),
            Self::Relaxed => Duration::from_millis(20),
        }
    }
}

/// How a journal is kept; the default suits a gateway.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the first byte waits for.
    pub durability: Durability,
    /// The size of a segment.
    pub segment_bytes: u64,
    /// What all segments together may take. Segments that the store has everything of make room
    /// before their time; what it does not have is kept, and nothing is admitted beyond the bound.
    pub max_bytes: u64,
    /// How long a segment is kept after its last record.
    pub keep: Duration,
    /// Records that the store may be behind before nothing is admitted: each takes half a
    /// kilobyte of memory.
    pub unreported_max: usize,
    /// Where the bytes go.
    pub disk: Arc<dyn Disk>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::Strict,
            segment_bytes: 64 << 20,
            max_bytes: 4 << 30,
            keep: Duration::from_secs(24 * 60 * 60),
            unreported_max: 1_000_000,
            disk: Arc::new(LocalDisk),
        }
    }
}
