//! What of an organisation is only read: names, projects, whom to ask.

use std::collections::HashMap;

use ledger::{GrantId, GroupId, MemberId, ProjectId};
use store::{Group, Member, OrgData, Project, Role};

/// The people and names of an organisation.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrgView {
    pub(super) members: HashMap<MemberId, Member>,
    pub(super) groups: HashMap<GroupId, Group>,
    projects: HashMap<String, Project>,
    /// Whether everything that is spent has to be charged to a project.
    pub(crate) require_project: bool,
    /// The groups that a restricted grant is for.
    pub(super) pools: HashMap<GrantId, Vec<GroupId>>,
}

impl OrgView {
    pub(crate) fn of(data: &OrgData) -> Self {
        let mut view = Self::default();
        view.put_org(&data.org);
        for member in &data.members {
            view.put_member(member.clone());
        }
        for group in &data.groups {
            view.groups.insert(group.id, group.clone());
        }
        for project in &data.projects {
            view.put_project(project.clone());
        }
        for grant in &data.grants {
            view.put_grant(&grant.grant);
        }
        view
    }

    pub(crate) const fn put_org(&mut self, org: &store::Org) {
        self.require_project = org.require_project;
    }

    pub(crate) fn put_member(&mut self, member: Member) {
        self.members.insert(member.standing.id, member);
    }

    pub(crate) fn put_group(&mut self, group: Group) {
        self.groups.insert(group.id, group);
    }

    pub(crate) fn put_project(&mut self, project: Project) {
        self.projects.retain(|_, known| known.id != project.id);
        self.projects.insert(project.slug.clone(), project);
    }

    pub(crate) fn put_grant(&mut self, grant: &ledger::Grant) {
        if let ledger::Access::Listed { groups, .. } = &grant.access {
            self.pools.insert(grant.id, groups.clone());
        } else {
            self.pools.remove(&grant.id);
        }
    }

    /// The project of this slug; `Err` when this member may not use it.
    pub(crate) fn project(&self, slug: &str, member: MemberId) -> Option<Result<ProjectId, ()>> {
        let project = self.projects.get(slug)?;
        let open = project.status == store::ProjectStatus::Active;
        let listed = project.members.as_ref().is_none_or(|members| members.contains(&member));
        Some(if open && listed { Ok(project.id) } else { Err(()) })
    }

    pub(super) fn admins(&self) -> impl Iterator<Item = &Member> {
        let mighty = |member: &&Member| matches!(member.role, Role::Owner | Role::Admin);
        self.members.values().filter(mighty)
    }
}
