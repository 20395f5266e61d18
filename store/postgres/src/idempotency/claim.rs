//! A request claims its key.

use sqlx::postgres::PgRow;
use store::{ClaimAnswer, IDEMPOTENCY_KEPT_MICROS, IdempotencyClaim};
use tracing::debug;

use crate::PostgresStore;
use crate::column::{Columns, Id, count, shard};
use crate::error::{Error, Result};
use crate::registration::require_last_epoch;
use crate::session::Session;

/// Of so many claims one sweeps.
const SWEPT_EVERY: u64 = 8;
/// Rows whose time is over that go with it: more than these claims make, and not long to wait for.
const SWEPT: i64 = 64;

/// Takes the key where nobody has it, or whose time is over; a row that stays is locked all the same,
/// so that what is answered is still so. Nothing is claimed for an earlier start of a gateway, and no
/// later one begins meanwhile.
const CLAIM: &str = "
WITH start AS (
    SELECT epoch FROM nodes WHERE node = $6 FOR KEY SHARE
), claimed AS (
    INSERT INTO idempotency_keys AS kept (
        shard, org_id, member_id, key, fingerprint, node, epoch, n, state, expires_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, 'running', $9 FROM start WHERE epoch = $7
    ON CONFLICT (shard, org_id, member_id, key) DO UPDATE SET
        fingerprint = CASE WHEN kept.expires_at <= $10 THEN excluded.fingerprint ELSE kept.fingerprint END,
        node = CASE WHEN kept.expires_at <= $10 THEN excluded.node ELSE kept.node END,
        epoch = CASE WHEN kept.expires_at <= $10 THEN excluded.epoch ELSE kept.epoch END,
        n = CASE WHEN kept.expires_at <= $10 THEN excluded.n ELSE kept.n END,
        state = CASE WHEN kept.expires_at <= $10 THEN 'running' ELSE kept.state END,
        status = CASE WHEN kept.expires_at <= $10 THEN NULL ELSE kept.status END,
        charged = CASE WHEN kept.expires_at <= $10 THEN NULL ELSE kept.charged END,
        expires_at = CASE WHEN kept.expires_at <= $10 THEN excluded.expires_at ELSE kept.expires_at END
    RETURNING fingerprint, node, epoch, n, state, status, charged
)
SELECT (SELECT epoch FROM start) AS current, claimed.*
FROM (SELECT) AS one LEFT JOIN claimed ON true";

/// The claim is made whether or not somebody still waits for it: one that is abandoned half-way
/// would come to be after it was given back.
pub(crate) async fn claim(store: &PostgresStore, claim: &IdempotencyClaim) -> Result<ClaimAnswer> {
    let making = store.claims.begin(claim.hold);
    let (connections, claim) = (store.connections.clone(), claim.clone());
    let made = tokio::spawn(async move {
        let _making = making;
        let mut session = connections.plain().await?;
        let row = make(&mut session, &claim).await?;
        let answer = answer(&row, &claim)?;
        if claim.hold.n % SWEPT_EVERY == 0
            && let Err(error) = sweep(&mut session, &claim).await
        {
            debug!(%error, "idempotency keys whose time is over were not swept");
        }
        Ok(answer)
    });
    let ended = |_| store::Error::Unavailable("the claim did not come to its end".to_owned());
    made.await.map_err(|error| Error::Store(ended(error)))?
}

async fn make(session: &mut Session, claim: &IdempotencyClaim) -> Result<PgRow> {
    let row = sqlx::query(CLAIM)
        .bind(shard(claim.org))
        .bind(claim.org.uuid())
        .bind(claim.member.uuid())
        .bind(&claim.key)
        .bind(claim.fingerprint.as_slice())
        .bind(i64::from(claim.hold.node.0))
        .bind(i64::from(claim.hold.epoch.0))
        .bind(count(claim.hold.n))
        .bind(claim.now.plus_micros(IDEMPOTENCY_KEPT_MICROS).micros())
        .bind(claim.now.micros())
        .fetch_one(session)
        .await?;
    Ok(row)
}

fn answer(row: &PgRow, claim: &IdempotencyClaim) -> Result<ClaimAnswer> {
    require_last_epoch(row.integer_or_none("current")?, claim.hold.epoch)?;
    if row.array("fingerprint")? != claim.fingerprint {
        return Ok(ClaimAnswer::Mismatch);
    }
    let hold = row.hold()?;
    if row.text("state")? == "finished" {
        let (status, charged) = (row.small("status")?, row.credits("charged")?);
        return Ok(ClaimAnswer::Finished { hold, status, charged });
    }
    Ok(if hold == claim.hold { ClaimAnswer::Claimed } else { ClaimAnswer::Running { hold } })
}

/// Nobody waits for what somebody else has in hand, be it another sweep.
async fn sweep(session: &mut Session, claim: &IdempotencyClaim) -> Result<()> {
    sqlx::query(
        "DELETE FROM idempotency_keys AS kept USING (
             SELECT shard, org_id, member_id, key FROM idempotency_keys
             WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS over
         WHERE (kept.shard, kept.org_id, kept.member_id, kept.key)
             = (over.shard, over.org_id, over.member_id, over.key)",
    )
    .bind(claim.now.micros())
    .bind(SWEPT)
    .execute(session)
    .await?;
    Ok(())
}
