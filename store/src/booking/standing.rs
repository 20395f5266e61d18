//! An account as it stands with a store, and what a sync does to it.

use std::collections::BTreeMap;

use ledger::{Credits, Epoch, Instant, LineSource, OrgId};

use crate::{Leasable, Level};

/// An account, with what one node has leased of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whose it is.
    pub org: OrgId,
    /// A limit's period, or a grant of a kind.
    pub source: LineSource,
    /// Its first instant.
    pub start: Instant,
    /// First instant after it.
    pub end: Instant,
    /// Its limit was removed.
    pub closed: bool,
    /// The ceiling, or what was granted.
    pub amount: Credits,
    /// What is charged, less what was given back.
    pub spent: Credits,
    /// What gateways have of it.
    pub leased: Credits,
    /// What jobs have of it.
    pub reserved: Credits,
    /// What corrections gave back, ever.
    pub refunded: Credits,
    /// What of a grant ended unspent.
    pub expired: Credits,
    /// Its leases are wanted back.
    pub recalled: bool,
    /// What the node has of it, by epoch.
    pub leases: BTreeMap<Epoch, Credits>,
    /// What other gateways have of it that are silent.
    pub doubtful: Credits,
    /// The node itself counts as silent: nothing was heard of it but syncs.
    pub node_is_silent: bool,
}

impl Standing {
    /// What of it is gone.
    #[must_use]
    pub fn level(&self) -> Level {
        Level::new(self.amount, self.spent.saturating_add(self.expired))
    }

    /// Whether it is a grant.
    #[must_use]
    pub fn is_grant(&self) -> bool {
        self.source != LineSource::Limit
    }

    /// Whether an instant is in it.
    #[must_use]
    pub fn lives(&self, now: Instant) -> bool {
        self.start <= now && now < self.end
    }

    /// All of it that is spoken for, which may pass its amount.
    #[must_use]
    pub fn taken(&self) -> Credits {
        let taken = self.spent.saturating_add(self.leased).saturating_add(self.reserved);
        taken.saturating_add(self.expired)
    }

    pub(super) fn available(&self) -> Credits {
        self.amount.saturating_sub(self.taken())
    }

    /// Takes credits out of the lease of an epoch; `None` where it has not so many.
    pub(super) fn take(&mut self, epoch: Epoch, amount: Credits) -> Option<()> {
        let lease = self.leases.get_mut(&epoch)?;
        *lease = lease.checked_sub(amount)?;
        self.leased = self.leased.checked_sub(amount)?;
        Some(())
    }

    pub(super) fn spend(&mut self, epoch: Epoch, amount: Credits) -> Option<()> {
        self.spent = self.spent.checked_add(amount)?;
        self.take(epoch, amount)
    }

    pub(super) fn lease(&mut self, epoch: Epoch, amount: Credits) {
        let lease = self.leases.entry(epoch).or_default();
        *lease = lease.saturating_add(amount);
        self.leased = self.leased.saturating_add(amount);
    }

    pub(super) fn leasable(&self) -> Leasable {
        let own = self.leases.values().copied().fold(Credits::ZERO, Credits::saturating_add);
        let own = if self.node_is_silent { own } else { Credits::ZERO };
        Leasable {
            end: self.end,
            closed: self.closed,
            left: self.amount.saturating_sub(self.spent).saturating_sub(self.expired),
            leased: self.leased,
            reserved: self.reserved,
            doubtful: self.doubtful.saturating_add(own),
            recalled: self.recalled,
        }
    }
}

/// An account that a sync touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Before it.
    pub before: Standing,
    /// After it.
    pub now: Standing,
}

impl From<Standing> for Touched {
    fn from(standing: Standing) -> Self {
        Self { before: standing.clone(), now: standing }
    }
}

impl Touched {
    /// Whether the sync changed anything of it.
    #[must_use]
    pub fn moved(&self) -> bool {
        self.before != self.now
    }

    /// Whether its leases are wanted back now, and were not before.
    #[must_use]
    pub fn is_newly_recalled(&self) -> bool {
        self.now.recalled && !self.before.recalled
    }
}
