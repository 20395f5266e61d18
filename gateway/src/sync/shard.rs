//! One shard's syncs: in sequence, one at a time, repeated until answered.

use journal::{Lsn, Record};
use ledger::{AccountId, Change, Credits, Shard};
use store::{Applied, GiveBack, Refill, Spend, SyncAnswer, SyncRequest};
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
}

impl ShardSync {
    pub(super) fn new(shard: Shard, applied: Applied) -> Self {
        Self { shard, turn: Mutex::new(Turn { applied, unanswered: None }) }
    }
}

impl Ledger {
    /// Reports everything durable of a shard and asks for leases.
    pub(super) async fn sync(&self, shard: Shard, refill: Vec<Refill>) -> store::Result<()> {
        let sequence = self.shards.get(usize::from(shard.number()));
        let sequence = sequence.expect("there is a sequence for every shard");
        let mut turn = sequence.turn.lock().await;
        if let Some(request) = turn.unanswered.take() {
            self.send(&mut turn, request).await?;
        }
        let request = self.request(sequence.shard, turn.applied, refill);
        if request.events.is_empty() && request.give_back.is_empty() && request.refill.is_empty() {
            return Ok(());
        }
        self.send(&mut turn, request).await
    }

    async fn send(&self, turn: &mut Turn, request: SyncRequest) -> store::Result<()> {
        match self.store.sync(&request).await {
            Ok(answer) => {
                self.take_answer(&request, &answer);
                turn.applied = Applied { seq: request.seq, lsn: request.lsn };
                Ok(())
            }
            Err(error) => {
                turn.unanswered = Some(request);
                Err(error)
            }
        }
    }

    /// Exactly the records of the shard up to one durable position.
    fn request(&self, shard: Shard, applied: Applied, refill: Vec<Refill>) -> SyncRequest {
        // A give-back leaves the book before its record is written.
        for org in self.directory.of_shard(shard) {
            for (account, amount) in org.take_returns() {
                // A give-back opens no hold, so there is always room for it.
                let _ = self.journal.append(shard, Record::GiveBack { account, amount });
            }
        }
        let report = self.journal.report(shard);
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
            refill,
            events,
            keyed: report.keyed,
        }
    }

    /// A grant enters the book only after its record is written.
    fn take_answer(&self, request: &SyncRequest, answer: &SyncAnswer) {
        self.journal.applied(request.shard, Lsn(request.lsn));
        for granted in &answer.granted {
            let (account, amount) = (granted.account, granted.amount);
            let record = Record::Granted { seq: request.seq, account, amount };
            let _ = self.journal.append(request.shard, record);
        }
        for org in self.directory.of_shard(request.shard) {
            let own = org.open_accounts();
            for granted in answer.granted.iter().filter(|grant| own.contains(&grant.account)) {
                org.apply(Change::Leased { account: granted.account, amount: granted.amount });
            }
        }
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
