//! What of an organisation is only read: names, projects, whom to ask.

use std::collections::HashMap;

use ledger::{GrantId, GroupId, MemberId, ProjectId};
use store::{Group, Member, OrgData, Project, Role};

/// The people and names of an organisation.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrgView {
    pub(super) members: HashMap<MemberId, Member>,
    pub(super) groups: HashMap<GroupId, Group>,
    projects: HashMap<ProjectId, Project>,
    slugs: HashMap<String, ProjectId>,
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
        self.slugs.retain(|_, known| *known != project.id);
        self.slugs.insert(project.slug.clone(), project.id);
        self.projects.insert(project.id, project);
    }

    pub(crate) fn put_grant(&mut self, grant: &ledger::Grant) {
        if let ledger::Access::Listed { groups, .. } = &grant.access {
            self.pools.insert(grant.id, groups.clone());
        } else {
            self.pools.remove(&grant.id);
        }
    }

    pub(crate) fn project(&self, id: ProjectId) -> Option<&Project> {
        self.projects.get(&id)
    }

    /// The project of this slug.
    pub(crate) fn project_called(&self, slug: &str) -> Option<&Project> {
        self.projects.get(self.slugs.get(slug)?)
    }

    pub(super) fn admins(&self) -> impl Iterator<Item = &Member> {
        let mighty = |member: &&Member| matches!(member.role, Role::Owner | Role::Admin);
        self.members.values().filter(mighty)
    }
}
