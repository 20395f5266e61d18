//! The decision of one request, and of the queue in order.

use ledger::{AccountId, Book, Instant, Refusal};

use super::path::Path;
use super::{Answer, Decided, Hold, Micros, Model, Part, Request, Shortage, Waiter, micros};

/// What a request is told, before the queue is thought of.
enum Verdict {
    Held(Hold),
    Refused(Refusal),
    Short { on: Shortage, all: Vec<AccountId>, usable: Vec<AccountId> },
}

impl Model {
    pub(crate) fn admit(&mut self, request: Request, now: Instant) -> Answer {
        match self.verdict(&request, now) {
            Verdict::Held(hold) => Answer::Held(self.begin(hold)),
            Verdict::Refused(refusal) => Answer::Refused(refusal),
            Verdict::Short { on, usable, .. } if self.queue.len() >= Book::WAITING_MAX => {
                let short = self.short(on, &request, &usable, now);
                Answer::Refused(Refusal::CreditsHeld(Box::new(short)))
            }
            Verdict::Short { on, all, usable } => {
                self.arrivals += 1;
                let (number, short_on) = (self.arrivals, all);
                self.queue.push(Waiter { number, request, short_on, shortage: on, usable });
                Answer::Waiting(number)
            }
        }
    }

    /// Every waiter again, the first to come first; who waits still stands before the next.
    pub(crate) fn decide_queue(&mut self, now: Instant) -> Decided {
        let mut decided = Vec::new();
        for waiter in std::mem::take(&mut self.queue) {
            match self.verdict(&waiter.request, now) {
                Verdict::Held(hold) => decided.push((waiter.number, Ok(self.begin(hold)))),
                Verdict::Refused(refusal) => decided.push((waiter.number, Err(refusal))),
                Verdict::Short { on, all, usable } => {
                    self.queue.push(Waiter { short_on: all, shortage: on, usable, ..waiter });
                }
            }
        }
        self.give_recalled_back();
        decided
    }

    pub(crate) fn leave(&mut self, number: u64, now: Instant) -> (Refusal, Decided) {
        let place = self.queue.iter().position(|waiter| waiter.number == number).unwrap();
        let waiter = self.queue.remove(place);
        let short = self.short(waiter.shortage, &waiter.request, &waiter.usable, now);
        (Refusal::CreditsHeld(Box::new(short)), self.decide_queue(now))
    }

    /// What nobody before in the queue waits for.
    fn takeable(&self, account: AccountId) -> Micros {
        let awaited = self.queue.iter().any(|waiter| waiter.short_on.contains(&account));
        if awaited { 0 } else { self.free(account) }
    }

    fn verdict(&self, request: &Request, now: Instant) -> Verdict {
        let path = match self.path(&request.path, now) {
            Ok(path) => path,
            Err(refusal) => return Verdict::Refused(refusal),
        };
        let path = match (self.extended(request), path.unopened) {
            (Some(own), _) => self.extended_path(&own, path),
            (None, None) => path,
            (None, Some(limit)) => {
                let limit = self.limits.iter().find(|known| known.id == limit).unwrap();
                return Verdict::Refused(Refusal::PeriodUnopened(Box::new(limit.clone())));
            }
        };
        let (least, most) = (micros(request.quote.least), micros(request.quote.most));
        let free_of_grants: Micros = path.grants.iter().map(|id| self.takeable(*id)).sum();
        let of_limits = path.limits.iter().map(|id| self.takeable(*id));
        let affordable = of_limits.chain([free_of_grants]).min().unwrap();
        if affordable >= least {
            return Verdict::Held(self.hold(request, &path, most.min(affordable), affordable));
        }
        self.why_not(request, &path, least, now)
    }

    fn why_not(&self, request: &Request, path: &Path, least: Micros, now: Instant) -> Verdict {
        // What the request holds itself can never come free for it.
        let for_it = |id: &AccountId| (self.left(*id) - self.own(request, *id)).max(0);
        let mut none_left = path.limits.iter().filter(|id| for_it(id) < least);
        let mut on = none_left.next().map(|id| Shortage::Limit(*id));
        if on.is_none() && path.grants.iter().map(for_it).sum::<Micros>() < least {
            on = Some(Shortage::Grants);
        }
        if let Some(on) = on {
            let short = self.short(on, request, &path.grants, now);
            return Verdict::Refused(Refusal::Short(Box::new(short)));
        }
        let limits = path.limits.iter().copied();
        let mut all: Vec<_> = limits.filter(|id| self.takeable(*id) < least).collect();
        let on = all.first().map_or(Shortage::Grants, |id| Shortage::Limit(*id));
        if path.grants.iter().map(|id| self.takeable(*id)).sum::<Micros>() < least {
            all.extend(&path.grants);
        }
        Verdict::Short { on, all, usable: path.grants.clone() }
    }

    fn hold(&self, request: &Request, path: &Path, amount: Micros, affordable: Micros) -> Hold {
        let part = |id: AccountId, amount| {
            let account = self.account(id);
            let grant = match account.kind {
                super::Kind::Grant(kind) => Some(kind),
                super::Kind::Limit(_) => None,
            };
            Part { account: id, amount, grant, ends: account.end }
        };
        let mut parts: Vec<_> = path.limits.iter().map(|id| part(*id, amount)).collect();
        let mut unmet = amount;
        for id in &path.grants {
            let burnt = self.takeable(*id).min(unmet);
            unmet -= burnt;
            parts.push(part(*id, burnt));
        }
        parts.retain(|part| part.amount > 0);
        let (group, project) = (path.group, path.project);
        Hold { id: request.id, parts, amount, group, project, remaining: affordable - amount }
    }

    /// The hold that a request asks more for. One of nothing has no accounts to keep to.
    pub(crate) fn extended(&self, request: &Request) -> Option<Hold> {
        let running = self.holds.iter().find(|hold| hold.id == request.id && request.extends);
        running.filter(|hold| !hold.parts.is_empty()).cloned()
    }

    /// What a request that asks for more holds of an account already.
    pub(crate) fn own(&self, request: &Request, id: AccountId) -> Micros {
        let parts = self.extended(request).map(|hold| hold.parts).unwrap_or_default();
        parts.iter().filter(|part| part.account == id).map(|part| part.amount).sum()
    }

    /// More comes from the hold's own limits and grants, and from today's grants.
    fn extended_path(&self, own: &Hold, today: Path) -> Path {
        let open = own.parts.iter().filter(|part| !self.account(part.account).closed);
        let (grants, limits): (Vec<_>, Vec<_>) = open.partition(|part| part.grant.is_some());
        let mut burnt: Vec<_> = grants.iter().map(|part| part.account).collect();
        burnt.retain(|id| !today.grants.contains(id));
        burnt.extend(&today.grants);
        Path { limits: limits.iter().map(|part| part.account).collect(), grants: burnt, ..today }
    }

    /// A hold that runs from here on; an extension becomes part of the hold it extends.
    fn begin(&mut self, hold: Hold) -> Hold {
        self.holds.push(hold.clone());
        hold
    }
}
