//! Credits an organisation may spend.

use crate::{Credits, GrantId, GroupId, Instant, MemberId};

/// Where a grant comes from, in burn order: what is declared first burns first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantKind {
    /// One member's own.
    Seat,
    /// Given away.
    Promo,
    /// One cycle of the plan.
    Allocation,
    /// Bought beside the plan.
    TopUp,
}

impl GrantKind {
    /// Every kind, in burn order.
    pub const ALL: [Self; 4] = [Self::Seat, Self::Promo, Self::Allocation, Self::TopUp];

    /// The kind's name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seat => "seat",
            Self::Promo => "promo",
            Self::Allocation => "allocation",
            Self::TopUp => "top_up",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Who may burn a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everyone in the organisation.
    Everyone,
    /// Only the listed members and the members of the listed groups.
    Listed {
        /// Members by name.
        members: Vec<MemberId>,
        /// Groups whose members may.
        groups: Vec<GroupId>,
    },
}

impl Access {
    /// Whether a member of these groups may burn the grant.
    #[must_use]
    pub fn admits(&self, member: MemberId, of: &[GroupId]) -> bool {
        match self {
            Self::Everyone => true,
            Self::Listed { members, groups } => {
                members.contains(&member) || groups.iter().any(|group| of.contains(group))
            }
        }
    }
}

/// Credits an organisation may spend, and who of it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its name; its account bears the same bits.
    pub id: GrantId,
    /// Where it comes from.
    pub kind: GrantKind,
    /// What was granted.
    pub amount: Credits,
    /// First instant at which it may be burnt.
    pub start: Instant,
    /// First instant at which it may no longer; [`Instant::MAX`] for never.
    pub end: Instant,
    /// When it was made: the older burns first among equals.
    pub created: Instant,
    /// Who may burn it.
    pub access: Access,
}

impl Grant {
    /// The place in the burn order: kind, then what ends first, then the oldest.
    #[must_use]
    pub fn burn_rank(&self) -> (GrantKind, Instant, Instant, GrantId) {
        (self.kind, self.end, self.created, self.id)
    }
}
