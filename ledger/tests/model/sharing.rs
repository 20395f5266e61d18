//! Accounts that other gateways spend from too.

use ledger::{AccountId, Answer, Figures, Instant, LowPath, PathKey, ShortOf, Verdict};

use super::{Account, Decided, Hold, Micros, Model, Shortage, micros};

/// What the store is asked for a waiter: its number, limits and grants with what it has of them.
pub(crate) type Ask = (u64, Vec<(AccountId, Micros)>, Vec<(AccountId, Micros)>);

impl Model {
    /// The first so many that wait; what is free towards them is laid down.
    pub(crate) fn asks(&mut self, most: usize) -> Vec<Ask> {
        let mut asks = Vec::new();
        for place in 0..most.min(self.queue.len()) {
            let waiter = self.queue[place].clone();
            let path = &waiter.path;
            self.queue[place].stance.asked_for.clone_from(&path.grants);
            let own = |id: &AccountId| (*id, self.own(&waiter.request, *id));
            let [limits, grants] =
                [&path.limits, &path.grants].map(|ids| ids.iter().map(own).collect());
            asks.push((waiter.number, limits, grants));
            let (limits, grants) = match self.too_little_left(&waiter.request, path, |_| true) {
                None => (path.limits.clone(), path.grants.clone()),
                Some(Shortage::Limit(id)) => (vec![id], Vec::new()),
                Some(Shortage::Grants) => (Vec::new(), path.grants.clone()),
            };
            let most = micros(waiter.request.quote.most);
            for id in limits {
                self.lay_down(id, most);
            }
            let mut unmet = most;
            for id in grants {
                unmet -= self.lay_down(id, unmet);
            }
        }
        asks
    }

    /// Takes out of what is free of an account.
    pub(crate) fn lay_down(&mut self, id: AccountId, at_most: Micros) -> Micros {
        let amount = at_most.min(self.free(id));
        self.find(id).lease -= amount;
        self.goes_back(id, amount);
        amount
    }

    /// What goes back is there for a later wish.
    pub(crate) fn goes_back(&mut self, id: AccountId, amount: Micros) {
        if amount > 0 {
            self.returns.push((id, amount));
            for account in self.accounts.iter_mut().filter(|account| account.id == id) {
                account.drained = false;
            }
        }
    }

    pub(crate) fn take_answer(
        &mut self,
        answer: &Answer,
        verdicts: &[(u64, Verdict)],
        now: Instant,
    ) -> Decided {
        self.version += 1;
        for figures in &answer.figures {
            self.learn(figures);
            self.believe(figures);
        }
        for (number, verdict) in verdicts {
            self.hear(*number, *verdict);
        }
        for (account, amount) in &answer.leased {
            self.lease(*account, micros(*amount));
        }
        self.recalled.clone_from(&answer.recalled);
        let decided = self.decide_queue(now);
        self.retire(now);
        decided
    }

    fn hear(&mut self, number: u64, verdict: Verdict) {
        let Some(waiter) = self.queue.iter_mut().find(|waiter| waiter.number == number) else {
            return;
        };
        waiter.stance.answered = true;
        waiter.stance.said = Some(verdict);
        let Verdict::Short { on, lasting: true } = verdict else { return };
        let named = match on {
            ShortOf::Limit(account) => vec![account],
            ShortOf::Grants => waiter.stance.asked_for.clone(),
        };
        for account in &mut self.accounts {
            account.lasting |= named.contains(&account.id);
        }
    }

    pub(crate) fn unanswered(&mut self, now: Instant) -> Decided {
        for waiter in &mut self.queue {
            waiter.stance.answered = true;
        }
        self.decide_queue(now)
    }

    pub(crate) fn learn(&mut self, figures: &Figures) {
        if let Some(account) = self.accounts.iter_mut().find(|it| it.id == figures.account) {
            account.learn(micros(figures.spent), micros(figures.refunded));
            account.drained = figures.drained;
        }
    }

    /// A request to the store is made: it reports all that was charged until now.
    pub(crate) fn take_returns(&mut self) -> Vec<(AccountId, Micros)> {
        self.accounts.iter_mut().for_each(|account| account.charged = false);
        std::mem::take(&mut self.returns)
    }

    /// Where nothing runs and nothing was charged since, the store knows best.
    fn believe(&mut self, figures: &Figures) {
        let is_held = |hold: &Hold| hold.parts.iter().any(|part| part.account == figures.account);
        if self.holds.iter().any(is_held) {
            return;
        }
        if let Some(account) = self.accounts.iter_mut().find(|it| it.id == figures.account)
            && !account.charged
        {
            let charged = micros(figures.spent) + micros(figures.refunded);
            account.spent = (charged - account.refunded).max(0);
        }
    }

    /// Another ceiling. Of a lower one only the store knows what all have beyond it.
    pub(crate) fn resize(&mut self, id: AccountId, amount: Micros) {
        let shared = self.shared;
        let account = self.find(id);
        if account.amount == amount {
            return;
        }
        (account.drained, account.lasting) = (false, false);
        let lower = shared && amount < account.amount;
        account.indebted |= lower;
        account.amount = amount;
        if lower {
            self.lowered.push(id);
        }
    }

    pub(crate) fn mark_low(&mut self, id: AccountId, low: Micros) {
        if self.accounts.iter().any(|account| account.id == id) {
            let free = self.free(id);
            let account = self.find(id);
            account.low = low;
            account.told_low = account.told_low && free < low;
        }
    }

    /// What a hold left low that was not known to be, and not wanted back.
    pub(crate) fn note_low(&mut self, caller: &PathKey, hold: &Hold, now: Instant) {
        let mut fell = false;
        for part in &hold.parts {
            let free = self.free(part.account);
            let account = self.find(part.account);
            if free < account.low && !account.told_low {
                account.told_low = true;
                fell |= !self.recalled.contains(&part.account);
            }
        }
        if fell && self.low.iter().all(|(known, _)| known != caller) {
            let path = self.path(caller, now).unwrap();
            let low = LowPath { limits: path.limits, grants: path.grants };
            self.low.push((caller.clone(), low));
        }
    }

    fn find(&mut self, id: AccountId) -> &mut Account {
        self.accounts.iter_mut().find(|account| account.id == id).unwrap()
    }
}

impl Account {
    /// What has been charged is the larger of what is known here and there.
    pub(crate) fn learn(&mut self, spent: Micros, refunded: Micros) {
        let charged = (spent + refunded).max(self.spent + self.refunded);
        if refunded > self.refunded {
            (self.drained, self.lasting) = (false, false);
        }
        self.refunded = self.refunded.max(refunded);
        self.spent = charged - self.refunded;
    }
}
