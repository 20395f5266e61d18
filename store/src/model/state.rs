//! What the model remembers.

use std::collections::BTreeMap;

use ledger::{
    AccountId, Charge, Credits, Epoch, Grant, GrantId, GroupId, HoldId, Instant, KeyId, Limit,
    LimitId, LineSource, MemberId, NodeId, OrgId, ProjectId, Shard,
};

use super::feed::Entity;
use super::idempotency::KeyUse;
use super::retire::Compensated;
use crate::{
    Adjusted, Adjustment, AdjustmentRequest, Entry, Error, Group, Key, LastStart, Member, Org,
    Project, Result, RevokedToken, SecretHash, StoredAccount, SyncAnswer, SyncRequest,
    ThresholdEvent,
};

/// Which life of the store this is.
#[derive(Clone, Debug)]
pub(super) struct Incarnation {
    pub(super) number: u64,
    pub(super) since: Instant,
}

impl Default for Incarnation {
    fn default() -> Self {
        Self { number: 1, since: Instant::MIN }
    }
}

/// Everything, and whose it is.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) incarnation: Incarnation,
    pub(super) orgs: BTreeMap<OrgId, People>,
    pub(super) secrets: BTreeMap<SecretHash, (OrgId, KeyId)>,
    /// When secrets were used last.
    pub(super) used: BTreeMap<SecretHash, Instant>,
    pub(super) grant_requests: BTreeMap<(OrgId, String), GrantRequest>,
    pub(super) money: Accounts,
    pub(super) nodes: BTreeMap<NodeId, Node>,
    pub(super) applied: BTreeMap<(NodeId, u128, Shard), (SyncRequest, SyncAnswer)>,
    pub(super) charges: BTreeMap<HoldId, Charge>,
    pub(super) entries: BTreeMap<OrgId, Vec<Entry>>,
    pub(super) threshold_events: BTreeMap<OrgId, Vec<ThresholdEvent>>,
    pub(super) adjustments: Vec<Adjustment>,
    pub(super) compensated: Vec<Compensated>,
    pub(super) adjustment_requests: BTreeMap<(OrgId, String), (AdjustmentRequest, Adjusted)>,
    pub(super) idempotency: BTreeMap<(OrgId, MemberId, String), KeyUse>,
    pub(super) last_change: u64,
    pub(super) changes: Vec<(u64, OrgId, Entity)>,
}

/// A gateway's last start.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) epoch: Epoch,
    pub(super) journal: u128,
    pub(super) registered: Instant,
    pub(super) heard: Instant,
    pub(super) control: Option<String>,
    pub(super) last: LastStart,
    /// The incarnation that it has told everything.
    pub(super) incarnation: u64,
}

/// An organisation and those in it.
#[derive(Clone, Debug)]
pub(super) struct People {
    pub(super) org: Org,
    pub(super) groups: BTreeMap<GroupId, Group>,
    pub(super) projects: BTreeMap<ProjectId, Project>,
    pub(super) members: BTreeMap<MemberId, Member>,
    pub(super) keys: BTreeMap<KeyId, Key>,
    pub(super) grants: BTreeMap<GrantId, Grant>,
    pub(super) limits: BTreeMap<LimitId, StoredLimit>,
    /// By issuer and id.
    pub(super) revoked_tokens: BTreeMap<(String, String), RevokedToken>,
}

#[derive(Clone, Debug)]
pub(super) struct StoredLimit {
    pub(super) limit: Limit,
    pub(super) opens_at_zero: bool,
    pub(super) removed: bool,
}

/// A named request for a grant, and what came of it.
#[derive(Clone, Debug)]
pub(super) struct GrantRequest {
    pub(super) asked: Grant,
    pub(super) seq: u64,
}

/// Accounts and leases: all that a sync moves, so that it can be tried on a copy.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    pub(super) accounts: BTreeMap<AccountId, Account>,
    pub(super) leases: BTreeMap<(AccountId, NodeId, Epoch), Credits>,
    /// What was written off of them.
    pub(super) lost: BTreeMap<(AccountId, NodeId, Epoch), Credits>,
}

#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) org: OrgId,
    pub(super) limit: Option<LimitId>,
    pub(super) source: LineSource,
    pub(super) start: Instant,
    pub(super) end: Instant,
    pub(super) amount: Credits,
    pub(super) spent: Credits,
    pub(super) opened_with: Credits,
    pub(super) refunded: Credits,
    pub(super) expired: Credits,
    pub(super) written_off: Credits,
    pub(super) written_back: Credits,
    pub(super) closed: bool,
    /// What gateways have of it is wanted back.
    pub(super) recalled: bool,
}

impl Account {
    /// An account of nothing.
    pub(super) const fn new(org: OrgId, source: LineSource, start: Instant, end: Instant) -> Self {
        let zero = Credits::ZERO;
        Self {
            org,
            limit: None,
            source,
            start,
            end,
            amount: zero,
            spent: zero,
            opened_with: zero,
            refunded: zero,
            expired: zero,
            written_off: zero,
            written_back: zero,
            closed: false,
            recalled: false,
        }
    }

    /// What counts as spent for gateways.
    pub(super) fn counted(&self) -> Credits {
        self.spent.saturating_add(self.written_off)
    }

    /// What counts as refunded for gateways.
    pub(super) fn come_back(&self) -> Credits {
        self.refunded.saturating_add(self.written_back)
    }

    pub(super) fn lives(&self, now: Instant) -> bool {
        self.start <= now && now < self.end
    }

    /// What can still be spent of it, once nothing runs.
    pub(super) fn left(&self) -> Credits {
        self.amount.saturating_sub(self.counted()).saturating_sub(self.expired)
    }
}

impl Accounts {
    /// What gateways have of an account.
    pub(super) fn leased(&self, id: AccountId) -> Credits {
        let leases = self.leases.iter().filter(|((account, _, _), _)| *account == id);
        leases.fold(Credits::ZERO, |sum, (_, amount)| sum.saturating_add(*amount))
    }
}

impl State {
    pub(super) fn people(&mut self, org: OrgId) -> Result<&mut People> {
        let missing = || Error::Conflict(format!("there is no organisation {org}"));
        self.orgs.get_mut(&org).ok_or_else(missing)
    }

    pub(super) fn accounts_of(&self, org: OrgId) -> Vec<StoredAccount> {
        let accounts = self.money.accounts.iter().filter(|(_, account)| account.org == org);
        let stored = |(id, account): (&AccountId, &Account)| {
            let of_account = |((of, _, _), amount): &(&(AccountId, NodeId, Epoch), &Credits)| {
                of == id && !amount.is_zero()
            };
            let [leases, lost] =
                [&self.money.leases, &self.money.lost].map(|rows| rows.iter().filter(of_account));
            let row = |(lease, amount): (&(AccountId, NodeId, Epoch), &Credits)| {
                (lease.1, lease.2, *amount)
            };
            StoredAccount {
                id: *id,
                limit: account.limit,
                source: account.source,
                start: account.start,
                end: account.end,
                amount: account.amount,
                spent: account.spent,
                leased: self.money.leased(*id),
                reserved: Credits::ZERO,
                opened_with: account.opened_with,
                refunded: account.refunded,
                expired: account.expired,
                written_off: account.written_off,
                written_back: account.written_back,
                closed: account.closed,
                leases: leases.map(row).collect(),
                lost: lost.map(row).collect(),
            }
        };
        accounts.map(stored).collect()
    }
}
