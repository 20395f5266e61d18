//! The figures behind the protocol, for whoever checks that they add up.

use async_trait::async_trait;
use ledger::{
    AccountId, Charge, Credits, Epoch, HoldId, Instant, LimitId, LineSource, NodeId, OrgId,
};

use crate::{Adjustment, Entry, Reconciliation, Result, Store, ThresholdEvent};

/// An account as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAccount {
    /// Its id; a grant's account bears the grant's.
    pub id: AccountId,
    /// The limit that it is a period of, if it is one.
    pub limit: Option<LimitId>,
    /// What it is.
    pub source: LineSource,
    /// First instant of the account.
    pub start: Instant,
    /// First instant after the account.
    pub end: Instant,
    /// The ceiling, or what was granted.
    pub amount: Credits,
    /// What was charged, `opened_with` included, less what was given back.
    pub spent: Credits,
    /// What gateways have of it: the sum of its leases.
    pub leased: Credits,
    /// What is held for jobs, with no gateway.
    pub reserved: Credits,
    /// What its scope had spent when the account was made.
    pub opened_with: Credits,
    /// What corrections gave back to it, ever.
    pub refunded: Credits,
    /// What of a grant ended unspent.
    pub expired: Credits,
    /// What was lost of it with gateways that were given up: neither spent nor available.
    pub written_off: Credits,
    /// What was written off and found unspent after all, ever.
    pub written_back: Credits,
    /// Whether its limit was removed.
    pub closed: bool,
    /// What each gateway has of it, by node and epoch; leases of nothing are left out.
    pub leases: Vec<(NodeId, Epoch, Credits)>,
    /// What was written off with each, by node and epoch.
    pub lost: Vec<(NodeId, Epoch, Credits)>,
}

/// A store that shows its figures.
#[async_trait]
pub trait Audit: Store {
    /// Every account of an organisation, by id, closed and ended ones too.
    async fn accounts(&self, org: OrgId) -> Result<Vec<StoredAccount>>;

    /// Every line of the money ledger of an organisation, in order.
    async fn entries(&self, org: OrgId) -> Result<Vec<Entry>>;

    /// What accounts of an organisation have reached, in the order that it was recorded.
    async fn threshold_events(&self, org: OrgId) -> Result<Vec<ThresholdEvent>>;

    /// What corrections gave back to accounts of an organisation, by request, number and account.
    async fn adjustments(&self, org: OrgId) -> Result<Vec<Adjustment>>;

    /// The charges of an organisation after one of them, or from the first; at most so many, in
    /// the order of their holds' names.
    async fn charges_after(
        &self,
        org: OrgId,
        after: Option<HoldId>,
        most: usize,
    ) -> Result<Vec<Charge>>;

    /// Every charge of an organisation, in the order of their holds' names: as many as there are,
    /// in memory at once.
    async fn charges(&self, org: OrgId) -> Result<Vec<Charge>> {
        self.charges_after(org, None, usize::MAX).await
    }

    /// Checks that everything adds up, as of one state of the store.
    async fn reconcile(&self) -> Result<Reconciliation>;
}
