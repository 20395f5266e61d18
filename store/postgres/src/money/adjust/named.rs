//! Corrections that name themselves, so that they can be asked for again.

use store::{Adjusted, AdjustmentRequest, ChangeSeq, adjustment_fingerprint};

use crate::column::{Columns, Id, count, shard};
use crate::error::Result;
use crate::session::Session;

/// What the first request of the same name was answered, if there was one.
pub(super) async fn first_answer(
    tx: &mut Session,
    request: &AdjustmentRequest,
) -> Result<Option<Adjusted>> {
    let Some(name) = &request.name else { return Ok(None) };
    let row = sqlx::query(
        "SELECT fingerprint, charged_before, charged_after, change_seq FROM adjustment_requests
         WHERE shard = $1 AND org_id = $2 AND name = $3",
    )
    .bind(shard(request.org))
    .bind(request.org.uuid())
    .bind(name)
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.array("fingerprint")? != adjustment_fingerprint(request) {
        let taken = format!("`{name}` named another correction");
        return Err(store::Error::NameTaken(taken).into());
    }
    Ok(Some(Adjusted {
        before: row.credits("charged_before")?,
        after: row.credits("charged_after")?,
        seq: ChangeSeq(row.count("change_seq")?),
    }))
}

pub(super) async fn remember(
    tx: &mut Session,
    request: &AdjustmentRequest,
    adjusted: &Adjusted,
) -> Result<()> {
    let Some(name) = &request.name else { return Ok(()) };
    sqlx::query(
        "INSERT INTO adjustment_requests (shard, org_id, name, fingerprint, charged_before,
             charged_after, change_seq)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(shard(request.org))
    .bind(request.org.uuid())
    .bind(name)
    .bind(adjustment_fingerprint(request).as_slice())
    .bind(adjusted.before.micros_i64())
    .bind(adjusted.after.micros_i64())
    .bind(count(adjusted.seq.0))
    .execute(tx)
    .await?;
    Ok(())
}
