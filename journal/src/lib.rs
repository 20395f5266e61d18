//! What a gateway writes down before it acts: holds, charges, what it gives back.
//!
//! [`Journal`] is the place of the write-ahead log; [`MemoryJournal`] holds it until the log itself
//! is there, and loses what is unsynced when the process is killed. The order law is the callers':
//! a hold or a give-back leaves the book before its record is appended, a settlement enters the
//! book only after.

mod memory;
mod record;

use async_trait::async_trait;
use ledger::{HoldId, Shard};

pub use memory::MemoryJournal;
pub use record::{Found, Lsn, Opened, Record, Report};

/// No room for a new hold; endings of open holds still fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// The write-ahead log of one gateway.
///
/// Two positions: what is appended survives a killed process, what is durable a power loss.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// Writes a record down; never waits for a sync of the disk.
    ///
    /// # Errors
    /// [`Full`] for a record that opens a hold, when the room that is left is kept for endings.
    fn append(&self, shard: Shard, record: Record) -> Result<Lsn, Full>;

    /// Whether everything up to a record is durable.
    fn is_durable(&self, lsn: Lsn) -> bool;

    /// Waits until everything up to a record is durable.
    async fn durable(&self, lsn: Lsn);

    /// What happened to a hold that the store may not know of yet.
    fn find(&self, shard: Shard, hold: HoldId) -> Option<Found>;

    /// Holds that have not ended.
    fn open_holds(&self) -> usize;

    /// The shards with something to report.
    fn unreported(&self) -> Vec<Shard>;

    /// Everything durable of a shard that has not been applied, in order.
    fn report(&self, shard: Shard) -> Report;

    /// The store has applied everything of the shard up to this record.
    fn applied(&self, shard: Shard, lsn: Lsn);
}
