//! Whether a key and its member may spend at all.

use crate::{GroupId, Instant, KeyId, MemberId, ProjectId, Tool};

/// Whether a member is one of the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberStatus {
    /// Of the organisation, and may use its tools.
    Active,
    /// Of the organisation, but access to every tool is removed; reversible.
    AccessRemoved,
    /// No longer of the organisation: its keys end.
    Deactivated,
}

/// What the book knows of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberStanding {
    /// The member.
    pub id: MemberId,
    /// Whether it may spend.
    pub status: MemberStatus,
    /// The group that its charges belong to unless its key names another.
    pub home: Option<GroupId>,
    /// Every group it is in, its home included.
    pub groups: Vec<GroupId>,
    /// The only tools it may use, or any.
    pub tools: Option<Vec<Tool>>,
}

/// Whether a key opens anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// It does.
    Active,
    /// Not for now; reversible.
    Blocked,
    /// Never again.
    Revoked,
}

/// What the book knows of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStanding {
    /// The key.
    pub id: KeyId,
    /// Whose key it is.
    pub member: MemberId,
    /// Whether it opens anything.
    pub status: KeyStatus,
    /// First instant at which it no longer does; [`Instant::MAX`] for never.
    pub expires: Instant,
    /// The group its charges belong to, instead of the member's home.
    pub group: Option<GroupId>,
    /// The project its charges belong to unless the request names another.
    pub project: Option<ProjectId>,
    /// The only tools it may be used for, or any.
    pub tools: Option<Vec<Tool>>,
}
