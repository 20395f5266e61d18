//! What gateways ask of accounts that they share, and what they are told.

mod decide;

use std::num::NonZeroU32;

use ledger::{AccountId, Credits, Epoch, HoldId};

pub use decide::{Decided, Leasable, LeaseDecision, decide_leases};

/// A wish for more lease: advice, granted as far as there is something available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refill {
    /// The account of a limit; or grants in burn order, of which the first that has anything
    /// available is leased, so that a later one is burnt only after it.
    pub accounts: Vec<AccountId>,
    /// At most so much; [`Credits::MAX`] for everything.
    pub wanted: Credits,
    /// The largest quote that is to be expected: a share below it is not leased at all, since asks
    /// alone can spend it to the end.
    pub quote: Credits,
    /// What the available is divided by for a fair share: 1 for a gateway that is alone.
    pub divisor: NonZeroU32,
}

impl Refill {
    /// The wish for everything that is available of one account: of a gateway that is alone.
    #[must_use]
    pub fn everything(account: AccountId) -> Self {
        Self {
            accounts: vec![account],
            wanted: Credits::MAX,
            quote: Credits::ZERO,
            divisor: NonZeroU32::MIN,
        }
    }
}

/// A lease that was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The account.
    pub account: AccountId,
    /// How much more of it the node may spend.
    pub amount: Credits,
}

/// A lease that the store gave before it went back in time, and has lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regranted {
    /// The start of the node that it was given to.
    pub epoch: Epoch,
    /// The account.
    pub account: AccountId,
    /// How much.
    pub amount: Credits,
}

/// One waiting request, answered all or nothing over its whole path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Whose request it is.
    pub hold: HoldId,
    /// Its limits in the order of checks: each has to have the whole.
    pub limits: Vec<Asked>,
    /// The grants that it may burn, in burn order: together they have to have the whole.
    pub grants: Vec<Asked>,
    /// The smallest amount that is of use.
    pub least: Credits,
    /// The largest.
    pub most: Credits,
}

/// An account of an ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The account.
    pub account: AccountId,
    /// What the asking hold itself has of it, which cannot come free for it; also after the
    /// account's end it may be given more of it.
    pub own: Credits,
}

/// The answer to an ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Leased, as much as there is of what it wanted: it is among what was granted.
    Leased,
    /// Nothing that runs could make it fit: less than its least is left once every lease and every
    /// reservation has come back unspent.
    Short {
        /// The first of its path that has too little.
        on: ShortOf,
        /// Nobody has anything leased or reserved of it: it stays so until its amount or what
        /// corrections gave back is another.
        lasting: bool,
    },
    /// Enough is left, but leased or reserved. What is short is recalled from now on.
    Held,
    /// Enough is left, but not without what silent gateways have of it; or nobody can tell yet, since
    /// the store went back in time.
    InDoubt,
}

/// What an ask is short of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortOf {
    /// The account of one limit.
    Limit(AccountId),
    /// All its grants together.
    Grants,
}

/// What the store knows of an account, after a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The account.
    pub account: AccountId,
    /// Its ceiling, or what was granted.
    pub amount: Credits,
    /// What is spent of it, less what corrections gave back.
    pub spent: Credits,
    /// What corrections gave back, ever.
    pub refunded: Credits,
    /// Nothing of it is available.
    pub drained: bool,
}
