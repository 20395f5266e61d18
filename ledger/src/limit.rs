//! Ceilings on what a scope may spend in a period.

use crate::{Credits, GroupId, KeyId, LimitId, MemberId, ProjectId, Tool};

/// Whose spending a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One API key.
    Key(KeyId),
    /// One member.
    Member(MemberId),
    /// One project.
    Project(ProjectId),
    /// One group: the charges that belong to it.
    Group(GroupId),
    /// The whole organisation.
    Org,
}

impl Scope {
    /// The scope's kind in JSON and SQL.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Member(_) => "member",
            Self::Project(_) => "project",
            Self::Group(_) => "group",
            Self::Org => "org",
        }
    }
}

/// How long a limit counts before it counts anew, in the organisation's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// A calendar day.
    Day,
    /// A week, from Monday.
    Week,
    /// A calendar month.
    Month,
    /// A billing cycle, from the organisation's anchor day.
    Cycle,
    /// For ever.
    Total,
}

impl Period {
    /// Every period, the shortest first.
    pub const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Cycle, Self::Total];

    /// The period's name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Cycle => "cycle",
            Self::Total => "total",
        }
    }

    /// The period of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.name() == name)
    }
}

/// What a new limit's first period already counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountsFrom {
    /// What its scope spent since the period began.
    PeriodStart,
    /// Nothing.
    Now,
}

/// A ceiling; its identity is (scope, tool, period).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name.
    pub id: LimitId,
    /// Whose spending it counts.
    pub scope: Scope,
    /// The one tool it counts, or all.
    pub tool: Option<Tool>,
    /// How long it counts.
    pub period: Period,
    /// The ceiling of a period.
    pub amount: Credits,
}

impl Limit {
    /// The place in the order of checks: the narrowest scope first, one tool before all, the
    /// shortest period first.
    #[must_use]
    pub fn check_rank(&self) -> (u8, bool, Period, LimitId) {
        let breadth = match self.scope {
            Scope::Key(_) => 0,
            Scope::Member(_) => 1,
            Scope::Project(_) => 2,
            Scope::Group(_) => 3,
            Scope::Org => 4,
        };
        (breadth, self.tool.is_none(), self.period, self.id)
    }
}
