//! Who is in an installation: what `bursar org import` reads, and what it answers.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// An organisation that is to be made, in which people, groups and keys are known by their names.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct People {
    pub(crate) name: String,
    pub(crate) groups: Vec<GroupRow>,
    pub(crate) members: Vec<MemberRow>,
    pub(crate) keys: Vec<KeyRow>,
    pub(crate) grants: Vec<GrantRow>,
    pub(crate) limits: Vec<LimitRow>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct GroupRow {
    pub(crate) name: String,
}

/// A member; the first of its groups is its home.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MemberRow {
    pub(crate) name: String,
    pub(crate) groups: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct KeyRow {
    pub(crate) name: String,
    pub(crate) member: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct GrantRow {
    pub(crate) kind: &'static str,
    pub(crate) amount: String,
    pub(crate) members: Vec<String>,
    pub(crate) groups: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct LimitRow {
    pub(crate) scope: &'static str,
    pub(crate) of: String,
    pub(crate) period: &'static str,
    pub(crate) amount: String,
}

/// What was made of it: the ids in the same order, and what opens the keys.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Imported {
    pub(crate) org: String,
    pub(crate) members: Vec<Named>,
    pub(crate) keys: Vec<Opened>,
    pub(crate) grants: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) id: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Opened {
    pub(crate) name: String,
    pub(crate) id: String,
    /// Its secret.
    pub(crate) key: String,
}

impl People {
    /// Adds a group.
    pub(crate) fn group(&mut self, name: &str) {
        self.groups.push(GroupRow { name: name.to_owned() });
    }

    /// Adds a member of these groups, and its keys.
    pub(crate) fn member(&mut self, name: &str, groups: &[&str], keys: &[&str]) {
        let groups = groups.iter().map(|&group| group.to_owned()).collect();
        self.members.push(MemberRow { name: name.to_owned(), groups });
        let key = |&key: &&str| KeyRow { name: key.to_owned(), member: name.to_owned() };
        self.keys.extend(keys.iter().map(key));
    }

    /// Adds a grant for these members and groups.
    pub(crate) fn grant(
        &mut self,
        kind: &'static str,
        amount: u64,
        members: &[&str],
        groups: &[&str],
    ) {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let (members, groups) = (owned(members), owned(groups));
        self.grants.push(GrantRow { kind, amount: amount.to_string(), members, groups });
    }

    /// Adds a limit without an end.
    pub(crate) fn limit(&mut self, scope: &'static str, of: &str, amount: u64) {
        let (of, amount) = (of.to_owned(), amount.to_string());
        self.limits.push(LimitRow { scope, of, period: "total", amount });
    }
}

impl Imported {
    /// The id of the member of this name.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn member(&self, name: &str) -> Result<&str> {
        let member = self.members.iter().find(|member| member.name == name);
        Ok(&member.with_context(|| format!("no member {name}"))?.id)
    }
}
