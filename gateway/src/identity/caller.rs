//! A caller: whose credit it spends, and the paths it has already found.

use std::sync::Arc;

use ::identity::Verified;
use arc_swap::ArcSwap;
use ledger::{GroupId, KeyId, MemberId, PathIndex, PathKey, ProjectId, Scope, Surface, Tool};
use store::SecretHash;

use super::SecretUse;
use crate::org::Org;

/// A path by what it is asked for with.
#[derive(Clone)]
struct KnownPath {
    tool: Option<Tool>,
    project: Option<ProjectId>,
    group: Option<GroupId>,
    path: PathIndex,
}

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
    Token(Box<Verified>),
}

impl Caller {
    /// Whom a secret of a key identifies.
    pub(crate) fn of_key(org: Arc<Org>, member: MemberId, key: KeyId, secret: SecretHash) -> Self {
        let last_use = Arc::new(SecretUse::none(secret));
        let credential = Credential::Key { id: key, last_use };
        Self { org, member, credential, paths: ArcSwap::default() }
    }

    /// Whom a token identifies that was verified.
    pub(crate) fn of_token(org: Arc<Org>, member: MemberId, token: Verified) -> Self {
        let credential = Credential::Token(Box::new(token));
        Self { org, member, credential, paths: ArcSwap::default() }
    }

    /// The key, unless it is a token.
    pub(crate) const fn key(&self) -> Option<KeyId> {
        match self.credential {
            Credential::Key { id, .. } => Some(id),
            Credential::Token(_) => None,
        }
    }

    /// When its secret was used last, unless it is a token.
    pub(crate) const fn last_use(&self) -> Option<&Arc<SecretUse>> {
        match &self.credential {
            Credential::Key { last_use, .. } => Some(last_use),
            Credential::Token(_) => None,
        }
    }

    /// Where its calls come from.
    pub(crate) fn surface(&self) -> Surface {
        match &self.credential {
            Credential::Key { id, .. } => self.org.key(*id).map_or(Surface::Api, |key| key.surface),
            Credential::Token(token) => token.surface,
        }
    }

    /// The project of the key, which its calls are charged to unless they name another.
    pub(crate) fn project_of_key(&self) -> Option<ProjectId> {
        self.org.key(self.key()?)?.standing.project
    }

    /// Whose calls a call of it is counted among: the narrowest first.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = Scope> + use<> {
        let key = self.key().map(Scope::Key);
        key.into_iter().chain([Scope::Member(self.member), Scope::Org])
    }

    /// The caller's path for a tool; found in the book once.
    pub(crate) fn path(&self, tool: Option<&Tool>, project: Option<ProjectId>) -> PathIndex {
        let group = self.group();
        let known = |paths: &[KnownPath]| {
            let same = |known: &&KnownPath| {
                known.tool.as_ref() == tool && known.project == project && known.group == group
            };
            paths.iter().find(same).map(|known| known.path)
        };
        if let Some(path) = known(&self.paths.load()) {
            return path;
        }
        let (member, key) = (self.member, self.key());
        let path = self.org.path(&PathKey { member, key, group, project, tool: tool.cloned() });
        self.paths.rcu(|paths| {
            let mut paths = Vec::clone(paths);
            if known(&paths).is_none() {
                paths.push(KnownPath { tool: tool.cloned(), project, group, path });
            }
            paths
        });
        path
    }
}
