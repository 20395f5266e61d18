//! What travels between a gateway and the store.

use ledger::{AccountId, Charge, Credits, Epoch, HoldId, Instant, NodeId, Shard};

use crate::{Ask, Figures, Granted, Refill, Regranted, Verdict};

/// How far the store is with a shard of a node's journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The last sequence number.
    pub seq: u64,
    /// The last record.
    pub lsn: u64,
}

/// Credits of an account that were spent out of a lease: of the epoch that took the hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spend {
    /// The account.
    pub account: AccountId,
    /// How much.
    pub amount: Credits,
}

/// Credits that leave the lease of this epoch unspent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GiveBack {
    /// The account.
    pub account: AccountId,
    /// How much.
    pub amount: Credits,
}

/// One shard's part of a journal, from the record after the last one applied up to `lsn`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncRequest {
    /// The gateway.
    pub node: NodeId,
    /// Its epoch.
    pub epoch: Epoch,
    /// The shard; every account and charge below is of it.
    pub shard: Shard,
    /// One more than the last applied.
    pub seq: u64,
    /// The last record that this reports.
    pub lsn: u64,
    /// The time.
    pub now: Instant,
    /// What was spent of each account: the sum of the lines of `events`, by account.
    pub report: Vec<Spend>,
    /// What leaves the lease unspent, by account.
    pub give_back: Vec<GiveBack>,
    /// Leases that the store gave and has lost since: booked first, as they are, not decided anew.
    pub regranted: Vec<Regranted>,
    /// Requests that wait, in the order of their arrival.
    pub ask: Vec<Ask>,
    /// What the node would like to lease, once the asks are answered.
    pub refill: Vec<Refill>,
    /// The charges, in the order of their records.
    pub events: Vec<Charge>,
    /// The holds among them whose requests bore an idempotency key, in the same order.
    pub keyed: Vec<HoldId>,
}

impl SyncRequest {
    /// The accounts that its asks and wishes name.
    pub fn leasing(&self) -> impl Iterator<Item = AccountId> {
        let asked = self.ask.iter().flat_map(|ask| ask.limits.iter().chain(&ask.grants));
        let wished = self.refill.iter().flat_map(|refill| refill.accounts.iter().copied());
        asked.map(|asked| asked.account).chain(wished)
    }
}

/// What a sync moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncAnswer {
    /// Leases granted: to the asks, then to the wishes, in their order; an account may come more
    /// than once.
    pub granted: Vec<Granted>,
    /// One an ask, in their order.
    pub verdicts: Vec<Verdict>,
    /// The accounts that an ask or a wish names, as they are now, by id.
    pub figures: Vec<Figures>,
    /// Every account of the shard under recall of which this epoch has a lease now, by id: what is
    /// free of them, and what comes free, is to be given back at once.
    pub recalled: Vec<AccountId>,
}
