//! Corrections: what a request was charged, lowered afterwards. The event stays as it was.

use ledger::{AccountId, Charge, Credits, HoldId, Instant, OrgId};

use crate::ChangeSeq;

/// What a request is to be charged instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdjustmentRequest {
    /// The organisation that was charged.
    pub org: OrgId,
    /// The request.
    pub hold: HoldId,
    /// What it is to be charged: not more than it is now.
    pub charge: Credits,
    /// Who says so.
    pub actor: String,
    /// And why.
    pub reason: String,
    /// Names this correction: the same name again corrects nothing more.
    pub name: Option<String>,
    /// The time.
    pub now: Instant,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjusted {
    /// What the request was charged before.
    pub before: Credits,
    /// What it is charged now.
    pub after: Credits,
    /// The change that gateways take in; the last one there was, where nothing moved.
    pub seq: ChangeSeq,
}

/// What a correction gave back to one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// The request.
    pub hold: HoldId,
    /// Which correction of the request, counted from 1.
    pub number: u64,
    /// The account.
    pub account: AccountId,
    /// How much.
    pub amount: Credits,
    /// Who corrected.
    pub actor: String,
    /// And why.
    pub reason: String,
    /// When.
    pub at: Instant,
}

/// A request that was charged by a journal after its gateway had died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indeterminate {
    /// The usage event.
    pub charge: Charge,
    /// What it is charged now.
    pub charged: Credits,
    /// What corrections gave back, in their order, each by account.
    pub adjustments: Vec<Adjustment>,
}
