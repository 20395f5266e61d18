//! What a sync asks for beside what it reports.

use std::sync::Arc;

use ledger::{AccountId, OrgId, Ticket};
use store::{Ask, Asked, Refill};

use super::Ledger;
use crate::org::Org;

/// On whose behalf a shard is synced.
#[derive(Default)]
pub(crate) struct Wish {
    /// The organisations that ask for something.
    pub(crate) orgs: Vec<Arc<Org>>,
    /// The store is asked even if there is nothing to say to it.
    pub(crate) in_any_case: bool,
}

impl Wish {
    pub(crate) fn of(org: &Arc<Org>) -> Self {
        Self { orgs: vec![Arc::clone(org)], in_any_case: false }
    }
}

/// What is asked for.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) ask: Vec<Ask>,
    /// Who waits for the answers, in the same order.
    pub(super) waiting: Vec<(OrgId, Ticket)>,
    pub(super) refill: Vec<Refill>,
    /// Whose accounts they are.
    pub(super) owners: Vec<(AccountId, OrgId)>,
}

impl Ledger {
    /// The requests that wait. What is free of what they are short of leaves the books, so that the
    /// same sync gives it back and asks for the whole.
    pub(super) fn ask(&self, wish: &Wish) -> Wanted {
        let now = self.clock.since_boot();
        let mut wanted = Wanted::default();
        for org in wish.orgs.iter().filter(|org| !org.is_quarantined()) {
            for waiting in org.asks(now) {
                let asked = |accounts: Vec<(AccountId, _)>| {
                    let asked = |(account, own)| Asked { account, own };
                    accounts.into_iter().map(asked).collect()
                };
                let ask = Ask {
                    hold: waiting.hold,
                    limits: asked(waiting.limits),
                    grants: asked(waiting.grants),
                    least: waiting.least,
                    most: waiting.most,
                };
                let accounts = ask.limits.iter().chain(&ask.grants);
                wanted.owners.extend(accounts.map(|asked| (asked.account, org.id())));
                wanted.waiting.push((org.id(), waiting.ticket));
                wanted.ask.push(ask);
            }
        }
        wanted
    }

    /// The wishes for more, to be met after the asks.
    pub(super) fn wish(&self, wish: &Wish, wanted: &mut Wanted) {
        let (live, now) = (self.live(), self.clock.since_boot());
        for org in wish.orgs.iter().filter(|org| !org.is_quarantined()) {
            let refills = org.refills(live, now);
            let accounts = refills.iter().flat_map(|refill| &refill.accounts);
            wanted.owners.extend(accounts.map(|account| (*account, org.id())));
            wanted.refill.extend(refills);
        }
    }
}

impl Wanted {
    pub(super) fn is_empty(&self) -> bool {
        self.ask.is_empty() && self.refill.is_empty()
    }
}
