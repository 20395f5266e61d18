//! What a correction writes: for each account that gets something back, the correction itself, the
//! account, and the change that gateways hear of; for a grant also the entry and the rollup.

use ledger::{Credits, GrantKind, LineSource};
use sqlx::SqliteConnection;
use store::{AdjustmentRequest, ChangeSeq, EntryBook, EntryCause, EntryKind, floor_hour};

use super::charged::{Charged, Paid};
use crate::changes::{Entity, record};
use crate::column::{Id, count};
use crate::entries::{Transfer, enter};
use crate::error::Result;

/// Writes all of it; answers the last change, if there was any.
pub(super) async fn write(
    tx: &mut SqliteConnection,
    request: &AdjustmentRequest,
    charged: &Charged,
    shares: &[(&Paid, Credits)],
) -> Result<Option<ChangeSeq>> {
    let mut last = None;
    for (paid, share) in shares {
        note(tx, request, charged.corrections + 1, paid, *share).await?;
        give_back(tx, request, paid, *share).await?;
        if let LineSource::Grant(kind) = paid.source {
            let entry = transfer(request, paid, *share);
            enter(tx, request.org, request.now, &entry).await?;
            lower_rollup(tx, request, charged, kind, *share).await?;
        }
        last = Some(record(tx, request.org, Entity::Refund(paid.account)).await?);
    }
    Ok(last)
}

async fn note(
    tx: &mut SqliteConnection,
    request: &AdjustmentRequest,
    number: i64,
    paid: &Paid,
    share: Credits,
) -> Result<()> {
    let AdjustmentRequest { org, hold, actor, reason, now, .. } = request;
    sqlx::query(
        "INSERT INTO adjustments (shard, org_id, node, epoch, n, number, account_id, amount, actor,
             reason, at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(org.shard().number())
    .bind(org.blob())
    .bind(hold.node.0)
    .bind(hold.epoch.0)
    .bind(count(hold.n))
    .bind(number)
    .bind(paid.account.blob())
    .bind(share.micros_i64())
    .bind(actor)
    .bind(reason)
    .bind(now.micros())
    .execute(tx)
    .await?;
    Ok(())
}

async fn give_back(
    tx: &mut SqliteConnection,
    request: &AdjustmentRequest,
    paid: &Paid,
    share: Credits,
) -> Result<()> {
    sqlx::query(
        "UPDATE accounts SET spent = spent - ?1, refunded = refunded + ?1, version = version + 1
         WHERE shard = ?2 AND org_id = ?3 AND account_id = ?4",
    )
    .bind(share.micros_i64())
    .bind(request.org.shard().number())
    .bind(request.org.blob())
    .bind(paid.account.blob())
    .execute(tx)
    .await?;
    Ok(())
}

/// A charge of which nothing stays is a refund.
fn transfer(request: &AdjustmentRequest, paid: &Paid, share: Credits) -> Transfer {
    let whole = request.charge.is_zero();
    let AdjustmentRequest { hold, actor, reason, .. } = request;
    Transfer {
        kind: if whole { EntryKind::Refund } else { EntryKind::Adjustment },
        from: EntryBook::Consumed,
        to: EntryBook::Grant(paid.account),
        amount: share,
        cause: EntryCause::Correction { hold: *hold, actor: actor.clone(), reason: reason.clone() },
    }
}

async fn lower_rollup(
    tx: &mut SqliteConnection,
    request: &AdjustmentRequest,
    charged: &Charged,
    kind: GrantKind,
    share: Credits,
) -> Result<()> {
    // A sum that stood at the largest integer is not known, and never falls below nothing.
    sqlx::query(
        "UPDATE usage_rollups SET charged = max(charged - ?1, 0)
         WHERE shard = ?2 AND org_id = ?3 AND hour_at = ?4 AND series = ?5 AND grant_kind = ?6
             AND node = ?7",
    )
    .bind(share.micros_i64())
    .bind(request.org.shard().number())
    .bind(request.org.blob())
    .bind(floor_hour(charged.admitted).micros())
    .bind(charged.series)
    .bind(kind.name())
    .bind(request.hold.node.0)
    .execute(tx)
    .await?;
    Ok(())
}
