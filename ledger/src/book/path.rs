//! From a caller and a tool to the accounts that a request must pass.

use smallvec::SmallVec;

use super::Book;
use crate::account::AccountIndex;
use crate::{GroupId, Instant, KeyId, LimitId, MemberId, ProjectId, Refusal, Tool};

/// Who calls, for what: all that decides the path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathKey {
    /// The member that calls.
    pub member: MemberId,
    /// The key it calls with, unless it is a token.
    pub key: Option<KeyId>,
    /// The group that the token names.
    pub group: Option<GroupId>,
    /// The project that the request or the token names.
    pub project: Option<ProjectId>,
    /// The tool; `None` asks for what counts whatever the tool.
    pub tool: Option<Tool>,
}

/// Where a path stands in its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathIndex(pub(super) usize);

/// A caller's path, found anew when the book or the time has moved on.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) key: PathKey,
    pub(super) resolved: Result<Resolved, Refusal>,
    /// Of which generation of the book it was resolved.
    generation: u64,
    /// First instant at which an account of it begins or ends.
    until: Instant,
}

/// The accounts of a path at one time.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    /// In the order of checks.
    pub(super) limits: SmallVec<[AccountIndex; 8]>,
    /// In burn order.
    pub(super) grants: SmallVec<[AccountIndex; 4]>,
    /// How many of them come first only because a running hold burns them already.
    pub(super) past: usize,
    /// The first limit whose period has no account yet: nothing new is taken until it has.
    pub(super) unopened: Option<LimitId>,
    pub(super) group: Option<GroupId>,
    pub(super) project: Option<ProjectId>,
}

impl Book {
    /// The path of a caller: found once, kept by the caller.
    pub fn path(&mut self, key: &PathKey) -> PathIndex {
        if let Some(index) = self.path_of.get(key) {
            return *index;
        }
        let index = PathIndex(self.paths.len());
        // Resolved at its first use: it was never up to date.
        self.paths.push(Path {
            key: key.clone(),
            resolved: Err(Refusal::CredentialEnded),
            generation: self.generation,
            until: Instant::MIN,
        });
        self.path_of.insert(key.clone(), index);
        index
    }

    /// Brings a path up to date.
    pub(super) fn refresh(&mut self, index: PathIndex, now: Instant) {
        let path = &self.paths[index.0];
        if path.generation != self.generation || path.until <= now {
            let (resolved, until) = self.resolve(&path.key, now);
            let generation = self.generation;
            let path = &mut self.paths[index.0];
            (path.resolved, path.until, path.generation) = (resolved, until, generation);
        }
    }

    /// A path as of its last refresh.
    pub(super) fn known(&self, index: PathIndex) -> &Path {
        &self.paths[index.0]
    }

    /// The path's accounts, or why there is none, and the instant until which that holds.
    fn resolve(&self, key: &PathKey, now: Instant) -> (Result<Resolved, Refusal>, Instant) {
        let caller = match self.caller(key, now) {
            Ok(caller) => caller,
            // Not kept: a blocked key, say, also expires.
            Err(refusal) => return (Err(refusal), Instant::MIN),
        };
        let mut until = caller.until;
        let (mut limits, mut unopened) = (SmallVec::new(), None);
        let entries = caller.scopes(key).flat_map(|scope| self.limits.of(scope));
        for entry in entries.filter(|entry| entry.counts(key.tool.as_ref())) {
            if let Some(account) = entry.current(&self.accounts, now) {
                until = until.min(self.accounts[account].end);
                limits.push(account);
            } else {
                // Looked for again each time: its period may also begin by itself.
                until = Instant::MIN;
                unopened = unopened.or(Some(entry.limit.id));
            }
        }
        let mut grants = SmallVec::new();
        for entry in self.grants.iter().filter(|entry| now < entry.grant.end) {
            if !entry.grant.access.admits(key.member, &caller.member.groups) {
                continue;
            }
            if now < entry.grant.start {
                until = until.min(entry.grant.start);
            } else {
                until = until.min(entry.grant.end);
                grants.push(entry.account);
            }
        }
        let (group, project) = (caller.group, caller.project);
        (Ok(Resolved { limits, grants, past: 0, unopened, group, project }), until)
    }
}
