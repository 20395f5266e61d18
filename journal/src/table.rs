//! What the journal keeps in memory of its records: open holds, and what the store has to be told.

use std::collections::VecDeque;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use ledger::{AccountId, Charge, Credits, Epoch, HoldId, Instant, Shard, join_written};

use crate::boot::BootId;
use crate::codec::{Checkpoint, OpenHold, ShardMark};
use crate::room;
use crate::{AppliedUpTo, Found, Lsn, Opened, Orphan, Record, Report};

/// The records in memory: a replay of the segments gives the same.
#[derive(Debug)]
pub(crate) struct Table {
    /// The boot in which records that are added now are written.
    pub(crate) boot: BootId,
    holds: HashMap<HoldId, Kept>,
    open: usize,
    /// Bytes that the endings of the open holds may take.
    reserved: u64,
    shards: Vec<ShardLog>,
    unreported: usize,
    /// The latest instant that an earlier start has written down.
    latest: Instant,
}

/// Where a record was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadRecord {
    pub(crate) lsn: Lsn,
    /// The start that wrote it.
    pub(crate) epoch: Epoch,
    /// That start still runs.
    pub(crate) is_current: bool,
}

#[derive(Debug)]
enum Kept {
    Open(Box<OpenHold>),
    /// Ended, and the store has not acknowledged it.
    Settled {
        charge: Arc<Charge>,
        keyed: bool,
    },
}

#[derive(Debug, Default)]
struct ShardLog {
    /// The last record that had to be reported.
    last: Lsn,
    seq: u64,
    entries: VecDeque<(Lsn, Entry)>,
}

#[derive(Debug)]
enum Entry {
    Settled(HoldId),
    GiveBack(AccountId, Credits),
    /// A give-back of an earlier start, whose lease goes back as a whole.
    Stale,
    /// A lease that the store gave to a start, and has lost.
    Lost(Epoch, AccountId, Credits),
}

impl Table {
    pub(crate) fn new(boot: BootId) -> Self {
        let shards = (0..Shard::COUNT).map(|_| ShardLog::default()).collect();
        let (open, reserved, unreported) = (0, 0, 0);
        let latest = Instant::MIN;
        Self { boot, holds: HashMap::new(), open, reserved, shards, unreported, latest }
    }

    /// The latest instant that an earlier start has written down.
    pub(crate) const fn latest(&self) -> Instant {
        self.latest
    }

    pub(crate) const fn open_holds(&self) -> usize {
        self.open
    }

    /// Bytes that the endings of the open holds may take.
    pub(crate) const fn reserved(&self) -> u64 {
        self.reserved
    }

    /// Records that the store has not acknowledged.
    pub(crate) const fn unreported(&self) -> usize {
        self.unreported
    }

    fn shard(&mut self, shard: Shard) -> &mut ShardLog {
        self.shards.get_mut(usize::from(shard.number())).expect("there is a log for every shard")
    }

    /// Takes in a record that has been written.
    pub(crate) fn add(&mut self, lsn: Lsn, shard: Shard, record: Record) {
        match record {
            Record::Hold(opened) => self.open(shard, opened),
            Record::Extend { hold, parts } => self.with_open(hold, |open| {
                open.parts = join_written(std::mem::take(&mut open.parts), &parts);
            }),
            Record::Progress { hold, due } => {
                self.with_open(hold, |open| open.progress = Some(due));
            }
            Record::Settle(charge) => {
                let hold = charge.hold;
                let keyed = self.close(hold);
                self.holds.insert(hold, Kept::Settled { charge, keyed });
                self.push(lsn, shard, Entry::Settled(hold));
            }
            Record::GiveBack { account, amount } => {
                self.push(lsn, shard, Entry::GiveBack(account, amount));
            }
            // For a store that went back in time: then it is read from the segments.
            Record::Granted { .. } => {}
        }
    }

