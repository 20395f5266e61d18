//! What must be true of every answer and of the book after every step.

use ledger::{Admission, Book, Credits, Hold, Part, Refusal, Settlement, ShortOn};

use super::{Leases, World};
use crate::model::{self, Waiter, micros, pay};

pub(crate) fn same_hold(hold: &Hold, expected: &model::Hold) {
    let parts = hold.parts().iter().map(|part| (part.account, micros(part.amount), part.grant));
    let expected_parts = expected.parts.iter().map(|part| (part.account, part.amount, part.grant));
    assert_eq!(parts.collect::<Vec<_>>(), expected_parts.collect::<Vec<_>>());
    assert_eq!(
        (hold.id(), micros(hold.amount()), hold.group(), hold.project(), micros(hold.remaining())),
        (expected.id, expected.amount, expected.group, expected.project, expected.remaining)
    );
}

/// Every limit has the whole of a hold, and the grants have it together.
pub(crate) fn whole(hold: &Hold, extended: bool) {
    let (grants, limits): (Vec<&Part>, Vec<&Part>) =
        hold.parts().iter().partition(|part| part.grant.is_some());
    assert!(extended || limits.iter().all(|part| part.amount == hold.amount()));
    let burnt: i128 = grants.iter().map(|part| micros(part.amount)).sum();
    assert_eq!(burnt, micros(hold.amount()));
    assert!(hold.parts().iter().all(|part| !part.amount.is_zero()));
}

/// Nobody takes from an account that one before it waits for.
pub(crate) fn not_overtaking(hold: &Hold, ahead: &[Waiter]) {
    for part in hold.parts() {
        let awaited = ahead.iter().find(|waiter| waiter.short_on.contains(&part.account));
        assert!(awaited.is_none(), "{:?} is awaited by {awaited:?}", part.account);
    }
}

/// The refusal that no end of a running request could change.
pub(crate) fn lasting(answer: &Admission) -> Option<&Refusal> {
    match answer {
        Admission::Refused(Refusal::CreditsHeld(_) | Refusal::PeriodUnopened(_)) => None,
        Admission::Refused(refusal) => Some(refusal),
        Admission::Held(_) | Admission::Waiting(_) => None,
    }
}

/// A request is refused for what is left only if too little is left.
pub(crate) fn true_refusal(book: &Book, refusal: &Refusal) {
    let Refusal::Short(short) = refusal else { return };
    assert!(short.left < short.required, "{short:?}");
    assert!(micros(short.amount) - micros(short.spent) < micros(short.required), "{short:?}");
    if let ShortOn::Limit(limit) = &short.on {
        let said = |account: &&ledger::Account| {
            (account.amount(), account.spent(), account.held())
                == (short.amount, short.spent, short.held)
        };
        assert!(book.accounts().any(|account| said(&account)), "no account of {limit:?}");
    }
}

/// A settlement follows from the hold and the cost alone, and charges every level the same.
pub(crate) fn fair(settlement: &Settlement, hold: &model::Hold, cost: Credits) {
    let paid: Vec<_> = settlement.parts().iter().map(|part| micros(part.charged)).collect();
    assert_eq!(paid, pay(hold, micros(cost)));
    let charged = micros(settlement.charged());
    assert_eq!(charged, micros(cost).min(hold.amount));
    assert_eq!(micros(settlement.overrun()), micros(cost) - charged);
    let of_grants = settlement.parts().iter().filter(|part| part.held.grant.is_some());
    assert_eq!(of_grants.map(|part| micros(part.charged)).sum::<i128>(), charged);
    for part in settlement.parts() {
        assert!(part.charged <= part.held.amount);
        let limit_pays_all = part.charged == settlement.charged();
        let it_holds_less = part.held.amount < settlement.held();
        assert!(part.held.grant.is_some() || limit_pays_all || it_holds_less);
    }
}

impl World {
    /// The book against the model, and both against what must never be.
    pub(crate) fn check(&mut self) {
        let known: Vec<_> = self.book.accounts().map(ledger::Account::id).collect();
        let mut expected: Vec<_> = self.model.accounts.iter().map(|account| account.id).collect();
        expected.sort();
        assert_eq!(known, expected, "the accounts there are");
        assert_eq!(self.book.waiting(), self.model.queue.len());
        for account in self.book.accounts() {
            let (id, modelled) = (account.id(), self.model.account(account.id()));
            let figures = [account.amount(), account.spent(), account.free(), account.held()];
            let model = &self.model;
            let expected = [modelled.amount, modelled.spent, model.free(id), model.held(id)];
            assert_eq!(figures.map(micros), expected, "amount, spent, free, held of {id}");
            assert_eq!(micros(account.owed()), model.owed(id), "owed of {id}");
            assert_eq!((account.start(), account.end()), (modelled.start, modelled.end));
            let parts = self.running.iter().flat_map(Hold::parts);
            let parts = parts.filter(|part| part.account == id);
            assert_eq!(parts.map(|part| micros(part.amount)).sum::<i128>(), expected[3]);
            assert!(account.owed() <= account.held());
            assert!(expected.into_iter().all(|figure| figure >= 0));
            assert!(account.free().is_zero() || account.owed().is_zero());
        }
        self.check_store();
    }

    /// What the store thinks is leased is what the gateway has, and never too much.
    fn check_store(&mut self) {
        for (id, stored) in &mut self.store {
            let lease = self.model.accounts.iter().find(|account| account.id == *id);
            let returns = self.model.returns.iter().filter(|(account, _)| account == id);
            let here = lease.map_or(0, |account| account.lease)
                + returns.map(|(_, amount)| amount).sum::<i128>();
            assert_eq!(stored.leased, here, "lease of {id}");
            let Some(account) = lease else { continue };
            if account.amount != stored.amount {
                stored.amount = account.amount;
                stored.bound = account.amount.max(stored.spent + stored.leased);
            }
            let committed = stored.spent + stored.leased;
            assert!(self.leases != Leases::All || committed <= stored.bound, "over on {id}");
        }
    }

    /// What a gateway knows that leases everything.
    pub(crate) fn check_alone(&self) {
        for account in self.model.accounts.iter().filter(|it| !it.closed && self.now < it.end) {
            let id = account.id;
            if account.spent <= account.amount {
                let known = self.model.free(id) + self.model.held(id) - self.model.owed(id);
                assert_eq!(known, account.amount - account.spent, "free + held - owed of {id}");
            }
        }
        assert!(!self.running.is_empty() || self.book.waiting() == 0, "they wait for nobody");
    }
}
