//! The feed of changes: every change is kept, and read as things are now.

use std::collections::BTreeMap;

use ledger::{AccountId, GrantId, GroupId, KeyId, LimitId, MemberId, OrgId, ProjectId};

use super::state::State;
use crate::{Change, ChangeSeq, Changed};

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entity {
    Org,
    Group(GroupId),
    Project(ProjectId),
    Member(MemberId),
    Key(KeyId),
    Grant(GrantId),
    Limit(LimitId),
    Refund(AccountId),
    /// By issuer and id.
    Token((String, String)),
}

impl State {
    pub(super) fn record(&mut self, org: OrgId, entity: Entity) -> ChangeSeq {
        self.last_change += 1;
        self.changes.push((self.last_change, org, entity));
        ChangeSeq(self.last_change)
    }

    pub(super) fn changes_since(&self, after: ChangeSeq, max: usize) -> Vec<Change> {
        let changes = self.changes.iter().filter(|(seq, _, _)| *seq > after.0);
        let last: BTreeMap<_, _> =
            changes.map(|(seq, org, entity)| ((*org, entity.clone()), *seq)).collect();
        let mut last: Vec<_> = last.into_iter().map(|(what, seq)| (seq, what)).collect();
        last.sort_unstable();
        let as_they_are = last.into_iter().filter_map(|(seq, (org, entity))| {
            let what = self.as_it_is(org, entity)?;
            Some(Change { seq: ChangeSeq(seq), org, what })
        });
        as_they_are.take(max).collect()
    }

    fn as_it_is(&self, org: OrgId, entity: Entity) -> Option<Changed> {
        let people = self.orgs.get(&org)?;
        Some(match entity {
            Entity::Org => Changed::Org(people.org.clone()),
            Entity::Group(id) => Changed::Group(people.groups.get(&id)?.clone()),
            Entity::Project(id) => Changed::Project(people.projects.get(&id)?.clone()),
            Entity::Member(id) => Changed::Member(people.members.get(&id)?.clone()),
            Entity::Key(id) => Changed::Key(self.key_as_used(people.keys.get(&id)?)),
            Entity::Grant(id) => Changed::Grant(self.org_grant(org, id)?),
            Entity::Token(name) => Changed::TokenRevoked(people.revoked_tokens.get(&name)?.clone()),
            Entity::Refund(account) => {
                let total = self.money.accounts.get(&account)?.come_back();
                Changed::Refunded { account, total }
            }
            Entity::Limit(id) => match people.limits.get(&id)? {
                stored if stored.removed => Changed::LimitRemoved(id),
                stored => Changed::Limit(stored.limit.clone()),
            },
        })
    }
}
