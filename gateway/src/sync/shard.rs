//! One shard's syncs: in sequence, one at a time, repeated until answered.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use journal::{Lsn, Record, Report};
use ledger::{AccountId, Answer, Change, Credits, OrgId, Shard, Ticket};
use store::{
    Applied, Figures, GiveBack, Granted, Regranted, ShortOf, Spend, SyncAnswer, SyncRequest,
    Verdict,
};
use tokio::sync::{Mutex, MutexGuard};

use super::Ledger;
use super::wish::{Wanted, Wish};

/// The sequence of one shard.
pub(super) struct ShardSync {
    shard: Shard,
    turn: Mutex<Turn>,
}

pub(super) struct Turn {
    applied: Applied,
    /// Sent, and not known to be answered: repeated as it was before anything else is sent.
    unanswered: Option<Sent>,
    /// Leases of the store's, and what left the book, that a full journal had no room for.
    unwritten: Unwritten,
    /// Whose the accounts are that were ever leased or asked for.
    owners: HashMap<AccountId, OrgId>,
    /// The organisations that have leases under recall.
    recalled: BTreeSet<OrgId>,
}

/// A request, and who waits for its answer.
struct Sent {
    request: Arc<SyncRequest>,
    /// In the order of its asks.
    waiting: Vec<(OrgId, Ticket)>,
}

#[derive(Default)]
struct Unwritten {
    granted: Vec<(u64, Granted)>,
    give_backs: Vec<(AccountId, Credits)>,
}

impl ShardSync {
    pub(super) fn new(shard: Shard, applied: Applied) -> Self {
        let turn = Turn {
            applied,
            unanswered: None,
            unwritten: Unwritten::default(),
            owners: HashMap::new(),
            recalled: BTreeSet::new(),
        };
        Self { shard, turn: Mutex::new(turn) }
    }

    /// The shard's turn: nothing is sent for as long as it is kept.
    pub(super) async fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().await
    }

    /// Whether the store has heard, and answered, all that there was to say.
    pub(super) async fn is_settled(&self) -> bool {
        let turn = self.turn.lock().await;
        let Unwritten { granted, give_backs } = &turn.unwritten;
        turn.unanswered.is_none() && granted.is_empty() && give_backs.is_empty()
    }
}

impl Turn {
    pub(super) const fn applied(&self) -> Applied {
        self.applied
    }

    /// The store knows only so much any more. What was sent after is in the journal; leases that it
    /// gave after and that are not written down were never given.
    pub(super) fn go_back(&mut self, to: Applied) {
        if to.seq < self.applied.seq {
            self.applied = to;
            self.unanswered = None;
            self.unwritten.granted.retain(|(seq, _)| *seq <= to.seq);
        }
    }
}

impl Ledger {
    /// Reports everything of a shard that is written by now, and asks for what is wished for.
    pub(crate) async fn sync(&self, shard: Shard, wish: Wish) -> store::Result<()> {
        let sequence = self.sequence(shard);
        let mut turn = sequence.turn.lock().await;
        self.send(sequence.shard, &mut turn).await?;
        if self.health.is_failing() && !wish.orgs.is_empty() {
            // Whoever asks lays down what it has: not before the store is known to answer.
            let probe = Wish { orgs: Vec::new(), in_any_case: true };
            self.tell(sequence.shard, &mut turn, &probe).await?;
        }
        self.tell(sequence.shard, &mut turn, &wish).await
    }

    async fn tell(&self, shard: Shard, turn: &mut Turn, wish: &Wish) -> store::Result<()> {
        let mut wanted = self.ask(wish);
        // Before what goes back is told: a lease of before a lowering goes back with it.
        self.write_grants(shard, turn);
        self.write_give_backs(shard, &mut turn.unwritten);
        let written = self.journal.durable(self.journal.written()).await;
        written.map_err(|failed| store::Error::Unavailable(failed.to_string()))?;
        loop {
            let report = self.journal.report(shard);
            self.note_charges(&report);
            let is_all = report.is_all;
            if is_all {
                self.wish(wish, &mut wanted);
                if report.records == 0 && wanted.is_empty() && !wish.in_any_case {
                    return Ok(());
                }
            }
            let wanted = if is_all { std::mem::take(&mut wanted) } else { Wanted::default() };
            turn.owners.extend(wanted.owners.iter().copied());
            turn.unanswered = Some(self.request(shard, turn.applied, report, wanted));
            self.send(shard, turn).await?;
            if is_all {
                return Ok(());
            }
        }
    }

