//! A request claims its key, and gives it back if it takes no hold.

use journal::Found;
use ledger::{HoldId, OrgId, PathIndex};
use store::{ClaimAnswer, IdempotencyClaim};

use super::earlier::denial;
use crate::exchange::{Exchange, Routed};
use crate::refusal::Denial;
use crate::sync::Ledger;

/// A claim that may be there: given back, unless it is kept.
pub(crate) struct Claimed<'a> {
    ledger: &'a Ledger,
    org: OrgId,
    hold: HoldId,
    kept: bool,
}

/// Claims the key that the client sent, if any, for a caller that may spend at all.
///
/// # Errors
/// The denial that tells of the key's earlier request, or that the store is away: without a claim
/// there is no call.
pub(crate) async fn claim<'a>(
    ledger: &'a Ledger,
    exchange: &Exchange,
    routed: &Routed,
    path: PathIndex,
    body_hash: &[u8; 32],
) -> Result<Option<Claimed<'a>>, Denial> {
    let Some(key) = &routed.idempotency else { return Ok(None) };
    let org = &routed.caller.org;
    org.standing(path).map_err(|refusal| routed.refused(&refusal))?;
    if ledger.is_full_of_unclaimed_keys() {
        return Err(Denial::ledger_unavailable());
    }
    let wanted = IdempotencyClaim {
        org: org.id(),
        member: routed.caller.member,
        key: key.text.clone(),
        fingerprint: key.fingerprint(body_hash),
        hold: exchange.id,
        now: org.now(),
    };
    // Made before the store is asked: an answer that is never heard may have been a yes.
    let claimed = Claimed { ledger, org: org.id(), hold: exchange.id, kept: false };
    match denial(ask(ledger, &wanted).await?) {
        None => Ok(Some(claimed)),
        Some(denial) => {
            claimed.keep();
            Err(denial)
        }
    }
}

/// Asks the store, and once more if what it has not heard yet could change its answer.
async fn ask(ledger: &Ledger, wanted: &IdempotencyClaim) -> Result<ClaimAnswer, Denial> {
    let shard = wanted.org.shard();
    let asked = async {
        let answer = ledger.store().claim_idempotency(wanted).await?;
        let open = |hold| matches!(ledger.journal().find(hold), Some(Found::Open(_)));
        let lasts = match answer {
            ClaimAnswer::Claimed | ClaimAnswer::Finished { .. } => true,
            ClaimAnswer::Running { hold } => !ledger.is_own(hold) || open(hold),
            ClaimAnswer::Mismatch => false,
        };
        if lasts {
            return Ok(answer);
        }
        // The earlier request may have ended, or taken no hold, and the store is yet to hear of it.
        ledger.tell_endings(shard).await?;
        ledger.store().claim_idempotency(wanted).await
    };
    asked.await.map_err(|failure: store::Error| {
        ledger.health().refused(&failure);
        tracing::warn!(%failure, "an idempotency key could not be claimed");
        Denial::ledger_unavailable()
    })
}

impl Claimed<'_> {
    /// Keeps the key of a request that was admitted; that of a refused one is free before its client
    /// reads the refusal.
    pub(crate) async fn conclude<T>(self, admitted: Result<T, Denial>) -> Result<T, Denial> {
        match admitted {
            Ok(_) => self.keep(),
            Err(_) => self.give_back().await,
        }
        admitted
    }

    fn keep(mut self) {
        self.kept = true;
    }

    async fn give_back(mut self) {
        let given_back = self.ledger.store().unclaim_idempotency(self.org, &[self.hold]).await;
        self.kept = given_back.is_ok();
    }
}

impl Drop for Claimed<'_> {
    /// The net for a client that hung up, a panic, and a store that was away.
    fn drop(&mut self) {
        if !self.kept {
            self.ledger.unclaim_later(self.org, self.hold);
        }
    }
}
