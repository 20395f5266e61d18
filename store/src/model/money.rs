//! Grants, limits, and the accounts that they make.

use ledger::{
    Access, CountsFrom, Credits, Grant, Instant, Limit, LimitId, LineSource, OrgId, PeriodOpened,
    Scope,
};

use super::feed::Entity;
use super::state::{Account, GrantRequest, People, State, StoredLimit};
use crate::{
    Calendar, ChangeSeq, Error, MAX_PATH, PeriodSpans, Result, grant_fingerprint, longest_path,
    period_account,
};

impl State {
    pub(super) fn put_grant(
        &mut self,
        org: OrgId,
        grant: &Grant,
        idempotency: Option<&str>,
    ) -> Result<(Grant, ChangeSeq)> {
        let name = idempotency.map(|name| (org, name.to_owned()));
        if let Some(first) = name.as_ref().and_then(|name| self.grant_requests.get(name)) {
            if grant_fingerprint(&first.asked) != grant_fingerprint(grant) {
                return Err(Error::Conflict("the name was used for another grant".to_owned()));
            }
            let (id, seq) = (first.asked.id, ChangeSeq(first.seq));
            let stored = self.org_grant(org, id).map(|stored| stored.grant);
            return stored
                .map(|grant| (grant, seq))
                .ok_or_else(|| Error::Corrupt(format!("{id} is gone")));
        }
        let people = self.people(org)?;
        if let Access::Listed { members, groups } = &grant.access {
            people.require_members(members)?;
            people.require_groups(groups)?;
        }
        let stored = people.grants.get(&grant.id).cloned();
        self.put_grant_account(org, grant, stored.as_ref())?;
        self.people(org)?.grants.insert(grant.id, grant.clone());
        let seq = self.record(org, Entity::Grant(grant.id));
        if let Some(name) = name {
            self.grant_requests.insert(name, GrantRequest { asked: grant.clone(), seq: seq.0 });
        }
        Ok((grant.clone(), seq))
    }

    fn put_grant_account(
        &mut self,
        org: OrgId,
        grant: &Grant,
        stored: Option<&Grant>,
    ) -> Result<()> {
        let known = self.money.accounts.contains_key(&grant.id.into());
        let taken = stored.is_none() && known;
        let keeps = |stored: &Grant| {
            (stored.kind, stored.start, stored.created) == (grant.kind, grant.start, grant.created)
        };
        if taken || !stored.is_none_or(keeps) {
            return Err(Error::Conflict(format!("{} is another grant", grant.id)));
        }
        let account = self.money.accounts.entry(grant.id.into()).or_insert_with(|| Account {
            org,
            limit: None,
            source: LineSource::Grant(grant.kind),
            start: grant.start,
            end: grant.end,
            amount: grant.amount,
            spent: Credits::ZERO,
            opened_with: Credits::ZERO,
            closed: false,
        });
        (account.amount, account.end) = (grant.amount, grant.end);
        Ok(())
    }

    pub(super) fn put_limit(
        &mut self,
        org: OrgId,
        limit: &Limit,
        counts_from: CountsFrom,
        now: Instant,
    ) -> Result<ChangeSeq> {
        let people = self.people(org)?;
        people.require_scope(limit.scope)?;
        people.require_identity(limit)?;
        people.require_short_paths(limit, now)?;
        let opens_at_zero = counts_from == CountsFrom::Now;
        let make = || StoredLimit { limit: limit.clone(), opens_at_zero, removed: false };
        let stored = people.limits.entry(limit.id).or_insert_with(make);
        if stored.removed {
            *stored = make();
        }
        stored.limit.amount = limit.amount;
        for account in self.money.accounts.values_mut() {
            if account.limit == Some(limit.id) && !account.closed && account.end > now {
                account.amount = limit.amount;
            }
        }
        Ok(self.record(org, Entity::Limit(limit.id)))
    }

    pub(super) fn remove_limit(&mut self, org: OrgId, id: LimitId) -> Result<ChangeSeq> {
        let missing = || Error::Conflict(format!("{org} has no limit {id}"));
        let people = self.orgs.get_mut(&org).ok_or_else(missing)?;
        let stored = people.limits.get_mut(&id).filter(|stored| !stored.removed);
        stored.ok_or_else(missing)?.removed = true;
        for account in self.money.accounts.values_mut() {
            if account.limit == Some(id) {
                account.closed = true;
            }
        }
        Ok(self.record(org, Entity::Limit(id)))
    }

