//! When secrets were used last.

use ledger::Instant;
use store::SecretHash;

use crate::error::Result;
use crate::session::Session;

/// In the order of the hashes, as everybody takes secrets: gateways that tell of the same ones at
/// once wait for each other in turn. A secret that is being taken away is waited for, and is then
/// not known.
const NOTE: &str = "
WITH told AS (
    SELECT secret_hash, max(used_at) AS used_at
    FROM unnest($1::bytea[], $2::bigint[]) AS told (secret_hash, used_at)
    GROUP BY secret_hash
), known AS (
    SELECT secret_hash, told.used_at FROM key_secrets JOIN told USING (secret_hash)
    ORDER BY secret_hash FOR KEY SHARE OF key_secrets
)
INSERT INTO key_uses AS noted (secret_hash, last_used_at)
SELECT secret_hash, used_at FROM known ORDER BY secret_hash
ON CONFLICT (secret_hash) DO UPDATE SET last_used_at = excluded.last_used_at
WHERE noted.last_used_at < excluded.last_used_at";

/// Notes all of it in one statement; of a secret that was used more than once, the last time.
pub(crate) async fn note_used(session: &mut Session, used: &[(SecretHash, Instant)]) -> Result<()> {
    let (hashes, times): (Vec<_>, Vec<_>) =
        used.iter().map(|(hash, at)| (hash.0.as_slice(), at.micros())).unzip();
    sqlx::query(NOTE).bind(hashes).bind(times).execute(session).await?;
    Ok(())
}
