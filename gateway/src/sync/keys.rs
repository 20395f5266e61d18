//! Idempotency keys of requests that took no hold: freed as soon as the store can be told.

use std::collections::BTreeMap;

use ledger::{HoldId, OrgId, Shard};
use parking_lot::Mutex;

use super::Ledger;
use super::wish::Wish;

/// So many may wait; beyond, nobody claims any more. Two megabytes.
const WAITING_MAX: usize = 1 << 16;
/// So many are freed in one call.
const FREED_AT_ONCE: usize = 1_024;

/// Requests that claimed a key, or may have, and took no hold.
#[derive(Default)]
pub(super) struct UnclaimedKeys {
    waiting: Mutex<BTreeMap<OrgId, Vec<HoldId>>>,
    /// One at a time, since who comes meanwhile wants to find them freed.
    freeing: tokio::sync::Mutex<()>,
}

impl UnclaimedKeys {
    fn add(&self, org: OrgId, hold: HoldId) {
        self.waiting.lock().entry(org).or_default().push(hold);
    }

    fn count(&self) -> usize {
        self.waiting.lock().values().map(Vec::len).sum()
    }

    fn next(&self) -> Option<(OrgId, Vec<HoldId>)> {
        let waiting = self.waiting.lock();
        let (org, holds) = waiting.first_key_value()?;
        Some((*org, holds.iter().take(FREED_AT_ONCE).copied().collect()))
    }

    fn freed(&self, org: OrgId, count: usize) {
        let mut waiting = self.waiting.lock();
        if let Some(holds) = waiting.get_mut(&org) {
            holds.drain(..count.min(holds.len()));
            if holds.is_empty() {
                waiting.remove(&org);
            }
        }
    }
}

impl Ledger {
    /// Whether a request is one of this start's.
    pub(crate) fn is_own(&self, hold: HoldId) -> bool {
        (hold.node, hold.epoch) == (self.node, self.epoch)
    }

    /// The key that a request may have claimed is to be freed.
    pub(crate) fn unclaim_later(&self, org: OrgId, hold: HoldId) {
        self.unclaimed.add(org, hold);
    }

    /// Whether so many keys wait to be freed that nobody is to claim more.
    pub(crate) fn is_full_of_unclaimed_keys(&self) -> bool {
        self.unclaimed.count() >= WAITING_MAX
    }

    /// Frees the keys that wait for it. Those that cannot be freed wait on; if the process ends
    /// before, the recovery of its next start frees them.
    pub(crate) async fn free_keys(&self) -> store::Result<()> {
        let _turn = self.unclaimed.freeing.lock().await;
        while let Some((org, holds)) = self.unclaimed.next() {
            self.store.unclaim_idempotency(org, &holds).await?;
            self.unclaimed.freed(org, holds.len());
        }
        Ok(())
    }

    /// Has the store know now what it would hear at the next sync: what ended in a shard, and which
    /// keys are free again.
    pub(crate) async fn tell_endings(&self, shard: Shard) -> store::Result<()> {
        self.free_keys().await?;
        self.sync(shard, Wish::default()).await
    }
}

#[cfg(test)]
mod tests {
    use ledger::{Epoch, NodeId};

    use super::*;

    #[test]
    fn what_comes_while_others_are_freed_waits_for_its_turn() {
        let keys = UnclaimedKeys::default();
        let org = OrgId::from_u128;
        let hold = |n| HoldId { node: NodeId(1), epoch: Epoch(1), n };
        let all = u64::try_from(FREED_AT_ONCE).unwrap() + 1;
        (1..=all).for_each(|n| keys.add(org(1), hold(n)));
        let (first, freed) = keys.next().unwrap();
        assert_eq!((first, freed.len()), (org(1), FREED_AT_ONCE));
        keys.add(org(2), hold(7));
        keys.add(org(1), hold(8));
        keys.freed(first, freed.len());
        assert_eq!(keys.count(), 3);
        assert_eq!(keys.next(), Some((org(1), vec![hold(all), hold(8)])));
        keys.freed(org(1), 2);
        assert_eq!(keys.next(), Some((org(2), vec![hold(7)])));
        keys.freed(org(2), 1);
        assert_eq!((keys.next(), keys.count()), (None, 0));
    }
}
