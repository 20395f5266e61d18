//! Every no of the book, with the facts that explain it.

use crate::{AccountId, Credits, GrantId, Instant, Limit};

/// Why a request may not spend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The key, or its member, is unknown to the book, ended, expired or revoked.
    CredentialEnded,
    /// The key is blocked.
    KeyBlocked,
    /// The member's access is removed.
    AccessRemoved,
    /// The tool is on neither the key's nor the member's list.
    ToolNotAllowed,
    /// A limit, or the usable grants together, have less left than the request needs; nothing that
    /// runs can change that.
    Short(Box<Short>),
    /// Enough is left, but running requests hold it, and waiting was in vain or not possible.
    CreditsHeld(Box<Short>),
    /// Enough is left, but not without what gateways have that have fallen silent.
    CreditsInDoubt(Box<Short>),
    /// The limit's account for this instant is not known yet: open its period, then ask again.
    PeriodUnopened(Box<Limit>),
}

/// What was short, and by how much, at the instant of the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    /// The limit, or the grants.
    pub on: ShortOn,
    /// The ceiling of the limit's period, or the usable grants together.
    pub amount: Credits,
    /// What is spent of it.
    pub spent: Credits,
    /// What running requests hold of it.
    pub held: Credits,
    /// The least that the request needs; more for a hold counts what the hold has already.
    pub required: Credits,
    /// What is left once every running request has ended without cost: `amount - spent`, and of
    /// several grants the sum of that, none below zero.
    pub left: Credits,
    /// When the limit counts anew, or the first usable grant to come begins; `None` for never.
    pub resets_at: Option<Instant>,
    /// The account of the limit, or those of the usable grants in burn order.
    pub accounts: Vec<ShortAccount>,
    /// Counted up by each charge and each change that the book takes in: while it stays, no amount
    /// and nothing spent is another.
    pub version: u64,
}

/// One account of a shortage, as the book had it at the instant of the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortAccount {
    /// The account.
    pub account: AccountId,
    /// Its ceiling, or what was granted.
    pub amount: Credits,
    /// What is spent of it.
    pub spent: Credits,
    /// What running requests hold of it.
    pub held: Credits,
    /// What this gateway has of it and has not spent: free and held.
    pub leased: Credits,
}

/// The account that was short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShortOn {
    /// One limit.
    Limit(Limit),
    /// Everything that the caller may burn, together.
    Grants {
        /// A grant with credits left that this caller may not burn, if there is one.
        restricted: Option<GrantId>,
    },
}