    /// Sends what is not known to be answered. It stays until it is: whoever waits may go away.
    async fn send(&self, shard: Shard, turn: &mut Turn) -> store::Result<()> {
        let Some(sent) = &turn.unanswered else { return Ok(()) };
        let asked = self.clock.since_boot();
        let answer = self.store.sync(&sent.request).await;
        let answer = answer.map_err(|failure| self.unless_it_went_back(failure, turn.applied))?;
        self.health.sync_answered(asked);
        let Some(sent) = turn.unanswered.take() else { return Ok(()) };
        let SyncRequest { seq, lsn, .. } = *sent.request;
        self.journal.applied(shard, seq, Lsn(lsn));
        turn.applied = Applied { seq, lsn };
        self.take_answer(shard, turn, sent, answer);
        Ok(())
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

    /// What was charged tells how much is to be leased.
    fn note_charges(&self, report: &Report) {
        let now = self.clock.since_boot();
        for charge in &report.charges {
            if let Some(org) = self.directory.loaded(charge.org) {
                org.charged(charge, now);
            }
        }
    }

    /// Exactly the records of the shard up to one durable position.
    fn request(&self, shard: Shard, applied: Applied, report: Report, wanted: Wanted) -> Sent {
        let events: Vec<_> = report.charges.iter().map(|charge| (**charge).clone()).collect();
        let spends = events.iter().flat_map(|charge| &charge.lines);
        let spends = spends.map(|line| (line.account, line.amount));
        let spend = |(account, amount)| Spend { account, amount };
        let give_back = |(account, amount)| GiveBack { account, amount };
        let regranted = |(epoch, account, amount)| Regranted { epoch, account, amount };
        let request = SyncRequest {
            node: self.node,
            epoch: self.epoch,
            shard,
            seq: applied.seq.saturating_add(1),
            lsn: report.lsn.0.max(applied.lsn),
            now: self.clock.now(),
            report: by_account(spends).map(spend).collect(),
            give_back: by_account(report.give_backs.iter().copied()).map(give_back).collect(),
            regranted: report.lost.iter().copied().map(regranted).collect(),
            ask: wanted.ask,
            refill: wanted.refill,
            events,
            keyed: report.keyed,
        };
        Sent { request: Arc::new(request), waiting: wanted.waiting }
    }

    fn take_answer(&self, shard: Shard, turn: &mut Turn, sent: Sent, answer: SyncAnswer) {
        let granted = answer.granted.into_iter().map(|granted| (sent.request.seq, granted));
        turn.unwritten.granted.extend(granted);
        let leased = self.written_grants(shard, &mut turn.unwritten);
        let mut answers: BTreeMap<OrgId, Answer> = BTreeMap::new();
        // What is recalled of an organisation is told as a whole: nothing, after the last of it.
        for org in std::mem::take(&mut turn.recalled) {
            answers.entry(org).or_default();
        }
        for ((org, ticket), verdict) in sent.waiting.into_iter().zip(answer.verdicts) {
            answers.entry(org).or_default().verdicts.push((ticket, verdict_of(verdict)));
        }
        let owner = |account: &AccountId| turn.owners.get(account).copied();
        for (account, amount) in leased {
            let Some(org) = owner(&account) else { continue };
            answers.entry(org).or_default().leased.push((account, amount));
        }
        for figures in answer.figures {
            let Some(org) = owner(&figures.account) else { continue };
            answers.entry(org).or_default().figures.push(figures_of(&figures));
        }
        let mut recalled = BTreeSet::new();
        for account in answer.recalled {
            let Some(org) = owner(&account) else { continue };
            answers.entry(org).or_default().recalled.push(account);
            recalled.insert(org);
        }
        turn.recalled = recalled;
        self.deliver(answers);
    }

    fn deliver(&self, answers: BTreeMap<OrgId, Answer>) {
        let now = self.clock.since_boot();
        for (org, answer) in answers {
            if let Some(org) = self.directory.loaded(org) {
                org.take_answer(answer, now);
            }
        }
    }

    /// Leases that could not be written down when they came, and can be now.
    fn write_grants(&self, shard: Shard, turn: &mut Turn) {
        let mut leased: BTreeMap<OrgId, Vec<(AccountId, Credits)>> = BTreeMap::new();
        for (account, amount) in self.written_grants(shard, &mut turn.unwritten) {
            if let Some(org) = turn.owners.get(&account) {
                leased.entry(*org).or_default().push((account, amount));
            }
        }
        for (org, leased) in leased {
            if let Some(org) = self.directory.loaded(org) {
                org.apply(Change::Leased(leased));
            }
        }
    }

    /// A lease enters the book only after its record is written.
    fn written_grants(&self, shard: Shard, unwritten: &mut Unwritten) -> Vec<(AccountId, Credits)> {
        let mut written = Vec::new();
        unwritten.granted.retain(|(seq, granted)| {
            let Granted { account, amount } = *granted;
            let record = Record::Granted { seq: *seq, account, amount };
            let is_written = self.journal.append(shard, record).is_ok();
            if is_written {
                written.push((account, amount));
            }
            !is_written
        });
        written
    }

    pub(super) fn sequence(&self, shard: Shard) -> &ShardSync {
        let sequence = self.shards.get(usize::from(shard.number()));
        sequence.expect("there is a sequence for every shard")
    }
}

const fn verdict_of(verdict: Verdict) -> ledger::Verdict {
    match verdict {
        Verdict::Leased => ledger::Verdict::Leased,
        Verdict::Held => ledger::Verdict::Held,
        Verdict::InDoubt => ledger::Verdict::InDoubt,
        Verdict::Short { on, lasting } => {
            let on = match on {
                ShortOf::Limit(account) => ledger::ShortOf::Limit(account),
                ShortOf::Grants => ledger::ShortOf::Grants,
            };
            ledger::Verdict::Short { on, lasting }
        }
    }
}

const fn figures_of(figures: &Figures) -> ledger::Figures {
    let Figures { account, spent, refunded, drained, .. } = *figures;
    ledger::Figures { account, spent, refunded, drained }
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
