//! Usage by the hour.

use ledger::{Credits, GroupId, Instant, KeyId, MemberId, OrgId, ProjectId, Surface, Tool, Usage};

/// Which usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageQuery {
    /// The organisation.
    pub org: OrgId,
    /// Only this member's.
    pub member: Option<MemberId>,
    /// Hours from this instant on.
    pub from: Instant,
    /// Hours before this instant.
    pub until: Instant,
}

/// The usage of one hour for one combination of everything it is told apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// First instant of the hour, UTC.
    pub hour: Instant,
    /// Who called.
    pub member: MemberId,
    /// The group that was charged.
    pub group: Option<GroupId>,
    /// The project that was charged.
    pub project: Option<ProjectId>,
    /// The key that was used.
    pub key: Option<KeyId>,
    /// What was done.
    pub tool: Tool,
    /// Who did it.
    pub provider: String,
    /// With which model.
    pub model: String,
    /// Where the call came from.
    pub surface: Surface,
    /// How many requests ended.
    pub requests: u64,
    /// What they were charged.
    pub charged: Credits,
    /// What they consumed.
    pub usage: Usage,
    /// Results delivered.
    pub outputs: u64,
}