    /// Takes in a record that was read from a segment, of whose shard the store knows `applied`.
    pub(crate) fn replay(&mut self, read: ReadRecord, record: Record, applied: AppliedUpTo) {
        let ReadRecord { lsn, epoch, is_current } = read;
        let AppliedUpTo { shard, lsn: applied, seq } = applied;
        match &record {
            Record::Hold(opened) => self.latest = self.latest.max(opened.admitted),
            Record::Settle(charge) => self.latest = self.latest.max(charge.ended),
            Record::Extend { .. }
            | Record::Progress { .. }
            | Record::GiveBack { .. }
            | Record::Granted { .. } => {}
        }
        match record {
            Record::Settle(charge) if lsn <= applied => {
                self.close(charge.hold);
                self.mark(lsn, shard);
            }
            Record::GiveBack { .. } if lsn <= applied => self.mark(lsn, shard),
            Record::GiveBack { .. } if !is_current => self.push(lsn, shard, Entry::Stale),
            Record::Granted { seq: given, account, amount } if given > seq => {
                self.push(lsn, shard, Entry::Lost(epoch, account, amount));
            }
            other => self.add(lsn, shard, other),
        }
    }

    fn open(&mut self, shard: Shard, opened: Arc<Opened>) {
        let (hold, parts) = (opened.hold, opened.parts.clone());
        let open = OpenHold { shard, opened, parts, progress: None, boot: self.boot };
        self.insert(hold, open);
    }

    fn insert(&mut self, hold: HoldId, open: OpenHold) {
        self.open += 1;
        self.reserved += room::of_ending(&open);
        self.holds.insert(hold, Kept::Open(Box::new(open)));
    }

    fn with_open(&mut self, hold: HoldId, change: impl FnOnce(&mut OpenHold)) {
        if let Some(Kept::Open(open)) = self.holds.get_mut(&hold) {
            let before = room::of_ending(open);
            change(open);
            self.reserved = (self.reserved + room::of_ending(open)).saturating_sub(before);
        }
    }

    /// Whether the answer to a request is known to have started.
    pub(crate) fn has_started(&self, hold: HoldId) -> bool {
        matches!(self.holds.get(&hold), Some(Kept::Open(open)) if open.progress.is_some())
    }

    /// Forgets an open hold; whether its request bore an idempotency key.
    fn close(&mut self, hold: HoldId) -> bool {
        let Some(Kept::Open(open)) = self.holds.remove(&hold) else { return false };
        self.open -= 1;
        self.reserved = self.reserved.saturating_sub(room::of_ending(&open));
        open.opened.keyed
    }

    fn mark(&mut self, lsn: Lsn, shard: Shard) {
        self.shard(shard).last = lsn;
    }

    fn push(&mut self, lsn: Lsn, shard: Shard, entry: Entry) {
        self.unreported += 1;
        let log = self.shard(shard);
        log.last = lsn;
        log.entries.push_back((lsn, entry));
    }

    pub(crate) fn find(&self, hold: HoldId) -> Option<Found> {
        Some(match self.holds.get(&hold)? {
            Kept::Open(open) => Found::Open(Arc::clone(&open.opened)),
            Kept::Settled { charge, .. } => Found::Settled(Arc::clone(charge)),
        })
    }

    /// The shards with something to report.
    pub(crate) fn unreported_shards(&self) -> Vec<Shard> {
        let shards = (0..Shard::COUNT).filter_map(Shard::new).zip(&self.shards);
        shards.filter(|(_, log)| !log.entries.is_empty()).map(|(shard, _)| shard).collect()
    }

