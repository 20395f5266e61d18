//! Whether a caller may spend at all, and for whom it does.

use super::{Book, PathKey};
use crate::{
    GroupId, Instant, KeyStanding, KeyStatus, MemberStanding, MemberStatus, ProjectId, Refusal,
    Scope, Tool,
};

/// A caller that may spend: what its limits and grants are found by.
pub(super) struct Caller<'a> {
    pub(super) member: &'a MemberStanding,
    pub(super) group: Option<GroupId>,
    pub(super) project: Option<ProjectId>,
    /// Until when it may, unless something changes.
    pub(super) until: Instant,
}

impl Book {
    /// Who a caller is to the limits and grants; refused if it may not spend.
    pub(super) fn caller(&self, path: &PathKey, now: Instant) -> Result<Caller<'_>, Refusal> {
        let member = self.members.get(&path.member).ok_or(Refusal::CredentialEnded)?;
        if member.status == MemberStatus::Deactivated {
            return Err(Refusal::CredentialEnded);
        }
        let key = match path.key {
            Some(id) => Some(self.keys.get(&id).ok_or(Refusal::CredentialEnded)?),
            None => None,
        };
        if let Some(key) = key {
            if key.status == KeyStatus::Revoked || key.expires <= now || key.member != member.id {
                return Err(Refusal::CredentialEnded);
            }
            if key.status == KeyStatus::Blocked {
                return Err(Refusal::KeyBlocked);
            }
        }
        if let Some(tool) = &path.tool {
            may_use(tool, member, key)?;
        }
        Ok(Caller {
            member,
            group: path.group.or(key.and_then(|key| key.group)).or(member.home),
            project: path.project.or(key.and_then(|key| key.project)),
            until: key.map_or(Instant::MAX, |key| key.expires),
        })
    }
}

fn may_use(tool: &Tool, member: &MemberStanding, key: Option<&KeyStanding>) -> Result<(), Refusal> {
    if member.status == MemberStatus::AccessRemoved {
        return Err(Refusal::AccessRemoved);
    }
    let lists = [member.tools.as_ref(), key.and_then(|key| key.tools.as_ref())];
    if lists.into_iter().flatten().any(|tools| !tools.contains(tool)) {
        return Err(Refusal::ToolNotAllowed);
    }
    Ok(())
}

impl Caller<'_> {
    /// Whose spending it is: the narrowest scope first, in the order of checks.
    pub(super) fn scopes(&self, path: &PathKey) -> impl Iterator<Item = Scope> {
        let scopes = [
            path.key.map(Scope::Key),
            Some(Scope::Member(path.member)),
            self.project.map(Scope::Project),
            self.group.map(Scope::Group),
            Some(Scope::Org),
        ];
        scopes.into_iter().flatten()
    }
}
