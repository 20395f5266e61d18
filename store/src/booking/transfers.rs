//! What a sync adds to the money ledger: a transfer for each grant that was burnt, and one for what
//! the platform paid.

use std::collections::BTreeMap;

use ledger::{AccountId, Credits, OrgId};

use super::TouchedAccounts;
use crate::SyncRequest;

/// A transfer of a sync, from a grant or from the platform to what was consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burnt {
    /// The organisation.
    pub org: OrgId,
    /// The transfer's number.
    pub transfer: u64,
    /// The grant that paid; `None` for an overrun, which the platform paid.
    pub grant: Option<AccountId>,
    /// How much; more than nothing.
    pub amount: Credits,
}

/// The transfers of a sync, numbered within each organisation after its last: its grants by id, then
/// its overrun.
#[must_use]
pub fn transfers(
    request: &SyncRequest,
    accounts: &TouchedAccounts,
    last: impl Fn(OrgId) -> u64,
) -> Vec<Burnt> {
    let mut transfers = Vec::new();
    let mut numbers: BTreeMap<OrgId, u64> = BTreeMap::new();
    let mut add = |org: OrgId, grant: Option<AccountId>, amount: Credits| {
        let number = numbers.entry(org).or_insert_with(|| last(org));
        *number += 1;
        transfers.push(Burnt { org, transfer: *number, grant, amount });
    };
    for (id, account) in accounts.iter().filter(|(_, account)| account.now.is_grant()) {
        let burnt = account.now.spent.saturating_sub(account.before.spent);
        if !burnt.is_zero() {
            add(account.now.org, Some(*id), burnt);
        }
    }
    let mut overruns: BTreeMap<OrgId, Credits> = BTreeMap::new();
    for charge in request.events.iter().filter(|charge| !charge.overrun.is_zero()) {
        let sum = overruns.entry(charge.org).or_default();
        *sum = sum.saturating_add(charge.overrun);
    }
    for (org, overrun) in overruns {
        add(org, None, overrun);
    }
    transfers
}
