//! A journal in memory: it survives nothing, and keeps the place of one that does.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use ledger::{AccountId, Charge, Credits, HoldId, Shard};
use parking_lot::Mutex;

use crate::{Found, Full, Journal, Lsn, Opened, Record, Report};

/// A bounded journal in memory.
#[derive(Debug)]
pub struct MemoryJournal {
    last: AtomicU64,
    open_max: usize,
    shards: Vec<Mutex<ShardLog>>,
}

#[derive(Debug, Default)]
struct ShardLog {
    last: Lsn,
    open: HashMap<HoldId, Arc<Opened>>,
    entries: VecDeque<(Lsn, Entry)>,
}

#[derive(Debug)]
enum Entry {
    /// And whether the request bore an idempotency key.
    Charge(Arc<Charge>, bool),
    GiveBack(AccountId, Credits),
}

impl MemoryJournal {
    /// An empty journal that keeps at most so many unreported records of a shard.
    #[must_use]
    pub fn new(open_max: usize) -> Self {
        let shards = (0..Shard::COUNT).map(|_| Mutex::default()).collect();
        Self { last: AtomicU64::new(0), open_max, shards }
    }

    fn shard(&self, shard: Shard) -> &Mutex<ShardLog> {
        self.shards.get(usize::from(shard.number())).expect("there is a log for every shard")
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    fn append(&self, shard: Shard, record: Record) -> Result<Lsn, Full> {
        let mut log = self.shard(shard).lock();
        let opens = matches!(record, Record::Hold(_));
        if opens && log.entries.len().saturating_add(log.open.len()) >= self.open_max {
            return Err(Full);
        }
        // Numbered under the shard's lock, so that a shard's records are in order.
        let lsn = Lsn(self.last.fetch_add(1, Ordering::Relaxed).saturating_add(1));
        match record {
            Record::Hold(opened) => {
                log.open.insert(opened.hold, opened);
            }
            Record::Settle(charge) => {
                let keyed = log.open.remove(&charge.hold).is_some_and(|opened| opened.keyed);
                log.entries.push_back((lsn, Entry::Charge(charge, keyed)));
            }
            Record::GiveBack { account, amount } => {
                log.entries.push_back((lsn, Entry::GiveBack(account, amount)));
            }
            // Read by recovery only, and memory has none.
            Record::Extend { .. } | Record::Progress { .. } | Record::Granted { .. } => {}
        }
        log.last = lsn;
        Ok(lsn)
    }

    fn is_durable(&self, _: Lsn) -> bool {
        true
    }

    async fn durable(&self, _: Lsn) {}

    fn find(&self, shard: Shard, hold: HoldId) -> Option<Found> {
        let log = self.shard(shard).lock();
        if let Some(opened) = log.open.get(&hold) {
            return Some(Found::Open(Arc::clone(opened)));
        }
        log.entries.iter().find_map(|(_, entry)| match entry {
            Entry::Charge(charge, _) if charge.hold == hold => {
                Some(Found::Settled(Arc::clone(charge)))
            }
            Entry::Charge(..) | Entry::GiveBack(..) => None,
        })
    }

    fn open_holds(&self) -> usize {
        self.shards.iter().map(|log| log.lock().open.len()).sum()
    }

    fn unreported(&self) -> Vec<Shard> {
        let shards = (0..Shard::COUNT).filter_map(Shard::new);
        shards.filter(|shard| !self.shard(*shard).lock().entries.is_empty()).collect()
    }

    fn report(&self, shard: Shard) -> Report {
        let log = self.shard(shard).lock();
        let mut report = Report { lsn: log.last, ..Report::default() };
        for (_, entry) in &log.entries {
            match entry {
                Entry::Charge(charge, keyed) => {
                    report.charges.push(Arc::clone(charge));
                    report.keyed.extend(keyed.then_some(charge.hold));
                }
                Entry::GiveBack(account, amount) => report.give_backs.push((*account, *amount)),
            }
        }
        report
    }

    fn applied(&self, shard: Shard, lsn: Lsn) {
        let mut log = self.shard(shard).lock();
        while log.entries.front().is_some_and(|(at, _)| *at <= lsn) {
            log.entries.pop_front();
        }
    }
}
