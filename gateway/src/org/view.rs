//! What of an organisation is only read: names, projects, whom to ask.

use std::collections::HashMap;

use ledger::{GrantId, GroupId, MemberId, ProjectId};
use store::{Group, Member, OrgData, Project, Role, Subject};

/// The people and names of an organisation.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrgView {
    pub(super) members: HashMap<MemberId, Member>,
    /// Whom tokens mean.
    subjects: HashMap<Subject, MemberId>,
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
        let id = member.standing.id;
        let subjects = member.subjects.clone();
        if let Some(before) = self.members.insert(id, member) {
            for subject in &before.subjects {
                // It may have become another's in the meantime.
                if self.subjects.get(subject) == Some(&id) {
                    self.subjects.remove(subject);
                }
            }
        }
        self.subjects.extend(subjects.into_iter().map(|subject| (subject, id)));
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

    pub(crate) fn member(&self, id: MemberId) -> Option<&Member> {
        self.members.get(&id)
    }

    /// The member whom tokens call so.
    pub(crate) fn member_called(&self, subject: &Subject) -> Option<MemberId> {
        self.subjects.get(subject).copied()
    }

    /// The first of these groups, by id or name, that a member is in.
    pub(crate) fn own_group(&self, member: MemberId, names: &[Box<str>]) -> Option<GroupId> {
        let own = &self.members.get(&member)?.standing.groups;
        let called = |name: &str| own.iter().copied().find(|id| self.is_called(*id, name));
        names.iter().find_map(|name| called(name))
    }

    /// Those of these groups, by id or name, that there are, each once.
    pub(crate) fn groups_called(&self, names: &[Box<str>]) -> Vec<GroupId> {
        let mut found = Vec::new();
        for name in names {
            let called = self.groups.keys().copied().find(|id| self.is_called(*id, name));
            found.extend(called.filter(|id| !found.contains(id)));
        }
        found
    }

    fn is_called(&self, id: GroupId, name: &str) -> bool {
        name.parse() == Ok(id) || self.groups.get(&id).is_some_and(|group| group.name == name)
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
