//! A caller: whose credit it spends, and the paths it has already found.

use std::sync::Arc;

use arc_swap::ArcSwap;
use ledger::{KeyId, MemberId, PathIndex, PathKey, ProjectId, Scope, Surface, Tool};
use store::SecretHash;

use super::SecretUse;
use crate::org::Org;

/// A path by what it is asked for with.
type KnownPath = (Option<Tool>, Option<ProjectId>, PathIndex);

/// Whom a credential identifies.
pub(crate) struct Caller {
    pub(crate) org: Arc<Org>,
    pub(crate) member: MemberId,
    pub(super) credential: Credential,
    paths: ArcSwap<Vec<KnownPath>>,
}

/// By what it is identified.
pub(super) enum Credential {
    Key { id: KeyId, last_use: Arc<SecretUse> },
}

impl Caller {
    /// Whom a secret of a key identifies.
    pub(crate) fn of_key(org: Arc<Org>, member: MemberId, key: KeyId, secret: SecretHash) -> Self {
        let last_use = Arc::new(SecretUse::none(secret));
        let credential = Credential::Key { id: key, last_use };
        Self { org, member, credential, paths: ArcSwap::default() }
    }

    /// The key, unless it is a token.
    pub(crate) const fn key(&self) -> Option<KeyId> {
        match self.credential {
            Credential::Key { id, .. } => Some(id),
        }
    }

    /// When its secret was used last, unless it is a token.
    pub(crate) const fn last_use(&self) -> Option<&Arc<SecretUse>> {
        match &self.credential {
            Credential::Key { last_use, .. } => Some(last_use),
        }
    }

    /// Where its calls come from.
    pub(crate) fn surface(&self) -> Surface {
        match &self.credential {
            Credential::Key { id, .. } => self.org.key(*id).map_or(Surface::Api, |key| key.surface),
        }
    }

    /// The project that its calls are charged to unless they name another.
    pub(crate) fn own_project(&self) -> Option<ProjectId> {
        match &self.credential {
            Credential::Key { id, .. } => self.org.key(*id)?.standing.project,
        }
    }

    /// Whose calls a call of it is counted among: the narrowest first.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = Scope> + use<> {
        let key = self.key().map(Scope::Key);
        key.into_iter().chain([Scope::Member(self.member), Scope::Org])
    }

    /// The caller's path for a tool; found in the book once.
    pub(crate) fn path(&self, tool: Option<&Tool>, project: Option<ProjectId>) -> PathIndex {
        let known = |paths: &[KnownPath]| {
            let path = paths.iter().find(|path| path.0.as_ref() == tool && path.1 == project);
            path.map(|path| path.2)
        };
        if let Some(path) = known(&self.paths.load()) {
            return path;
        }
        let path = self.org.path(&PathKey {
            member: self.member,
            key: self.key(),
            group: None,
            project,
            tool: tool.cloned(),
        });
        self.paths.rcu(|paths| {
            let mut paths = Vec::clone(paths);
            if known(&paths).is_none() {
                paths.push((tool.cloned(), project, path));
            }
            paths
        });
        path
    }
}
