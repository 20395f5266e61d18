//! One shard's syncs: in sequence, one at a time, repeated until answered.

use journal::{Lsn, Record, Report};
use ledger::{AccountId, Change, Credits, Shard};
use store::{Applied, GiveBack, Granted, Refill, Spend, SyncAnswer, SyncRequest};
use tokio::sync::Mutex;

use super::Ledger;

/// The sequence of one shard.
pub(super) struct ShardSync {
    shard: Shard,
    turn: Mutex<Turn>,
}

struct Turn {
    applied: Applied,
    /// Sent, and not known to be answered: repeated as it was before anything else is sent.
    unanswered: Option<SyncRequest>,
    /// Leases of the store's, and what left the book, that a full journal had no room for.
    unwritten: Unwritten,
}

#[derive(Default)]
struct Unwritten {
    granted: Vec<(u64, Granted)>,
    give_backs: Vec<(AccountId, Credits)>,
}

impl ShardSync {
    pub(super) fn new(shard: Shard, applied: Applied) -> Self {
        let turn = Turn { applied, unanswered: None, unwritten: Unwritten::default() };
        Self { shard, turn: Mutex::new(turn) }
    }
}

impl Ledger {
    /// Reports everything of a shard that is written by now, and asks for leases.
    pub(crate) async fn sync(&self, shard: Shard, mut refill: Vec<Refill>) -> store::Result<()> {
        let sequence = self.shards.get(usize::from(shard.number()));
        let sequence = sequence.expect("there is a sequence for every shard");
        let mut turn = sequence.turn.lock().await;
        if let Some(request) = turn.unanswered.take() {
            self.send(&mut turn, request).await?;
        }
        self.write_give_backs(sequence.shard, &mut turn.unwritten);
        self.write_grants(sequence.shard, &mut turn.unwritten);
        let written = self.journal.durable(self.journal.written()).await;
        written.map_err(|failed| store::Error::Unavailable(failed.to_string()))?;
        loop {
            let report = self.journal.report(shard);
            if report.records == 0 && refill.is_empty() {
                return Ok(());
            }
            let is_all = report.is_all;
            let refill = if is_all { std::mem::take(&mut refill) } else { Vec::new() };
            let request = self.request(sequence.shard, turn.applied, report, refill);
            self.send(&mut turn, request).await?;
            if is_all {
                return Ok(());
            }
        }
    }

    async fn send(&self, turn: &mut Turn, request: SyncRequest) -> store::Result<()> {
        match self.store.sync(&request).await {
            Ok(answer) => {
                self.journal.applied(request.shard, request.seq, Lsn(request.lsn));
                turn.applied = Applied { seq: request.seq, lsn: request.lsn };
                self.take_answer(&request, answer, &mut turn.unwritten);
                Ok(())
            }
            Err(error) => {
                turn.unanswered = Some(request);
                Err(error)
            }
        }
    }

    /// A give-back leaves the book before its record is written, and the store is told after.
    fn write_give_backs(&self, shard: Shard, unwritten: &mut Unwritten) {
        for org in self.directory.of_shard(shard) {
            unwritten.give_backs.extend(org.take_returns());
        }
        unwritten.give_backs.retain(|(account, amount)| {
            let record = Record::GiveBack { account: *account, amount: *amount };
            self.journal.append(shard, record).is_err()
        });
    }

    /// Exactly the records of the shard up to one durable position.
    fn request(
        &self,
        shard: Shard,
        applied: Applied,
        report: Report,
        refill: Vec<Refill>,
    ) -> SyncRequest {
        let events: Vec<_> = report.charges.iter().map(|charge| (**charge).clone()).collect();
        let spends = events.iter().flat_map(|charge| &charge.lines);
        let spends = spends.map(|line| (line.account, line.amount));
        let spend = |(account, amount)| Spend { account, amount };
        let give_back = |(account, amount)| GiveBack { account, amount };
        SyncRequest {
            node: self.node,
            epoch: self.epoch,
            shard,
            seq: applied.seq.saturating_add(1),
            lsn: report.lsn.0.max(applied.lsn),
            now: self.clock.now(),
            report: by_account(spends).map(spend).collect(),
            give_back: by_account(report.give_backs.iter().copied()).map(give_back).collect(),
            regranted: Vec::new(),
            ask: Vec::new(),
            refill,
            events,
            keyed: report.keyed,
        }
    }

    fn take_answer(&self, request: &SyncRequest, answer: SyncAnswer, unwritten: &mut Unwritten) {
        let granted = answer.granted.into_iter().map(|granted| (request.seq, granted));
        unwritten.granted.extend(granted);
        self.write_grants(request.shard, unwritten);
    }

    /// A lease enters the book only after its record is written.
    fn write_grants(&self, shard: Shard, unwritten: &mut Unwritten) {
        if unwritten.granted.is_empty() {
            return;
        }
        let orgs = self.directory.of_shard(shard);
        let orgs: Vec<_> = orgs.into_iter().map(|org| (org.open_accounts(), org)).collect();
        unwritten.granted.retain(|(seq, granted)| {
            let Granted { account, amount } = *granted;
            let record = Record::Granted { seq: *seq, account, amount };
            let written = self.journal.append(shard, record).is_ok();
            let owner = orgs.iter().find(|(own, _)| own.contains(&account));
            if let Some((_, org)) = owner.filter(|_| written) {
                org.apply(Change::Leased { account, amount });
            }
            !written
        });
    }
}

fn by_account(
    amounts: impl Iterator<Item = (AccountId, Credits)>,
) -> impl Iterator<Item = (AccountId, Credits)> {
    let mut sums = std::collections::BTreeMap::new();
    for (account, amount) in amounts {
        let sum: &mut Credits = sums.entry(account).or_default();
        *sum = sum.saturating_add(amount);
    }
    sums.into_iter()
}
