//! Limits: set, changed, removed, revived.

use ledger::{CountsFrom, Instant, Limit, LimitId, OrgId, Scope};

use super::feed::Entity;
use super::state::{People, State, StoredLimit};
use crate::{ChangeSeq, Error, MAX_PATH, Result, longest_path};

impl State {
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
        let money = self.money.clone();
        for account in self.money.accounts.values_mut() {
            if account.limit == Some(limit.id) && !account.closed && account.end > now {
                account.recalled &= limit.amount <= account.amount;
                account.amount = limit.amount;
            }
        }
        self.reach_limits(&money, now);
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
