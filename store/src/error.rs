//! How a store can fail.

use ledger::Epoch;

/// The answer of a store.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a store did not do as it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be reached or is too busy; the same call may succeed later.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// Another gateway has it; a store that serves one gateway refuses a second.
    #[error("the store is in use: {0}")]
    InUse(String),
    /// A later start of the node has begun: this one stops admitting and ends.
    #[error("fenced: epoch {current:?} of this node has begun")]
    Fenced {
        /// The node's last epoch.
        current: Epoch,
    },
    /// The sequence number is not the next: the store has gone back, or a call was left out.
    #[error("the shard is at sequence number {applied}; the next one was expected")]
    Rewind {
        /// The last sequence number that was applied.
        applied: u64,
    },
    /// The sequence number was applied with other content.
    #[error("sequence number {seq} was applied with other content")]
    Mismatch {
        /// The sequence number.
        seq: u64,
    },
    /// More of the journal is applied than it holds.
    #[error(
        "the data folder is an old copy: the store has applied {applied} records of its journal, \
         which holds {held}; give back the newest copy, or set this one aside and retire the node"
    )]
    OldCopy {
        /// The last record that was applied.
        applied: u64,
        /// The last record that the journal holds.
        held: u64,
    },
    /// What was asked contradicts what is stored.
    #[error("{0}")]
    Conflict(String),
    /// What was to be changed has changed meanwhile.
    #[error("{0} has changed meanwhile: read it again")]
    Stale(String),
    /// A request that names itself comes with other content than the first of its name.
    #[error("{0}")]
    NameTaken(String),
    /// What is stored, or what a node reports, cannot be: nothing was changed.
    #[error("the store is inconsistent: {0}")]
    Corrupt(String),
}

impl Error {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
