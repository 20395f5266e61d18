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
    /// What was lost with gateways that were given up.
    pub written_off: Credits,
    /// What was written off and found unspent after all, ever.
    pub written_back: Credits,
    /// Its leases are wanted back.
    pub recalled: bool,
    /// What the node has of it, by epoch.
    pub leases: BTreeMap<Epoch, Credits>,
    /// What was written off of that, by epoch: only what its journal has spent comes from there.
    pub lost: BTreeMap<Epoch, Credits>,
    /// What other gateways have of it that are silent; the one that syncs is heard of by that.
    pub doubtful: Credits,
}

impl Standing {
    /// What of it is gone.
    #[must_use]
    pub fn level(&self) -> Level {
        Level::new(self.amount, self.gone())
    }

    fn gone(&self) -> Credits {
        self.spent.saturating_add(self.expired).saturating_add(self.written_off)
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
        self.gone().saturating_add(self.leased).saturating_add(self.reserved)
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

    /// Spends credits of the lease of an epoch, and then of what was written off of it.
    pub(super) fn spend(&mut self, epoch: Epoch, amount: Credits) -> Option<()> {
        self.spent = self.spent.checked_add(amount)?;
        let leased = self.leases.get(&epoch).copied().unwrap_or_default().min(amount);
        let lost = amount.saturating_sub(leased);
        if !lost.is_zero() {
            let of_epoch = self.lost.get_mut(&epoch)?;
            *of_epoch = of_epoch.checked_sub(lost)?;
            self.written_off = self.written_off.checked_sub(lost)?;
        }
        if leased.is_zero() { Some(()) } else { self.take(epoch, leased) }
    }

    pub(super) fn lease(&mut self, epoch: Epoch, amount: Credits) {
        let lease = self.leases.entry(epoch).or_default();
        *lease = lease.saturating_add(amount);
        self.leased = self.leased.saturating_add(amount);
    }

    pub(super) fn leasable(&self) -> Leasable {
        Leasable {
            end: self.end,
            closed: self.closed,
            left: self.amount.saturating_sub(self.gone()),
            leased: self.leased,
            reserved: self.reserved,
            doubtful: self.doubtful,
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
