//! The money ledger: every movement of credits, written down once and never changed.

use ledger::{AccountId, Epoch, HoldId, Instant, NodeId};

/// Why credits moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// Given; taken back where a grant was lowered.
    Grant,
    /// The same, bought.
    TopUp,
    /// What the requests of one sync took of one grant.
    Charge,
    /// What they cost above their holds.
    Overrun,
    /// Unspent when a grant ended; taken back where its end was put off.
    Expiry,
    /// A charge that was given back whole.
    Refund,
    /// A charge that was lowered.
    Adjustment,
    /// Lost with a gateway.
    WriteOff,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Grant,
        Self::TopUp,
        Self::Charge,
        Self::Overrun,
        Self::Expiry,
        Self::Refund,
        Self::Adjustment,
        Self::WriteOff,
    ];

    /// The kind's name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::TopUp => "top_up",
            Self::Charge => "charge",
            Self::Overrun => "overrun",
            Self::Expiry => "expiry",
            Self::Refund => "refund",
            Self::Adjustment => "adjustment",
            Self::WriteOff => "write_off",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a line is about: where credits come from or go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryBook {
    /// What was ever given.
    Issued,
    /// What is left of a grant.
    Grant(AccountId),
    /// What was consumed.
    Consumed,
    /// What ended with its grant.
    Expired,
    /// What the platform paid.
    Platform,
}

impl EntryBook {
    /// The book's name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Grant(_) => "grant",
            Self::Consumed => "consumed",
            Self::Expired => "expired",
            Self::Platform => "platform",
        }
    }

    /// The grant that it is about, if it is about one.
    #[must_use]
    pub const fn account(self) -> Option<AccountId> {
        match self {
            Self::Grant(account) => Some(account),
            Self::Issued | Self::Consumed | Self::Expired | Self::Platform => None,
        }
    }

    /// The book of this name; an account belongs to the book of grants, and only to that.
    #[must_use]
    pub fn from_name(name: &str, account: Option<AccountId>) -> Option<Self> {
        match (name, account) {
            ("grant", Some(account)) => Some(Self::Grant(account)),
            ("issued", None) => Some(Self::Issued),
            ("consumed", None) => Some(Self::Consumed),
            ("expired", None) => Some(Self::Expired),
            ("platform", None) => Some(Self::Platform),
            _ => None,
        }
    }
}

/// What made a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryCause {
    /// The sync of a gateway: its epoch and the sequence number.
    Sync {
        /// The gateway.
        node: NodeId,
        /// Its epoch.
        epoch: Epoch,
        /// The sequence number of the shard.
        seq: u64,
    },
    /// The correction of a request's charge.
    Correction {
        /// The request.
        hold: HoldId,
        /// Who corrected it.
        actor: String,
        /// And why.
        reason: String,
    },
    /// A gateway that was given up, or has come back after it.
    Retirement {
        /// The gateway.
        node: NodeId,
        /// The epoch that began with it.
        epoch: Epoch,
    },
    /// A grant that was made, changed, or has ended.
    Grant,
}

/// A line of the money ledger. The lines of a transfer sum to zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The transfer, counted up from 1 within the organisation.
    pub transfer: u64,
    /// The line, counted from 1 within the transfer.
    pub line: u64,
    /// Why credits moved.
    pub kind: EntryKind,
    /// The instant of what caused it.
    pub at: Instant,
    /// What the line is about.
    pub book: EntryBook,
    /// Micro-credits into the book; negative, out of it.
    pub amount: i64,
    /// What made the transfer.
    pub cause: EntryCause,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_books_are_found_by_their_names() {
        for kind in EntryKind::ALL {
            assert_eq!(EntryKind::from_name(kind.name()), Some(kind));
        }
        let account = AccountId::from_u128(1);
        let books = [EntryBook::Issued, EntryBook::Grant(account), EntryBook::Consumed];
        for book in books.into_iter().chain([EntryBook::Expired, EntryBook::Platform]) {
            assert_eq!(EntryBook::from_name(book.name(), book.account()), Some(book));
        }
        assert_eq!(EntryBook::from_name("grant", None), None);
        assert_eq!(EntryBook::from_name("consumed", Some(account)), None);
    }
}