    pub(super) fn open_periods(&mut self, org: OrgId, at: Instant) -> Result<Vec<PeriodOpened>> {
        let Some(people) = self.orgs.get(&org) else { return Ok(Vec::new()) };
        let limits = people.limits.values().filter(|stored| !stored.removed);
        let limits: Vec<_> =
            limits.map(|stored| (stored.limit.clone(), stored.opens_at_zero)).collect();
        let calendar = Calendar::new(&people.org.time_zone, people.org.anchor_day)
            .map_err(|error| Error::Corrupt(error.to_string()))?;
        // All or none: where one span cannot be told, no account is made.
        let money = self.money.clone();
        let opened: Result<Vec<_>> = limits
            .iter()
            .map(|(limit, zero)| self.open_period(org, limit, *zero, &calendar, at))
            .collect();
        match &opened {
            Err(_) => self.money = money,
            Ok(opened) => {
                for period in opened {
                    let people = self.people(org)?;
                    if let Some(stored) = people.limits.get_mut(&period.limit) {
                        stored.opens_at_zero = false;
                    }
                }
            }
        }
        opened
    }

    fn open_period(
        &mut self,
        org: OrgId,
        limit: &Limit,
        opens_at_zero: bool,
        calendar: &Calendar,
        at: Instant,
    ) -> Result<PeriodOpened> {
        let mut spans = PeriodSpans::default();
        for (id, account) in &self.money.accounts {
            if account.limit != Some(limit.id) {
                continue;
            }
            spans.made += 1;
            if account.closed {
                continue;
            }
            let Account { start, end, spent, .. } = *account;
            if start <= at && at < end {
                return Ok(PeriodOpened { limit: limit.id, account: *id, start, end, spent });
            }
            spans.open.push((start, end));
        }
        let (start, end) = spans
            .next(calendar, limit.period, at)
            .map_err(|error| Error::Conflict(error.to_string()))?;
        let spent =
            if opens_at_zero { Credits::ZERO } else { self.spent_by_scope(org, limit, start, end) };
        let id = period_account(limit.id, spans.made, start);
        let account = Account {
            org,
            limit: Some(limit.id),
            source: LineSource::Limit,
            start,
            end,
            amount: limit.amount,
            spent,
            opened_with: spent,
            closed: false,
        };
        self.money.accounts.insert(id, account);
        Ok(PeriodOpened { limit: limit.id, account: id, start, end, spent })
    }

    fn spent_by_scope(&self, org: OrgId, limit: &Limit, start: Instant, end: Instant) -> Credits {
        let mut spent = Credits::ZERO;
        for charge in self.charges.values() {
            let counts = charge.org == org
                && (start..end).contains(&charge.admitted)
                && limit.tool.as_ref().is_none_or(|tool| *tool == charge.tool)
                && match limit.scope {
                    Scope::Org => true,
                    Scope::Group(id) => charge.group == Some(id),
                    Scope::Project(id) => charge.project == Some(id),
                    Scope::Member(id) => charge.member == id,
                    Scope::Key(id) => charge.key == Some(id),
                };
            if counts {
                spent = spent.saturating_add(charge.charged);
            }
        }
        spent
    }
}

impl People {
    fn require_scope(&self, scope: Scope) -> Result<()> {
        let there = match scope {
            Scope::Org => true,
            Scope::Group(id) => self.groups.contains_key(&id),
            Scope::Project(id) => self.projects.contains_key(&id),
            Scope::Member(id) => self.members.contains_key(&id),
            Scope::Key(id) => self.keys.contains_key(&id),
        };
        let missing = || Error::Conflict(format!("{} has no such {}", self.org.id, scope.kind()));
        if there { Ok(()) } else { Err(missing()) }
    }

    /// A limit keeps its scope, tool and period, and no other one has the same.
    fn require_identity(&self, limit: &Limit) -> Result<()> {
        let identity = |limit: &Limit| (limit.scope, limit.tool.clone(), limit.period);
        let contradicts = |stored: &&StoredLimit| {
            if stored.limit.id == limit.id {
                identity(&stored.limit) != identity(limit)
            } else {
                !stored.removed && identity(&stored.limit) == identity(limit)
            }
        };
        match self.limits.values().find(contradicts) {
            Some(other) => Err(Error::Conflict(format!("{} is in the way", other.limit.id))),
            None => Ok(()),
        }
    }

    fn require_short_paths(&self, new: &Limit, now: Instant) -> Result<()> {
        let others = self.limits.values().filter(|stored| !stored.removed);
        let others = others.map(|stored| &stored.limit).filter(|limit| limit.id != new.id);
        let limits: Vec<_> = others.chain([new]).cloned().collect();
        let grants: Vec<_> =
            self.grants.values().filter(|grant| grant.end > now).cloned().collect();
        let members: Vec<_> = self.members.values().cloned().collect();
        let keys: Vec<_> = self.keys.values().cloned().collect();
        let longest = longest_path(&limits, &grants, &members, &keys);
        if longest <= MAX_PATH {
            return Ok(());
        }
        Err(Error::Conflict(format!("a path would have {longest} accounts, more than {MAX_PATH}")))
    }
}
