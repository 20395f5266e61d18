//! The ids behind the names of a file.

use std::collections::HashMap;

use anyhow::{Context, bail};
use ledger::{GroupId, KeyId, MemberId, ProjectId, Scope};
use uuid::Uuid;

use super::file::{LimitRow, OrgFile};

/// An id for each name, made for this import.
pub(super) struct Names {
    pub(super) groups: Ids<GroupId>,
    pub(super) members: Ids<MemberId>,
    pub(super) projects: Ids<ProjectId>,
    pub(super) keys: Ids<KeyId>,
}

/// Those of one kind.
pub(super) struct Ids<I> {
    what: &'static str,
    ids: HashMap<String, I>,
}

impl Names {
    /// # Errors
    /// A name that two of a kind have.
    pub(super) fn of(file: &OrgFile) -> anyhow::Result<Self> {
        let groups = file.groups.iter().map(|row| &row.name);
        let members = file.members.iter().map(|row| &row.name);
        let projects = file.projects.iter().map(|row| &row.slug);
        let keys = file.keys.iter().map(|row| &row.name);
        Ok(Self {
            groups: Ids::of("group", groups, || GroupId::from_u128(fresh()))?,
            members: Ids::of("member", members, || MemberId::from_u128(fresh()))?,
            projects: Ids::of("project", projects, || ProjectId::from_u128(fresh()))?,
            keys: Ids::of("key", keys, || KeyId::from_u128(fresh()))?,
        })
    }

    /// Whose spending a limit counts.
    ///
    /// # Errors
    /// A kind of scope that there is not, or a name that nobody has.
    pub(super) fn scope(&self, row: &LimitRow) -> anyhow::Result<Scope> {
        Ok(match (row.scope.as_str(), row.of.as_deref()) {
            ("org", None) => Scope::Org,
            ("group", Some(name)) => Scope::Group(self.groups.id(name)?),
            ("project", Some(slug)) => Scope::Project(self.projects.id(slug)?),
            ("member", Some(name)) => Scope::Member(self.members.id(name)?),
            ("key", Some(name)) => Scope::Key(self.keys.id(name)?),
            (scope, of) => bail!("a limit cannot have the scope `{scope}` of {of:?}"),
        })
    }
}

impl<I: Copy> Ids<I> {
    fn of<'a>(
        what: &'static str,
        names: impl Iterator<Item = &'a String>,
        mut id: impl FnMut() -> I,
    ) -> anyhow::Result<Self> {
        let mut ids = HashMap::new();
        for name in names {
            if ids.insert(name.clone(), id()).is_some() {
                bail!("there are two of the name `{name}`; give each {what} its own");
            }
        }
        Ok(Self { what, ids })
    }

    /// # Errors
    /// Nobody has the name.
    pub(super) fn id(&self, name: &str) -> anyhow::Result<I> {
        let id = self.ids.get(name).copied();
        id.with_context(|| format!("there is no {} `{name}` in the file", self.what))
    }

    /// # Errors
    /// Nobody has one of the names.
    pub(super) fn all(&self, names: &[String]) -> anyhow::Result<Vec<I>> {
        names.iter().map(|name| self.id(name)).collect()
    }
}

/// The digits of a new id.
pub(super) fn fresh() -> u128 {
    Uuid::now_v7().as_u128()
}
