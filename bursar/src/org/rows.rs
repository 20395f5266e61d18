//! What the rows of the file become in the store.

use anyhow::bail;
use ledger::{
    Access, Credits, Grant, GrantId, Instant, KeyStanding, KeyStatus, Limit, LimitId,
    MemberStanding, MemberStatus, Tool,
};
use store::{Group, Key, Member, Money, Org, Plan, Project, ProjectStatus, Subject};

use super::file::{GrantRow, KeyRow, LimitRow, MemberRow, ProjectRow, SubjectRow};
use super::import::Import;
use super::names::fresh;

impl From<SubjectRow> for Subject {
    fn from(SubjectRow { issuer, subject }: SubjectRow) -> Self {
        Self { issuer, subject }
    }
}

impl Import<'_> {
    pub(super) fn org(&self) -> Org {
        let price = Money { minor: 0, currency: "EUR".to_owned() };
        Org {
            id: self.id,
            name: self.file.name.clone(),
            plan: Plan { name: "none".to_owned(), allocation: Credits::ZERO, price },
            time_zone: self.file.time_zone.clone(),
            anchor_day: self.file.anchor_day,
            contact: self.file.contact.clone(),
            created: self.now,
            require_project: self.file.require_project,
            rates: self.file.rates.into(),
        }
    }

    pub(super) fn group(&self, name: &str, managers: &[String]) -> anyhow::Result<Group> {
        let (id, managers) = (self.names.groups.id(name)?, self.names.members.all(managers)?);
        Ok(Group { id, org: self.id, name: name.to_owned(), managers })
    }

    pub(super) fn member(&self, row: &MemberRow) -> anyhow::Result<Member> {
        let groups = self.names.groups.all(&row.groups)?;
        Ok(Member {
            org: self.id,
            name: row.name.clone(),
            email: row.email.clone(),
            service_account: row.service_account,
            role: row.role,
            job_role: None,
            standing: MemberStanding {
                id: self.names.members.id(&row.name)?,
                status: MemberStatus::Active,
                home: groups.first().copied(),
                groups,
                tools: row.tools.clone(),
            },
            subjects: row.subjects.iter().cloned().map(Into::into).collect(),
            tokens_valid_after: Instant::MIN,
            rates: row.rates.into(),
        })
    }

    /// # Errors
    /// A member that nobody is.
    pub(super) fn project(&self, row: &ProjectRow) -> anyhow::Result<Project> {
        let members = row.members.as_ref().map(|names| self.names.members.all(names));
        Ok(Project {
            id: self.names.projects.id(&row.slug)?,
            org: self.id,
            slug: row.slug.clone(),
            client: row.client.clone(),
            status: ProjectStatus::Active,
            members: members.transpose()?,
        })
    }

    /// A key that nothing opens yet.
    ///
    /// # Errors
    /// A name that nobody has, or a group or a project that is not for its member.
    pub(super) fn key(&self, row: &KeyRow) -> anyhow::Result<Key> {
        let owner = self.file.members.iter().find(|member| member.name == row.member);
        if let Some(group) = &row.group
            && owner.is_some_and(|owner| !owner.groups.contains(group))
        {
            bail!("`{}` is not in the group `{group}` of its key `{}`", row.member, row.name);
        }
        let project = self.file.projects.iter().find(|of| Some(&of.slug) == row.project.as_ref());
        let listed = project.and_then(|project| project.members.as_ref());
        if listed.is_some_and(|listed| !listed.contains(&row.member)) {
            bail!("`{}` may not use the project of its key `{}`", row.member, row.name);
        }
        let (project, group) = (row.project.as_deref(), row.group.as_deref());
        let standing = KeyStanding {
            id: self.names.keys.id(&row.name)?,
            member: self.names.members.id(&row.member)?,
            status: KeyStatus::Active,
            expires: row.expires,
            group: group.map(|name| self.names.groups.id(name)).transpose()?,
            project: project.map(|slug| self.names.projects.id(slug)).transpose()?,
            tools: row.tools.clone(),
        };
        Ok(Key {
            org: self.id,
            name: row.name.clone(),
            hint: String::new(),
            surface: row.surface,
            created: self.now,
            standing,
            models: row.models.clone(),
            ips: row.ips.clone(),
            rates: row.rates.into(),
            secrets: Vec::new(),
            version: 0,
        })
    }

    pub(super) fn grant(&self, row: &GrantRow) -> anyhow::Result<Grant> {
        let members = self.names.members.all(&row.members)?;
        let groups = self.names.groups.all(&row.groups)?;
        let access = if members.is_empty() && groups.is_empty() {
            Access::Everyone
        } else {
            Access::Listed { members, groups }
        };
        let (kind, amount, now) = (row.kind, row.amount, self.now);
        let id = GrantId::from_u128(fresh());
        Ok(Grant { id, kind, amount, start: now, end: Instant::MAX, created: now, access })
    }

    pub(super) fn limit(&self, row: &LimitRow) -> anyhow::Result<Limit> {
        Ok(Limit {
            id: LimitId::from_u128(fresh()),
            scope: self.names.scope(row)?,
            tool: row.tool.as_deref().map(Tool::new),
            period: row.period,
            amount: row.amount,
        })
    }
}