    /// What a shard has to tell of the records up to `until`.
    pub(crate) fn report(&self, shard: Shard, until: Lsn) -> Report {
        let mut report = Report { lsn: until, ..Report::default() };
        let Some(log) = self.shards.get(usize::from(shard.number())) else { return report };
        let due = log.entries.partition_point(|(lsn, _)| *lsn <= until);
        if let Some((last, _)) =
            log.entries.get(Report::RECORDS_MAX).filter(|_| due > Report::RECORDS_MAX)
        {
            (report.lsn, report.is_all) = (Lsn(last.0 - 1), false);
        }
        for (_, entry) in log.entries.iter().take(due.min(Report::RECORDS_MAX)) {
            report.records += 1;
            match entry {
                Entry::Settled(hold) => {
                    if let Some(Kept::Settled { charge, keyed }) = self.holds.get(hold) {
                        report.charges.push(Arc::clone(charge));
                        report.keyed.extend(keyed.then_some(*hold));
                    }
                }
                Entry::GiveBack(account, amount) => report.give_backs.push((*account, *amount)),
                Entry::Lost(epoch, account, amount) => {
                    report.lost.push((*epoch, *account, *amount));
                }
                Entry::Stale => {}
            }
        }
        report
    }

    /// The store has acknowledged a sync of the shard that reported everything up to `lsn`.
    pub(crate) fn applied(&mut self, shard: Shard, seq: u64, lsn: Lsn) {
        let log = self.shard(shard);
        log.seq = seq;
        let applied = log.entries.partition_point(|(at, _)| *at <= lsn);
        let entries: Vec<_> = log.entries.drain(..applied).collect();
        self.unreported -= entries.len();
        for (_, entry) in entries {
            if let Entry::Settled(hold) = entry {
                self.holds.remove(&hold);
            }
        }
    }

    /// Has to tell again what another table, read from the segments up to a record, says that the
    /// store does not know.
    pub(crate) fn tell_again(&mut self, read: Self, until: Lsn) {
        for (log, told) in self.shards.iter_mut().zip(read.shards) {
            let later = log.entries.partition_point(|(lsn, _)| *lsn <= until);
            log.entries.drain(..later);
            for entry in told.entries.into_iter().rev() {
                log.entries.push_front(entry);
            }
            log.seq = told.seq;
        }
        for (hold, kept) in read.holds {
            if matches!(kept, Kept::Settled { .. }) {
                self.holds.insert(hold, kept);
            }
        }
        self.unreported = self.shards.iter().map(|log| log.entries.len()).sum();
    }

    /// The first record that the store has not acknowledged.
    pub(crate) fn first_unreported(&self) -> Option<Lsn> {
        self.shards.iter().filter_map(|log| log.entries.front()).map(|(lsn, _)| *lsn).min()
    }

    /// What a segment that begins now opens with.
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        let shards = (0..Shard::COUNT).filter_map(Shard::new).zip(&self.shards);
        let marks = shards.filter(|(_, log)| log.last > Lsn(0) || log.seq > 0);
        let marks = marks.map(|(shard, log)| ShardMark { shard, last: log.last, seq: log.seq });
        let open = self.holds.values().filter_map(|kept| match kept {
            Kept::Open(open) => Some((**open).clone()),
            Kept::Settled { .. } => None,
        });
        Checkpoint { shards: marks.collect(), holds: open.collect() }
    }

    /// Begins from a checkpoint.
    pub(crate) fn restore(&mut self, checkpoint: Checkpoint) {
        for mark in checkpoint.shards {
            let log = self.shard(mark.shard);
            (log.last, log.seq) = (mark.last, mark.seq);
        }
        for open in checkpoint.holds {
            self.latest = self.latest.max(open.opened.admitted);
            self.insert(open.opened.hold, open);
        }
    }

    /// The open holds of a gateway that has died, in the order in which they were taken.
    pub(crate) fn orphans(&self, boot: BootId) -> Vec<Orphan> {
        let mut orphans: Vec<_> =
            self.holds.values().filter_map(|kept| orphan(kept, boot)).collect();
        orphans.sort_by_key(|orphan| (orphan.opened.hold.epoch, orphan.opened.hold.n));
        orphans
    }
}

fn orphan(kept: &Kept, boot: BootId) -> Option<Orphan> {
    let Kept::Open(open) = kept else { return None };
    // A power loss may have taken the record that the answer had started.
    let presumed = || (open.boot != boot).then_some(open.opened.due_at_start);
    Some(Orphan {
        opened: Arc::clone(&open.opened),
        parts: open.parts.clone(),
        due: open.progress.or_else(presumed),
    })
}
