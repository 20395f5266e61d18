//! From a caller and a tool to the accounts that a request must pass.

use smallvec::SmallVec;

use super::{Book, LimitEntry};
use crate::account::AccountIndex;
use crate::{
    GroupId, Instant, KeyId, KeyStatus, Limit, MemberId, MemberStanding, MemberStatus, ProjectId,
    Refusal, Scope, Tool,
};

/// Who calls, for what: all that decides the path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathKey {
    /// The member that calls.
    pub member: MemberId,
    /// The key it calls with, unless it is a token.
    pub key: Option<KeyId>,
    /// The group that the token names.
    pub group: Option<GroupId>,
    /// The project that the request or the token names.
    pub project: Option<ProjectId>,
    /// The tool; `None` asks for what counts whatever the tool.
    pub tool: Option<Tool>,
}

/// Where a path stands in its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathIndex(usize);

#[derive(Debug)]
pub(super) struct Path {
    key: PathKey,
    /// Of which generation of the book it was resolved.
    generation: u64,
    /// First instant at which an account of it begins or ends.
    until: Instant,
    pub(super) resolved: Result<Resolved, Refusal>,
}

/// The accounts of a path at one time.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    /// In the order of checks.
    pub(super) limits: SmallVec<[AccountIndex; 8]>,
    /// In burn order.
    pub(super) grants: SmallVec<[AccountIndex; 4]>,
    pub(super) group: Option<GroupId>,
    pub(super) project: Option<ProjectId>,
}

impl Book {
    /// The path of a caller: found once, kept by the caller.
    pub fn path(&mut self, key: &PathKey) -> PathIndex {
        if let Some(index) = self.path_of.get(key) {
            return *index;
        }
        let index = PathIndex(self.paths.len());
        // Resolved at its first use: no generation is the one before the first.
        self.paths.push(Path {
            key: key.clone(),
            generation: u64::MAX,
            until: Instant::MIN,
            resolved: Err(Refusal::CredentialEnded),
        });
        self.path_of.insert(key.clone(), index);
        index
    }

    pub(super) fn resolved(
        &mut self,
        index: PathIndex,
        now: Instant,
    ) -> &Result<Resolved, Refusal> {
        let path = self.paths.get(index.0).expect("an index is only made for a path");
        if path.generation != self.generation || path.until <= now {
            let (resolved, until) = self.resolve(&path.key, now);
            let generation = self.generation;
            let path = self.paths.get_mut(index.0).expect("an index is only made for a path");
            (path.resolved, path.until, path.generation) = (resolved, until, generation);
        }
        let path = self.paths.get(index.0).expect("an index is only made for a path");
        &path.resolved
    }

    pub(super) fn path_key(&self, index: PathIndex) -> &PathKey {
        &self.paths.get(index.0).expect("an index is only made for a path").key
    }

    /// The path's accounts, or why there is none, and the instant until which that holds.
    fn resolve(&self, key: &PathKey, now: Instant) -> (Result<Resolved, Refusal>, Instant) {
        let (caller, expires) = match self.standing(key, now) {
            Ok(standing) => standing,
            Err(refusal) => return (Err(refusal), Instant::MAX),
        };
        let mut until = expires;
        let mut limits = SmallVec::new();
        for entry in self.limits.iter().filter(|entry| caller.counts(&entry.limit, key)) {
            let Some(account) = self.current(entry, now) else {
                // Asked again at once, since opening the period moves the generation.
                return (Err(Refusal::PeriodUnopened(Box::new(entry.limit.clone()))), until);
            };
            until = until.min(self.account(account).end);
            limits.push(account);
        }
        let mut grants = SmallVec::new();
        for grant in &self.grants {
            if !grant.access.admits(key.member, &caller.groups) || grant.end <= now {
                continue;
            }
            if now < grant.start {
                until = until.min(grant.start);
                continue;
            }
            until = until.min(grant.end);
            grants.extend(self.index.get(&grant.id.into()).copied());
        }
        let Caller { group, project, .. } = caller;
        (Ok(Resolved { limits, grants, group, project }), until)
    }

    fn current(&self, entry: &LimitEntry, now: Instant) -> Option<AccountIndex> {
        entry.periods.iter().copied().find(|index| self.account(*index).contains(now))
    }

    /// Who the caller is to the limits and grants, if it may spend at all, and until when.
    fn standing(&self, path: &PathKey, now: Instant) -> Result<(Caller, Instant), Refusal> {
        let member = self.members.get(&path.member).ok_or(Refusal::CredentialEnded)?;
        if member.status == MemberStatus::Deactivated {
            return Err(Refusal::CredentialEnded);
        }
        let mut caller = Caller::of(member, path);
        let mut until = Instant::MAX;
        let mut blocked = false;
        let mut key_tools = None;
        if let Some(id) = path.key {
            let key = self.keys.get(&id).ok_or(Refusal::CredentialEnded)?;
            if key.status == KeyStatus::Revoked || key.expires <= now || key.member != member.id {
                return Err(Refusal::CredentialEnded);
            }
            blocked = key.status == KeyStatus::Blocked;
            caller.group = path.group.or(key.group).or(member.home);
            caller.project = path.project.or(key.project);
            key_tools = key.tools.as_ref();
            until = key.expires;
        }
        if blocked {
            return Err(Refusal::KeyBlocked);
        }
        let Some(tool) = &path.tool else { return Ok((caller, until)) };
        if member.status == MemberStatus::AccessRemoved {
            return Err(Refusal::AccessRemoved);
        }
        let listed = |tools: &Vec<Tool>| tools.contains(tool);
        if !member.tools.as_ref().is_none_or(listed) || !key_tools.is_none_or(listed) {
            return Err(Refusal::ToolNotAllowed);
        }
        Ok((caller, until))
    }
}

/// A caller that may spend: what its limits and grants are found by.
struct Caller {
    group: Option<GroupId>,
    project: Option<ProjectId>,
    groups: SmallVec<[GroupId; 4]>,
}

impl Caller {
    fn of(member: &MemberStanding, path: &PathKey) -> Self {
        Self {
            group: path.group.or(member.home),
            project: path.project,
            groups: member.groups.iter().copied().collect(),
        }
    }

    fn counts(&self, limit: &Limit, path: &PathKey) -> bool {
        let scope = match limit.scope {
            Scope::Org => true,
            Scope::Group(id) => self.group == Some(id),
            Scope::Project(id) => self.project == Some(id),
            Scope::Member(id) => path.member == id,
            Scope::Key(id) => path.key == Some(id),
        };
        scope && limit.tool.as_ref().is_none_or(|tool| path.tool.as_ref() == Some(tool))
    }
}
