//! The decision of one request, and of the queue in order.

use ledger::{AccountId, Book, Instant, Refusal};

use super::path::Path;
use super::{
    Answer, Decided, Hold, Micros, Model, Part, Request, Shortage, Stance, Waiter, micros,
};

/// What a request is told, before the queue is thought of.
enum Verdict {
    Held(Hold),
    Refused(Refusal),
    Short { on: Shortage, all: Vec<AccountId>, path: Path },
}

impl Model {
    pub(crate) fn admit(&mut self, request: Request, now: Instant) -> Answer {
        let stance = Stance::default();
        match self.verdict(&request, &stance, now) {
            Verdict::Held(hold) => Answer::Held(self.begin(&request, hold, now)),
            Verdict::Refused(refusal) => Answer::Refused(refusal),
            Verdict::Short { on, path, .. } if self.queue.len() >= Book::WAITING_MAX => {
                let short = self.short(on, &request, &path.grants, now);
                Answer::Refused(Refusal::CreditsHeld(Box::new(short)))
            }
            Verdict::Short { on, all, path } => {
                self.arrivals += 1;
                let (number, short_on) = (self.arrivals, all);
                self.queue.push(Waiter { number, request, short_on, shortage: on, path, stance });
                Answer::Waiting(number)
            }
        }
    }

    /// Every waiter again, the first to come first; who waits still stands before the next.
    pub(crate) fn decide_queue(&mut self, now: Instant) -> Decided {
        let mut decided = Vec::new();
        let mut waiting = std::mem::take(&mut self.queue);
        // Before anybody keeps others off, whom the store has leased to.
        waiting.retain(|waiter| {
            if waiter.stance.said != Some(ledger::Verdict::Leased) {
                return true;
            }
            match self.verdict(&waiter.request, &waiter.stance, now) {
                Verdict::Held(hold) => {
                    let hold = self.begin(&waiter.request, hold, now);
                    decided.push((waiter.number, Ok(hold)));
                    false
                }
                Verdict::Refused(_) | Verdict::Short { .. } => true,
            }
        });
        for mut waiter in waiting {
            match self.verdict(&waiter.request, &waiter.stance, now) {
                Verdict::Held(hold) => {
                    let hold = self.begin(&waiter.request, hold, now);
                    decided.push((waiter.number, Ok(hold)));
                }
                Verdict::Refused(refusal) => decided.push((waiter.number, Err(refusal))),
                Verdict::Short { on, all, path } => {
                    waiter.stance.said = None;
                    self.queue.push(Waiter { short_on: all, shortage: on, path, ..waiter });
                }
            }
        }
        self.give_recalled_back();
        decided.sort_by_key(|(number, _)| *number);
        decided
    }

    pub(crate) fn leave(&mut self, number: u64, now: Instant) -> (Refusal, Decided) {
        let place = self.queue.iter().position(|waiter| waiter.number == number).unwrap();
        let waiter = self.queue.remove(place);
        let short = self.short(waiter.shortage, &waiter.request, &waiter.path.grants, now);
        (Refusal::CreditsHeld(Box::new(short)), self.decide_queue(now))
    }

    /// What nobody before in the queue waits for.
    fn takeable(&self, account: AccountId) -> Micros {
        let awaited = self.queue.iter().any(|waiter| waiter.short_on.contains(&account));
        if awaited { 0 } else { self.free(account) }
    }

    fn verdict(&self, request: &Request, stance: &Stance, now: Instant) -> Verdict {
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
        let of_limits = path.limits.iter().map(|id| self.takeable(*id));
        let affordable = of_limits.chain([self.of_grants(&path)]).min().unwrap();
        // Less than all of it will do where the store has nothing more to say.
        let needed = if self.shared && !stance.answered { most } else { least };
        if affordable >= needed {
            return Verdict::Held(self.hold(request, &path, most.min(affordable)));
        }
        self.why_not(request, stance, path, needed, now)
    }

    fn why_not(
        &self,
        request: &Request,
        stance: &Stance,
        path: Path,
        needed: Micros,
        now: Instant,
    ) -> Verdict {
        // Only the store knows what is left of a shared account, and it may have said so for good.
        let said = matches!(stance.said, Some(ledger::Verdict::Short { .. }));
        let certain = |id: &AccountId| !self.shared || self.account(*id).lasting;
        let short = self.too_little_left(request, &path, certain);
        if let Some(on) = short.or(self.too_little_left(request, &path, |_| said)) {
            let short = self.short(on, request, &path.grants, now);
            return Verdict::Refused(Refusal::Short(Box::new(short)));
        }
        let limits = path.limits.iter().copied();
        let mut all: Vec<_> = limits.filter(|id| self.takeable(*id) < needed).collect();
        let on = all.first().map_or(Shortage::Grants, |id| Shortage::Limit(*id));
        if stance.said == Some(ledger::Verdict::InDoubt) {
            let short = self.short(on, request, &path.grants, now);
            return Verdict::Refused(Refusal::CreditsInDoubt(Box::new(short)));
        }
        if self.of_grants(&path) < needed {
            all.extend(&path.grants);
        }
        Verdict::Short { on, all, path }
    }

    /// The first of a path, among those that count, of which less is left than a request needs.
    pub(crate) fn too_little_left(
        &self,
        request: &Request,
        path: &Path,
        counts: impl Fn(&AccountId) -> bool,
    ) -> Option<Shortage> {
        // What the request holds itself can never come free for it.
        let for_it = |id: &AccountId| (self.left(*id) - self.own(request, *id)).max(0);
        let least = micros(request.quote.least);
        let limits = path.limits.iter().filter(|id| for_it(id) < least && counts(id));
        let limit = limits.map(|id| Shortage::Limit(*id)).next();
        let of_grants = path.grants.iter().map(for_it).sum::<Micros>();
        let grants = of_grants < least && path.grants.iter().all(&counts);
        limit.or(grants.then_some(Shortage::Grants))
    }

    /// What may be taken of the grants: of shared ones up to the first that the store has more of.
    fn of_grants(&self, path: &Path) -> Micros {
        let mut grants = path.grants.clone();
        let more = |id: &AccountId| self.shared && !self.account(*id).drained;
        if let Some(first) = path.grants.iter().skip(path.past).position(more) {
            grants.truncate(path.past + first + 1);
        }
        grants.iter().map(|id| self.takeable(*id)).sum()
    }

    fn hold(&self, request: &Request, path: &Path, amount: Micros) -> Hold {
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
        let beside = |id: &AccountId| {
            if self.shared { (self.left(*id) - self.held(*id)).max(0) } else { self.takeable(*id) }
        };
        let of_grants = path.grants.iter().map(beside).sum();
        let beside = path.limits.iter().map(beside).fold(of_grants, Micros::min);
        let remaining = (beside - amount).max(0);
        Hold { id: request.id, parts, amount, group, project, remaining }
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
        let past = burnt.len();
        burnt.extend(&today.grants);
        let limits = limits.iter().map(|part| part.account).collect();
        Path { limits, grants: burnt, past, ..today }
    }

    /// A hold that runs from here on; an extension becomes part of the hold it extends.
    fn begin(&mut self, request: &Request, hold: Hold, now: Instant) -> Hold {
        self.holds.push(hold.clone());
        self.note_low(&request.path, &hold, now);
        hold
    }
}
