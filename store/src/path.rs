//! How many accounts a single request could have to pass.

use std::collections::HashMap;

use ledger::{Access, Grant, KeyId, Limit, MemberId, Scope, Tool};

use crate::{Key, Member};

/// The longest path that these limits and grants give to any caller and any tool.
///
/// A caller is a member with one of its keys or a token, which may name any group and project; a
/// caller without limits or groups of its own is always counted, as one may be made at any time.
/// Give the grants that have not ended.
#[must_use]
pub fn longest_path(limits: &[Limit], grants: &[Grant], members: &[Member], keys: &[Key]) -> usize {
    let owners: HashMap<_, _> =
        keys.iter().map(|key| (key.standing.id, key.standing.member)).collect();
    let burns = |member: &Member, grant: &Grant| {
        grant.access.admits(member.standing.id, &member.standing.groups)
    };
    let burnt = |member| grants.iter().filter(|grant| burns(member, grant)).count();
    let burnt: HashMap<_, _> =
        members.iter().map(|member| (member.standing.id, burnt(member))).collect();
    let everyones = grants.iter().filter(|grant| grant.access == Access::Everyone).count();

    // `None` stands for every tool that no limit names.
    let named = limits.iter().filter_map(|limit| limit.tool.as_ref()).map(Some);
    let longest = |tool| {
        let counts = Counts::of(limits, tool);
        let own = counts.of_members(&owners);
        let callers = burnt.iter().map(|(id, grants)| own.get(id).unwrap_or(&0) + grants);
        counts.of_everyone() + callers.max().unwrap_or(0).max(everyones)
    };
    named.chain([None]).map(longest).max().unwrap_or(0)
}

/// How many limits each scope has that count one tool.
struct Counts(HashMap<Scope, usize>);

impl Counts {
    fn of(limits: &[Limit], tool: Option<&Tool>) -> Self {
        let mut counts = HashMap::new();
        let counting = |limit: &&Limit| limit.tool.is_none() || limit.tool.as_ref() == tool;
        for limit in limits.iter().filter(counting) {
            *counts.entry(limit.scope).or_default() += 1;
        }
        Self(counts)
    }

    /// The organisation's, with those of the group and the project that have the most.
    fn of_everyone(&self) -> usize {
        self.most(|scope| scope == Scope::Org)
            + self.most(|scope| matches!(scope, Scope::Group(_)))
            + self.most(|scope| matches!(scope, Scope::Project(_)))
    }

    fn most(&self, kind: impl Fn(Scope) -> bool) -> usize {
        let counts = self.0.iter().filter(|(scope, _)| kind(**scope)).map(|(_, count)| *count);
        counts.max().unwrap_or(0)
    }

    /// Each member's, with those of the one of its keys that has the most.
    fn of_members(&self, owners: &HashMap<KeyId, MemberId>) -> HashMap<MemberId, usize> {
        let mut keys: HashMap<MemberId, usize> = HashMap::new();
        let mut members: HashMap<MemberId, usize> = HashMap::new();
        for (scope, count) in &self.0 {
            match scope {
                Scope::Member(id) => *members.entry(*id).or_default() += count,
                Scope::Key(key) => {
                    if let Some(owner) = owners.get(key) {
                        let most = keys.entry(*owner).or_default();
                        *most = (*most).max(*count);
                    }
                }
                Scope::Project(_) | Scope::Group(_) | Scope::Org => {}
            }
        }
        for (owner, most) in keys {
            *members.entry(owner).or_default() += most;
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use ledger::{Credits, GroupId, LimitId, MemberStanding, MemberStatus, OrgId, Period};

    use super::*;
    use crate::Role;

    fn limit(id: u128, scope: Scope, tool: Option<&str>) -> Limit {
        let (id, tool) = (LimitId::from_u128(id), tool.map(Tool::new));
        Limit { id, scope, tool, period: Period::Day, amount: Credits::ZERO }
    }

    fn member(id: u128) -> Member {
        let standing = MemberStanding {
            id: MemberId::from_u128(id),
            status: MemberStatus::Active,
            home: None,
            groups: Vec::new(),
            tools: None,
        };
        let org = OrgId::from_u128(1);
        Member {
            org,
            name: String::new(),
            email: None,
            service_account: false,
            role: Role::Member,
            job_role: None,
            standing,
            subjects: Vec::new(),
            tokens_valid_after: ledger::Instant::MIN,
            rates: crate::Rates::default(),
        }
    }

    #[test]
    fn limits_that_no_single_caller_meets_are_not_counted_together() {
        let groups = (1..=20).map(|id| limit(id, Scope::Group(GroupId::from_u128(id)), None));
        let groups: Vec<_> = groups.collect();
        assert_eq!(longest_path(&groups, &[], &[], &[]), 1);
        let members = (1..=20).map(|id| limit(id, Scope::Member(MemberId::from_u128(id)), None));
        let members: Vec<_> = members.collect();
        assert_eq!(longest_path(&members, &[], &[member(1), member(2)], &[]), 1);
    }

    #[test]
    fn a_tools_own_limits_come_beside_those_for_all_tools() {
        let limits = [
            limit(1, Scope::Org, None),
            limit(2, Scope::Org, Some("chatbot")),
            limit(3, Scope::Org, Some("text-to-image")),
            limit(4, Scope::Member(MemberId::from_u128(1)), Some("chatbot")),
        ];
        assert_eq!(longest_path(&limits, &[], &[member(1), member(2)], &[]), 3);
    }
}
