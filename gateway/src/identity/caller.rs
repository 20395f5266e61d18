//! A caller: whose credit it spends, and the paths it has already found.

use std::sync::Arc;

use arc_swap::ArcSwap;
use ledger::{Instant, KeyId, MemberId, PathIndex, PathKey, ProjectId, Surface, Tool};

use crate::org::Org;

/// A path by what it is asked for with.
type KnownPath = (Option<Tool>, Option<ProjectId>, PathIndex);

/// Whom a credential identifies.
pub(crate) struct Caller {
    pub(crate) org: Arc<Org>,
    pub(crate) member: MemberId,
    pub(crate) key: KeyId,
    pub(crate) surface: Surface,
    /// First instant at which the secret no longer opens the key.
    pub(crate) not_after: Instant,
    paths: ArcSwap<Vec<KnownPath>>,
}

impl Caller {
    pub(crate) fn new(org: Arc<Org>, identity: &store::KeyIdentity) -> Self {
        Self {
            org,
            member: identity.member,
            key: identity.key,
            surface: identity.surface,
            not_after: identity.not_after,
            paths: ArcSwap::default(),
        }
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
            key: Some(self.key),
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
