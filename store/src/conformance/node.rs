//! A gateway as the store sees it: it starts, it counts its calls and its requests, it syncs.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::{
    AccountId, Charge, Credits, Ending, Epoch, GrantId, GrantKind, HoldId, Instant, Line,
    LineSource, NodeId, OrgId, Shard, Surface, Tool, Unit, Usage,
};

use super::fixture::{NOW, credits, key_id, member_id};
use crate::{
    Error, GiveBack, Granted, Refill, Registered, Registration, Spend, Store, SyncAnswer,
    SyncRequest,
};

pub(super) struct Node {
    pub(super) id: NodeId,
    pub(super) epoch: Epoch,
    pub(super) journal: u128,
    pub(super) now: Instant,
    pub(super) lsn: u64,
    /// The last number of each shard's calls.
    pub(super) seqs: BTreeMap<Shard, u64>,
    n: u64,
}

impl Node {
    /// A gateway that has not started yet.
    pub(super) fn new(id: u32) -> Self {
        Self {
            id: NodeId(id),
            epoch: Epoch(0),
            journal: 0x0001_0000 + u128::from(id),
            now: NOW,
            lsn: 0,
            seqs: BTreeMap::new(),
            n: 0,
        }
    }

    /// A gateway that starts for the first time.
    pub(super) async fn start(store: &impl Store, id: u32) -> Self {
        let mut node = Self::new(id);
        node.restart(store).await;
        node
    }

    /// The next start on the same journal, which goes on where the store is with it.
    pub(super) async fn restart(&mut self, store: &impl Store) -> Registered {
        let registered = store.register(&self.registration()).await;
        let registered = registered.expect("a gateway may start");
        self.registered(&registered);
        registered
    }

    pub(super) fn registered(&mut self, registered: &Registered) {
        self.epoch = registered.epoch;
        self.seqs = registered.applied.iter().map(|(shard, at)| (*shard, at.seq)).collect();
    }

    pub(super) fn registration(&self) -> Registration {
        let Self { id, journal, lsn, now, .. } = *self;
        let control = Some(format!("127.0.0.1:{}", 9_000 + id.0));
        Registration { node: id, journal, last_lsn: lsn, now, control }
    }

    /// The next call for the shard of an organisation, with nothing in it.
    pub(super) fn call(&mut self, org: OrgId) -> SyncRequest {
        let seq = self.seqs.entry(org.shard()).or_default();
        *seq += 1;
        SyncRequest {
            node: self.id,
            epoch: self.epoch,
            shard: org.shard(),
            seq: *seq,
            lsn: self.lsn,
            now: self.now,
            report: Vec::new(),
            give_back: Vec::new(),
            regranted: Vec::new(),
            ask: Vec::new(),
            refill: Vec::new(),
            events: Vec::new(),
            keyed: Vec::new(),
        }
    }

    /// Leases so much of an account.
    pub(super) async fn lease(
        &mut self,
        store: &impl Store,
        org: OrgId,
        account: impl Into<AccountId>,
        amount: u64,
    ) -> Credits {
        let call = self.call(org).wishing(account, credits(amount));
        let answer = store.sync(&call).await.expect("a wish is no mistake");
        answer.granted.first().map_or(Credits::ZERO, |granted| granted.amount)
    }

    /// Reports charges.
    pub(super) async fn report(
        &mut self,
        store: &impl Store,
        charges: impl IntoIterator<Item = Charge>,
    ) -> Result<SyncAnswer, Error> {
        let charges: Vec<_> = charges.into_iter().collect();
        let org = charges.first().expect("there is something to report").org;
        self.lsn += 1;
        let call = self.call(org).charging(charges);
        let answer = store.sync(&call).await;
        if answer.is_err() {
            self.seqs.insert(org.shard(), call.seq - 1);
        }
        answer
    }

    /// A request of the organisation's first member that one grant paid.
    pub(super) fn charge(&mut self, org: u128, grant: (GrantKind, GrantId), amount: u64) -> Charge {
        let (kind, grant) = grant;
        self.charge_of(org, [(LineSource::Grant(kind), grant.into(), amount)])
    }

    /// A request that these accounts paid; those of grants are what it cost.
    pub(super) fn charge_of(
        &mut self,
        org: u128,
        lines: impl IntoIterator<Item = (LineSource, AccountId, u64)>,
    ) -> Charge {
        self.n += 1;
        let line = |(source, account, amount)| Line { account, source, amount: credits(amount) };
        let lines: Vec<_> = lines.into_iter().map(line).collect();
        let charged = lines.iter().filter(|line| line.source != LineSource::Limit);
        let charged = charged.fold(Credits::ZERO, |sum, line| sum.saturating_add(line.amount));
        Charge {
            hold: HoldId { node: self.id, epoch: self.epoch, n: self.n },
            org: super::fixture::org_id(org),
            member: member_id(org),
            key: Some(key_id(org)),
            group: None,
            project: None,
            surface: Surface::Api,
            tool: Tool::new("chatbot"),
            provider: Arc::from("openai"),
            model: Arc::from("mock-chat"),
            admitted: self.now,
            ended: self.now.plus_micros(1_500_000),
            ending: Ending::Settled,
            usage: Usage::default().with(Unit::InputToken, 900).with(Unit::OutputToken, 100),
            outputs: 1,
            held: charged.saturating_add(credits(50)),
            charged,
            overrun: Credits::ZERO,
            lines: lines.into(),
            price_book: Arc::from("2026-11"),
            body_hash: [7; 32],
            status: 200,
        }
    }
}

impl SyncRequest {
    pub(super) fn wishing(mut self, account: impl Into<AccountId>, wanted: Credits) -> Self {
        self.refill.push(Refill { wanted, ..Refill::everything(account.into()) });
        self
    }

    pub(super) fn giving_back(mut self, account: impl Into<AccountId>, amount: u64) -> Self {
        self.give_back.push(GiveBack { account: account.into(), amount: credits(amount) });
        self
    }

    /// The same with these charges and the report that they add up to.
    pub(super) fn charging(mut self, charges: impl IntoIterator<Item = Charge>) -> Self {
        self.events.extend(charges);
        let mut sums: BTreeMap<AccountId, Credits> = BTreeMap::new();
        for line in self.events.iter().flat_map(|charge| &charge.lines) {
            let sum = sums.entry(line.account).or_default();
            *sum = sum.saturating_add(line.amount);
        }
        let spend = |(account, amount)| Spend { account, amount };
        self.report = sums.into_iter().map(spend).collect();
        self
    }

    /// The same, where these holds' requests bore idempotency keys.
    pub(super) fn keyed(mut self, holds: impl IntoIterator<Item = HoldId>) -> Self {
        self.keyed.extend(holds);
        self
    }
}

/// Leases, in order.
pub(super) fn granting(granted: impl IntoIterator<Item = (AccountId, u64)>) -> Vec<Granted> {
    let lease = |(account, amount)| Granted { account, amount: credits(amount) };
    granted.into_iter().map(lease).collect()
}
