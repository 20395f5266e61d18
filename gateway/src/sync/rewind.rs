//! A store that went back in time: this gateway rejoins it and tells it again what it has forgotten.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use journal::{AppliedUpTo, Lsn};
use ledger::Shard;
use store::{Applied, ChangeSeq, Registered, Rejoin, Stamp};
use tokio::sync::{MutexGuard, watch};
use tracing::{debug, error, warn};

use super::shard::Turn;
use super::wish::Wish;
use super::{Ledger, shards};

/// Between two tries.
const PAUSE: Duration = Duration::from_secs(1);

/// Rejoins whenever the store is found to have gone back, until told to stop.
pub(super) async fn run(ledger: Arc<Ledger>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = ledger.went_back.notified() => {}
            _ = stop.changed() => return,
        }
        warn!("the store has gone back in time: it is told again what it has forgotten");
        while let Err(failure) = ledger.rejoin().await {
            if !failure.is_transient() {
                error!(%failure, "the store cannot be told what it has forgotten: nothing is admitted");
                ledger.directory.all().iter().for_each(|org| org.quarantine());
                break;
            }
            debug!(%failure, "the store waits to be told what it has forgotten");
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = stop.changed() => return,
            }
        }
    }
}

impl Ledger {
    /// A no of a store that knows less than it did is no answer: that is seen to, and then it is asked
    /// again. `acknowledged` is what it had said before.
    pub(super) fn unless_it_went_back(
        &self,
        failure: store::Error,
        acknowledged: Applied,
    ) -> store::Error {
        let went_back = match failure {
            store::Error::Rewind { applied } => applied < acknowledged.seq,
            store::Error::Fenced { current } => current < self.epoch,
            _ => false,
        };
        if !went_back {
            return failure;
        }
        self.went_back.notify_one();
        store::Error::Unavailable(format!("it has gone back in time: {failure}"))
    }

    /// Goes on where the store is now, and tells it everything that came after.
    ///
    /// # Errors
    /// The store's; [`store::Error::Corrupt`] when what it needs is not in the journal any more.
    async fn rejoin(&self) -> store::Result<()> {
        // Nothing is acknowledged meanwhile.
        let mut turns = Vec::with_capacity(self.shards.len());
        for shard in shards() {
            turns.push((shard, self.sequence(shard).turn().await));
        }
        let registered = match self.store.rejoin(self.rejoining(&turns)).await {
            Ok(registered) => registered,
            Err(store::Error::Conflict(_)) => {
                drop(turns);
                return self.read_what_changed_anew().await;
            }
            Err(failure) => return Err(failure),
        };
        self.put_back().await?;
        self.rewind(&registered, &mut turns).await?;
        drop(turns);
        for shard in shards() {
            self.sync(shard, Wish::default()).await?;
        }
        self.give_back_earlier_leases().await?;
        let stamp = self.directory.reload().await?;
        self.incarnation.store(stamp.incarnation, Ordering::Relaxed);
        Ok(())
    }

    /// The store knows all that this gateway has told it: what went back was noticed twice, or was
    /// nothing but what admins had changed.
    async fn read_what_changed_anew(&self) -> store::Result<()> {
        let in_force = self.directory.taken_in();
        if self.store.stamp().await?.seq < in_force {
            self.put_back().await?;
            self.directory.reload().await?;
        }
        Ok(())
    }

    /// At a start: a store that has lost leases of this node is told so before it is told anything
    /// else, so that it leases nothing to others meanwhile.
    pub(crate) async fn tell_a_store_that_went_back(&self) -> store::Result<()> {
        let mut acknowledged = Vec::new();
        for shard in self.journal.unreported() {
            if !self.journal.report(shard).lost.is_empty() {
                let Applied { seq, lsn } = self.sequence(shard).turn().await.applied();
                acknowledged.push((shard, Applied { seq: seq.saturating_add(1), lsn }));
            }
        }
        if acknowledged.is_empty() {
            return Ok(());
        }
        warn!("the store has gone back in time: it is told again what it has forgotten");
        match self.store.rejoin(self.knowing(acknowledged)).await {
            Ok(_) => {}
            // One that serves one gateway has nobody to keep waiting.
            Err(store::Error::Conflict(_)) => return Ok(()),
            Err(failure) => return Err(failure),
        }
        let stamp = self.store.stamp().await?;
        self.incarnation.store(stamp.incarnation, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn has_told_everything(&self) {
        self.told.store(true, Ordering::Release);
    }

    /// The life of the store that was told everything; 0 for none.
    pub(super) fn told_incarnation(&self) -> u64 {
        let told = self.told.load(Ordering::Acquire);
        if told { self.incarnation.load(Ordering::Relaxed) } else { 0 }
    }

    /// Whether it is another life of the store than the one in which `in_force` was its last change;
    /// then it is seen to.
    pub(super) fn is_another_life(&self, stamp: &Stamp, in_force: ChangeSeq) -> bool {
        let is_told = self.told.load(Ordering::Acquire);
        let is_known = stamp.incarnation == self.incarnation.load(Ordering::Relaxed);
        let went_back = is_told && (!is_known || stamp.seq < in_force);
        if went_back {
            self.went_back.notify_one();
        }
        went_back
    }

    fn rejoining(&self, turns: &[(Shard, MutexGuard<'_, Turn>)]) -> Rejoin {
        let acknowledged = turns.iter().map(|(shard, turn)| (*shard, turn.applied()));
        self.knowing(acknowledged.filter(|(_, applied)| applied.seq > 0).collect())
    }

    fn knowing(&self, acknowledged: Vec<(Shard, Applied)>) -> Rejoin {
        Rejoin {
            node: self.node,
            epoch: self.epoch,
            journal: self.journal_id,
            incarnation: self.incarnation.load(Ordering::Relaxed),
            acknowledged,
            control: self.control.clone(),
            now: self.clock.now(),
        }
    }

    /// Grants and limits that are in force here and that the store has lost: what was spent of them
    /// has to be booked somewhere.
    async fn put_back(&self) -> store::Result<()> {
        let now = self.clock.now();
        for org in self.directory.all() {
            let Some(data) = self.store.load(org.id()).await? else { continue };
            let (grants, limits) = org.lost_from(&data);
            for grant in grants {
                warn!(org = %org.id(), grant = %grant.id, "a grant that the store has lost is put back");
                self.store.put_grant(org.id(), grant, now).await?;
            }
            for limit in &limits {
                warn!(org = %org.id(), limit = %limit.id, "a limit that the store has lost is put back");
                self.store.put_limit(org.id(), limit.clone(), now).await?;
            }
            if !limits.is_empty() {
                self.store.open_periods(org.id(), now).await?;
            }
        }
        Ok(())
    }

    async fn rewind(
        &self,
        registered: &Registered,
        turns: &mut [(Shard, MutexGuard<'_, Turn>)],
    ) -> store::Result<()> {
        let mut applied = Vec::with_capacity(turns.len());
        for (shard, turn) in turns {
            let known = registered.applied.iter().find(|(of, _)| of == shard);
            turn.go_back(known.map(|(_, applied)| *applied).unwrap_or_default());
            let Applied { seq, lsn } = turn.applied();
            applied.push(AppliedUpTo { shard: *shard, lsn: Lsn(lsn), seq });
        }
        let journal = Arc::clone(&self.journal);
        let read = tokio::task::spawn_blocking(move || journal.rewind(&applied)).await;
        let read = read.map_err(|broken| store::Error::Unavailable(broken.to_string()))?;
        read.map_err(|missing| store::Error::Corrupt(missing.to_string()))
    }
}
