//! What travels between a gateway and the store.

use ledger::{AccountId, Charge, Credits, Epoch, HoldId, Instant, NodeId, Shard};

/// A gateway that starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The gateway's data folder.
    pub node: NodeId,
    /// The journal in it.
    pub journal: u128,
    /// The last record that the journal holds; 0 for none.
    pub last_lsn: u64,
    /// The time.
    pub now: Instant,
}

/// How far the store is with a shard of a node's journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The last sequence number.
    pub seq: u64,
    /// The last record.
    pub lsn: u64,
}

/// A gateway's new epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The epoch, larger than every earlier one of the node.
    pub epoch: Epoch,
    /// The shards of which something is applied, by number.
    pub applied: Vec<(Shard, Applied)>,
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

/// A wish for more lease: advice, granted as far as there is something available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refill {
    /// The account.
    pub account: AccountId,
    /// At most so much; [`Credits::MAX`] for everything.
    pub wanted: Credits,
}

/// A lease that was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The account.
    pub account: AccountId,
    /// How much more of it the node may spend.
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
    /// What the node would like to lease.
    pub refill: Vec<Refill>,
    /// The charges, in the order of their records.
    pub events: Vec<Charge>,
    /// The holds among them whose requests bore an idempotency key, in the same order.
    pub keyed: Vec<HoldId>,
}

/// What a sync moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncAnswer {
    /// Leases granted, in the order of the wishes; wishes that got nothing are left out.
    pub granted: Vec<Granted>,
}
