//! How a hold ends.

use ledger::{HoldId, Instant, Refusal};

use super::{Decided, Hold, Micros, Model, Waiter};

/// What each part of a hold pays of a cost: limits the whole, grants one after the other.
pub(crate) fn pay(hold: &Hold, cost: Micros) -> Vec<Micros> {
    let charge = cost.min(hold.amount);
    let mut paid_by_grants = 0;
    let mut paid = Vec::new();
    for part in &hold.parts {
        let due = if part.grant.is_some() { charge - paid_by_grants } else { charge };
        let pays = due.min(part.amount);
        if part.grant.is_some() {
            paid_by_grants += pays;
        }
        paid.push(pays);
    }
    paid
}

impl Model {
    /// Ends the running hold of this id with a cost.
    pub(crate) fn end(&mut self, id: HoldId, cost: Micros, now: Instant) -> Decided {
        self.version += 1;
        // More for it is wanted no longer.
        let wants_more =
            |waiter: &Waiter| self.extended(&waiter.request).is_some_and(|hold| hold.id == id);
        let (gone, staying): (Vec<_>, Vec<_>) =
            self.queue.clone().into_iter().partition(wants_more);
        let mut decided: Decided = Vec::new();
        for Waiter { number, request, shortage, path, .. } in gone {
            let short = self.short(shortage, &request, &path.grants, now);
            decided.push((number, Err(Refusal::CreditsHeld(Box::new(short)))));
        }
        self.queue = staying;
        let place = self.holds.iter().position(|hold| hold.id == id).unwrap();
        let hold = self.holds.remove(place);
        for (part, paid) in hold.parts.iter().zip(pay(&hold, cost)) {
            let accounts = &mut self.accounts;
            let account = accounts.iter_mut().find(|account| account.id == part.account).unwrap();
            account.spent += paid;
            account.lease -= paid;
            account.charged = true;
        }
        self.give_back();
        decided.extend(self.decide_queue(now));
        decided
    }

    /// Makes the last two holds of an id one.
    pub(crate) fn join(&mut self, id: HoldId) {
        let place = self.holds.iter().rposition(|hold| hold.id == id).unwrap();
        let more = self.holds.remove(place);
        let hold = self.holds.iter_mut().find(|hold| hold.id == id).unwrap();
        hold.amount += more.amount;
        hold.remaining = more.remaining;
        for part in more.parts {
            match hold.parts.iter_mut().find(|own| own.account == part.account) {
                Some(own) => own.amount += part.amount,
                None => hold.parts.push(part),
            }
        }
        hold.parts.sort_by_key(|part| (part.grant, part.ends));
    }
}
