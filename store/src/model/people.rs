//! Organisations and those in them.

use std::collections::BTreeMap;

use ledger::{GroupId, MemberId, OrgId};

use super::feed::Entity;
use super::state::{People, State};
use crate::{Calendar, ChangeSeq, Error, Group, Member, Org, OrgData, OrgGrant, Project, Result};

impl State {
    pub(super) fn put_org(&mut self, org: &Org) -> Result<ChangeSeq> {
        Calendar::new(&org.time_zone, org.anchor_day)
            .map_err(|error| Error::Conflict(error.to_string()))?;
        let people = self.orgs.entry(org.id).or_insert_with(|| People {
            org: org.clone(),
            groups: BTreeMap::new(),
            projects: BTreeMap::new(),
            members: BTreeMap::new(),
            keys: BTreeMap::new(),
            grants: BTreeMap::new(),
            limits: BTreeMap::new(),
            revoked_tokens: BTreeMap::new(),
        });
        people.org = org.clone();
        Ok(self.record(org.id, Entity::Org))
    }

    pub(super) fn change_org(&mut self, read: &Org, org: &Org) -> Result<ChangeSeq> {
        if self.people(org.id)?.org != *read {
            return Err(Error::Stale(org.id.to_string()));
        }
        self.put_org(org)
    }

    pub(super) fn put_group(&mut self, group: &Group) -> Result<ChangeSeq> {
        self.people(group.org)?.groups.insert(group.id, group.clone());
        Ok(self.record(group.org, Entity::Group(group.id)))
    }

    pub(super) fn put_project(&mut self, project: &Project) -> Result<ChangeSeq> {
        let people = self.people(project.org)?;
        let mut others = people.projects.values().filter(|other| other.id != project.id);
        if others.any(|other| other.slug == project.slug) {
            return Err(Error::Conflict(format!("another project is called `{}`", project.slug)));
        }
        people.projects.insert(project.id, project.clone());
        Ok(self.record(project.org, Entity::Project(project.id)))
    }

    pub(super) fn put_member(&mut self, member: &Member) -> Result<ChangeSeq> {
        let people = self.people(member.org)?;
        people.require_groups(member.standing.groups.iter().chain(&member.standing.home))?;
        people.require_free_subjects(member)?;
        people.members.insert(member.standing.id, member.clone());
        Ok(self.record(member.org, Entity::Member(member.standing.id)))
    }

    pub(super) fn change_member(&mut self, read: &Member, member: &Member) -> Result<ChangeSeq> {
        let id = member.standing.id;
        if self.people(member.org)?.members.get(&id) != Some(read) {
            return Err(Error::Stale(id.to_string()));
        }
        self.put_member(member)
    }

    pub(super) fn load(&self, org: OrgId) -> Option<OrgData> {
        let people = self.orgs.get(&org)?;
        let limits = people.limits.values().filter(|stored| !stored.removed);
        Some(OrgData {
            org: people.org.clone(),
            groups: people.groups.values().cloned().collect(),
            projects: people.projects.values().cloned().collect(),
            members: people.members.values().cloned().collect(),
            keys: people.keys.values().map(|key| self.key_as_used(key)).collect(),
            grants: people.grants.keys().filter_map(|id| self.org_grant(org, *id)).collect(),
            limits: limits.map(|stored| stored.limit.clone()).collect(),
            revoked_tokens: people.revoked_tokens.values().cloned().collect(),
            seq: ChangeSeq(self.last_change),
        })
    }

    pub(super) fn org_grant(&self, org: OrgId, id: ledger::GrantId) -> Option<OrgGrant> {
        let grant = self.orgs.get(&org)?.grants.get(&id)?.clone();
        let account = self.money.accounts.get(&id.into())?;
        let (spent, leased) = (account.counted(), self.money.leased(id.into()));
        let (refunded, expired) = (account.come_back(), account.expired);
        Some(OrgGrant { grant, spent, leased, refunded, expired })
    }
}

impl People {
    pub(super) fn require_groups<'a>(
        &self,
        groups: impl IntoIterator<Item = &'a GroupId>,
    ) -> Result<()> {
        match groups.into_iter().find(|group| !self.groups.contains_key(group)) {
            Some(group) => Err(Error::Conflict(format!("{} has no group {group}", self.org.id))),
            None => Ok(()),
        }
    }

    pub(super) fn require_members<'a>(
        &self,
        members: impl IntoIterator<Item = &'a MemberId>,
    ) -> Result<()> {
        match members.into_iter().find(|member| !self.members.contains_key(member)) {
            Some(member) => Err(Error::Conflict(format!("{} has no member {member}", self.org.id))),
            None => Ok(()),
        }
    }
}
