//! What a gateway writes down before it acts: holds, charges, what it gives back.
//!
//! A journal is a folder of segments: files of zeros, made ahead, that fill up with records and are
//! never written again. Each opens with a checkpoint of the holds that are open, so that a replay
//! begins at the newest one before which the store has everything. A record that was known to be on
//! disk and cannot be read is damage, which is refused; one that never was is a torn tail, which is
//! cut off.
//!
//! In reading order: [`Record`] is what is written, `codec` its bytes, `frame` and `segment` where they
//! stand; `tail` appends, `table` is what stays in memory; `syncing` and `space` are the two threads;
//! `folder`, `closed` and `replay` are the way back after a restart.

mod codec;
mod record;

mod boot;
mod disk;
mod frame;
mod newest;
mod segment;

mod room;
mod table;

mod space;
mod syncing;
mod tail;

mod closed;
mod folder;
mod replay;
mod rewind;
mod scan;

mod error;
mod journal;
mod options;

#[cfg(test)]
mod tests;

pub use closed::ClosedJournal;
pub use disk::{Disk, LocalDisk};
pub use error::{Error, Failed, Full};
pub use journal::{Journal, OnFailure, Status};
pub use options::{Durability, Options};
pub use record::{Due, Found, Lsn, Opened, Orphan, Record, Report};
pub use replay::AppliedUpTo;
pub use segment::Owner;
