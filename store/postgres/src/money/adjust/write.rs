//! What a correction writes: for each account that gets something back, the correction itself, the
//! account, and the change that gateways hear of; for a grant also the entry and the rollup.

use ledger::{Credits, GrantKind, LineSource};
use store::{AdjustmentRequest, ChangeSeq, EntryBook, EntryCause, EntryKind, floor_hour};

use super::charged::{Charged, Paid};
use crate::changes::{Entity, record};
use crate::column::{Id, count, shard};
use crate::entries::{Transfer, enter};
use crate::error::Result;
use crate::session::Session;

/// Writes all of it; answers the last change, if there was any.
pub(super) async fn write(
    tx: &mut Session,
    request: &AdjustmentRequest,
    charged: &Charged,
    shares: &[(&Paid, Credits)],
) -> Result<Option<ChangeSeq>> {
    for (paid, share) in shares {
        note(tx, request, charged, paid, *share).await?;
        give_back(tx, request, paid, *share).await?;
        if let LineSource::Grant(kind) = paid.source {
            let entry = transfer(request, paid, *share);
            enter(tx, request.org, request.now, &entry).await?;
            lower_rollup(tx, request, charged, kind, *share).await?;
        }
    }
    // The counter of changes is waited for last, and by everybody.
    let mut last = None;
    for (paid, _) in shares {
        last = Some(record(tx, request.org, Entity::Refund(paid.account)).await?);
    }
    Ok(last)
}

async fn note(
    tx: &mut Session,
    request: &AdjustmentRequest,
    charged: &Charged,
    paid: &Paid,
    share: Credits,
) -> Result<()> {
    let AdjustmentRequest { hold, actor, reason, now, .. } = request;
    let org = request.org;
    sqlx::query(
        "INSERT INTO adjustments (shard, org_id, node, epoch, n, admitted_at, number, account_id,
             amount, actor, reason, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(shard(org))
    .bind(org.uuid())
    .bind(i64::from(hold.node.0))
    .bind(i64::from(hold.epoch.0))
    .bind(count(hold.n))
    .bind(charged.admitted.micros())
    .bind(charged.corrections + 1)
    .bind(paid.account.uuid())
    .bind(share.micros_i64())
    .bind(actor)
    .bind(reason)
    .bind(now.micros())
    .execute(tx)
    .await?;
    Ok(())
}

async fn give_back(
    tx: &mut Session,
    request: &AdjustmentRequest,
    paid: &Paid,
    share: Credits,
) -> Result<()> {
    sqlx::query(
        "UPDATE accounts SET spent = spent - $1, refunded = refunded + $1, version = version + 1
         WHERE shard = $2 AND org_id = $3 AND account_id = $4",
    )
    .bind(share.micros_i64())
    .bind(shard(request.org))
    .bind(request.org.uuid())
    .bind(paid.account.uuid())
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
    tx: &mut Session,
    request: &AdjustmentRequest,
    charged: &Charged,
    kind: GrantKind,
    share: Credits,
) -> Result<()> {
    // A sum that stood at the largest integer is not known, and never falls below nothing.
    sqlx::query(
        "UPDATE usage_rollups AS hour SET charged = greatest(hour.charged - $1, 0)
         FROM usage_events AS event
         WHERE event.shard = $2 AND event.org_id = $3 AND event.node = $4 AND event.epoch = $5
             AND event.n = $6 AND event.admitted_at = $7
             AND hour.shard = event.shard AND hour.org_id = event.org_id AND hour.hour_at = $8
             AND hour.member_id = event.member_id
             AND hour.key_id IS NOT DISTINCT FROM event.key_id
             AND hour.group_id IS NOT DISTINCT FROM event.group_id
             AND hour.project_id IS NOT DISTINCT FROM event.project_id
             AND hour.surface = event.surface AND hour.tool = event.tool
             AND hour.provider = event.provider AND hour.model = event.model
             AND hour.grant_kind = $9 AND hour.node = event.node",
    )
    .bind(share.micros_i64())
    .bind(shard(request.org))
    .bind(request.org.uuid())
    .bind(i64::from(request.hold.node.0))
    .bind(i64::from(request.hold.epoch.0))
    .bind(count(request.hold.n))
    .bind(charged.admitted.micros())
    .bind(floor_hour(charged.admitted).micros())
    .bind(kind.name())
    .execute(tx)
    .await?;
    Ok(())
}
