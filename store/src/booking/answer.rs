//! What asks and wishes are answered, and what the node is told of its accounts.

use std::collections::BTreeSet;

use ledger::{AccountId, Credits};

use super::{Touched, TouchedAccounts};
use crate::{Decided, Figures, SyncAnswer, SyncRequest, decide_leases};

/// Answers once charges and returns are booked.
pub(super) fn answer(
    request: &SyncRequest,
    accounts: &mut TouchedAccounts,
    held: &BTreeSet<AccountId>,
    when: Decided,
) -> SyncAnswer {
    let leasable = |(id, account): (&AccountId, &Touched)| (*id, account.now.leasable());
    let mut leasable = accounts.iter().map(leasable).collect();
    let decision = decide_leases(&request.ask, &request.refill, when, &mut leasable);
    for granted in &decision.granted {
        let account = accounts.get_mut(&granted.account).expect("only what is known is leased");
        account.now.lease(request.epoch, granted.amount);
    }
    for (id, leasable) in leasable {
        let account = accounts.get_mut(&id).expect("they are the same");
        account.now.recalled = leasable.recalled;
    }
    SyncAnswer {
        granted: decision.granted,
        verdicts: decision.verdicts,
        figures: figures(request, accounts),
        recalled: recalled(request, accounts, held),
    }
}

fn figures(request: &SyncRequest, accounts: &TouchedAccounts) -> Vec<Figures> {
    let named: BTreeSet<_> = request.leasing().collect();
    let figures = |id: AccountId| {
        let account = &accounts.get(&id)?.now;
        Some(Figures {
            account: id,
            amount: account.amount,
            spent: account.spent.saturating_add(account.written_off),
            refunded: account.refunded.saturating_add(account.written_back),
            drained: account.available().is_zero(),
        })
    };
    named.into_iter().filter_map(figures).collect()
}

fn recalled(
    request: &SyncRequest,
    accounts: &TouchedAccounts,
    held: &BTreeSet<AccountId>,
) -> Vec<AccountId> {
    let untouched = held.iter().copied().filter(|id| !accounts.contains_key(id));
    let touched = accounts.iter().filter(|(_, account)| {
        let lease = account.now.leases.get(&request.epoch);
        account.now.recalled && lease.is_some_and(|lease| *lease > Credits::ZERO)
    });
    let recalled: BTreeSet<_> = untouched.chain(touched.map(|(id, _)| *id)).collect();
    recalled.into_iter().collect()
}
