//! What was taken in the end: the usage event of one request.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::{
    AccountId, Credits, GrantKind, GroupId, HoldId, Instant, KeyId, MemberId, OrgId, ProjectId,
    Settlement, Tool, Usage,
};

/// Where a call came from: a property of the key or token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surface {
    /// The platform's own pages.
    Platform,
    /// A browser or editor extension.
    Extension,
    /// A program.
    Api,
    /// A shared workspace.
    Workspace,
}

impl Surface {
    /// Every surface.
    pub const ALL: [Self; 4] = [Self::Platform, Self::Extension, Self::Api, Self::Workspace];

    /// The surface's name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Extension => "extension",
            Self::Api => "api",
            Self::Workspace => "workspace",
        }
    }

    /// The surface of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|surface| surface.name() == name)
    }
}

/// Why a hold was released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The provider answered an error.
    ProviderError,
    /// The provider could not be reached, or broke off before its answer began.
    ProviderUnreachable,
    /// The provider was silent past its bound.
    ProviderTimeout,
    /// The provider refused the operator's account.
    ProviderRefused,
    /// The client was gone before the first byte.
    ClientGone,
    /// The gateway could not go on.
    Gateway,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 6] = [
        Self::ProviderError,
        Self::ProviderUnreachable,
        Self::ProviderTimeout,
        Self::ProviderRefused,
        Self::ClientGone,
        Self::Gateway,
    ];

    /// The cause's name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProviderError => "provider_error",
            Self::ProviderUnreachable => "provider_unreachable",
            Self::ProviderTimeout => "provider_timeout",
            Self::ProviderRefused => "provider_refused",
            Self::ClientGone => "client_gone",
            Self::Gateway => "gateway",
        }
    }

    /// The cause of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }
}

/// How a request's hold ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Served in full and charged the provider's usage, priced.
    Settled,
    /// Charged what was delivered, as counted by the gateway.
    Estimated,
    /// Charged by the journal after the gateway died; listed for correction.
    Indeterminate,
    /// Not charged.
    Released(Cause),
}

/// What a line of a charge was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSource {
    /// A period of a limit.
    Limit,
    /// A grant of this kind.
    Grant(GrantKind),
}

/// What one account paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The account.
    pub account: AccountId,
    /// What it is.
    pub source: LineSource,
    /// What it paid.
    pub amount: Credits,
}

/// The usage event of one request: who, what, and what was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The request, its hold and this event.
    pub hold: HoldId,
    /// The organisation that pays.
    pub org: OrgId,
    /// The member that called.
    pub member: MemberId,
    /// The key that was used, unless it was a token.
    pub key: Option<KeyId>,
    /// The one group that the charge belongs to.
    pub group: Option<GroupId>,
    /// The project that the charge belongs to.
    pub project: Option<ProjectId>,
    /// Where the call came from.
    pub surface: Surface,
    /// What was done.
    pub tool: Tool,
    /// Who did it.
    pub provider: Arc<str>,
    /// The priced model.
    pub model: Arc<str>,
    /// When the request was admitted.
    pub admitted: Instant,
    /// When it ended.
    pub ended: Instant,
    /// How it ended.
    pub ending: Ending,
    /// What was consumed.
    pub usage: Usage,
    /// Results delivered: choices, images, vectors.
    pub outputs: u64,
    /// What was held at most.
    pub held: Credits,
    /// What the customer paid.
    pub charged: Credits,
    /// What the platform paid: the cost above the hold.
    pub overrun: Credits,
    /// What each account paid; accounts that paid nothing have no line.
    pub lines: SmallVec<[Line; 8]>,
    /// The version of the price book.
    pub price_book: Arc<str>,
    /// SHA-256 of the request's body, as the client sent it.
    pub body_hash: [u8; 32],
    /// The provider's status, or 0 where there was no answer.
    pub status: u16,
}

impl Charge {
    /// The lines of a settlement.
    #[must_use]
    pub fn lines_of(settlement: &Settlement) -> SmallVec<[Line; 8]> {
        let paid = settlement.parts().iter().filter(|part| !part.charged.is_zero());
        paid.map(|part| Line {
            account: part.held.account,
            source: part.held.grant.map_or(LineSource::Limit, LineSource::Grant),
            amount: part.charged,
        })
        .collect()
    }
}
