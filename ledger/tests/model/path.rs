//! Who calls, and which accounts that makes.

use ledger::{
    AccountId, GroupId, Instant, KeyStatus, LimitId, MemberStatus, PathKey, ProjectId, Refusal,
    Scope,
};

use super::{Kind, Model};

#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) limits: Vec<AccountId>,
    pub(crate) grants: Vec<AccountId>,
    /// Grants that come first because a running hold burns them already.
    pub(crate) past: usize,
    pub(crate) unopened: Option<LimitId>,
    pub(crate) group: Option<GroupId>,
    pub(crate) project: Option<ProjectId>,
}

impl Model {
    pub(crate) fn path(&self, caller: &PathKey, now: Instant) -> Result<Path, Refusal> {
        let member = self.members.iter().find(|member| member.id == caller.member);
        let member = member.ok_or(Refusal::CredentialEnded)?;
        let key = self.keys.iter().find(|key| Some(key.id) == caller.key);
        let ended = member.status == MemberStatus::Deactivated
            || caller.key.is_some() != key.is_some()
            || key.is_some_and(|key| key.status == KeyStatus::Revoked)
            || key.is_some_and(|key| key.expires <= now || key.member != member.id);
        if ended {
            return Err(Refusal::CredentialEnded);
        }
        if key.is_some_and(|key| key.status == KeyStatus::Blocked) {
            return Err(Refusal::KeyBlocked);
        }
        if let Some(tool) = &caller.tool {
            if member.status == MemberStatus::AccessRemoved {
                return Err(Refusal::AccessRemoved);
            }
            let mut lists = vec![member.tools.clone()];
            lists.extend(key.map(|key| key.tools.clone()));
            if lists.iter().flatten().any(|list| !list.contains(tool)) {
                return Err(Refusal::ToolNotAllowed);
            }
        }
        let group = caller.group.or(key.and_then(|key| key.group)).or(member.home);
        let project = caller.project.or(key.and_then(|key| key.project));
        let (limits, unopened) = self.limits_of(caller, group, project, now);
        let grants = self.grants_of(caller, now);
        Ok(Path { limits, grants, past: 0, unopened, group, project })
    }

    fn limits_of(
        &self,
        caller: &PathKey,
        group: Option<GroupId>,
        project: Option<ProjectId>,
        now: Instant,
    ) -> (Vec<AccountId>, Option<LimitId>) {
        let mut limits = self.limits.clone();
        limits.retain(|limit| match limit.scope {
            Scope::Key(id) => caller.key == Some(id),
            Scope::Member(id) => caller.member == id,
            Scope::Project(id) => project == Some(id),
            Scope::Group(id) => group == Some(id),
            Scope::Org => true,
        });
        limits.retain(|limit| limit.tool.is_none() || limit.tool == caller.tool);
        // The narrowest scope, the one tool before all, the shortest period.
        limits.sort_by_key(|limit| {
            let breadth = ["key", "member", "project", "group", "org"];
            let breadth = breadth.iter().position(|kind| *kind == limit.scope.kind());
            (breadth, limit.tool.is_none(), limit.period, limit.id)
        });
        let (mut accounts, mut unopened) = (Vec::new(), None);
        for limit in limits {
            let mut periods = self.accounts.iter().filter(|account| {
                account.kind == Kind::Limit(limit.id) && !account.closed && account.start <= now
            });
            match periods.find(|account| now < account.end) {
                Some(account) => accounts.push(account.id),
                None if unopened.is_none() => unopened = Some(limit.id),
                None => {}
            }
        }
        (accounts, unopened)
    }

    /// What the caller may burn: by kind, then what ends first, then the oldest.
    fn grants_of(&self, caller: &PathKey, now: Instant) -> Vec<AccountId> {
        let mut grants = self.grants.clone();
        grants.retain(|grant| grant.start <= now && now < grant.end);
        grants.retain(|grant| self.admits(grant, caller.member));
        grants.sort_by_key(|grant| (grant.kind, grant.end, grant.created, grant.id));
        grants.iter().map(|grant| grant.id.into()).collect()
    }
}
