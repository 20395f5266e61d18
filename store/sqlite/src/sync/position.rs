//! Whether a call is the next one of its shard's journal, the last one again, or neither.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use store::{Applied, SyncAnswer, SyncRequest};

use crate::column::Columns;
use crate::error::{Error, Result};
use crate::registration::require_last_epoch;

/// What a call is to the one that was applied last.
pub(super) enum Position {
    /// Its successor.
    Next,
    /// The same again.
    Repeated(SyncAnswer),
}

/// Refuses whoever is not the node's last start; `row` has NULL for what is not there.
pub(super) fn of(
    row: &SqliteRow,
    request: &SyncRequest,
    fingerprint: &[u8; 32],
) -> Result<Position> {
    require_last_epoch(row.try_get("epoch")?, request.epoch)?;
    if row.try_get::<Option<i64>, _>("seq")?.is_none() {
        return next(request, Applied::default());
    }
    let applied = Applied { seq: row.count("seq")?, lsn: row.count("lsn")? };
    if request.seq != applied.seq {
        return next(request, applied);
    }
    if row.array("fingerprint")? != *fingerprint {
        return Err(store::Error::Mismatch { seq: applied.seq }.into());
    }
    let kept = row.bytes("answer")?.unwrap_or_default();
    let kept = SyncAnswer::decode(&kept).ok_or_else(|| Error::corrupt("an answer is damaged"))?;
    Ok(Position::Repeated(kept))
}

fn next(request: &SyncRequest, applied: Applied) -> Result<Position> {
    if applied.seq.checked_add(1) != Some(request.seq) {
        return Err(store::Error::Rewind { applied: applied.seq }.into());
    }
    if request.lsn < applied.lsn {
        return Err(Error::corrupt(format!(
            "record {} is reported after record {}",
            request.lsn, applied.lsn
        )));
    }
    Ok(Position::Next)
}
