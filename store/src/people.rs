//! Organisations and those in them, as they are stored.

use ledger::{Credits, Grant, GroupId, Instant, Limit, MemberId, MemberStanding, OrgId, ProjectId};

use crate::{ChangeSeq, Key, Rates, RevokedToken, Subject};

/// Money: integer minor units of an ISO 4217 currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// Minor units: cents.
    pub minor: i64,
    /// The currency's code: `EUR`.
    pub currency: String,
}

/// What an organisation gets and pays each billing cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// Credits granted each cycle.
    pub allocation: Credits,
    /// Its price a cycle.
    pub price: Money,
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Org {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// Its plan.
    pub plan: Plan,
    /// The IANA name of the time zone its periods turn in.
    pub time_zone: String,
    /// The day of the month on which its billing cycle begins, 1 to 31; clamped in short months.
    pub anchor_day: u8,
    /// Whom to write to.
    pub contact: String,
    /// When it was made.
    pub created: Instant,
    /// Whether everything that is spent has to be charged to a project.
    pub require_project: bool,
    /// How often all of it together may call.
    pub rates: Rates,
}

/// A group of an organisation's members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its organisation.
    pub org: OrgId,
    /// Its name.
    pub name: String,
    /// Who manages it.
    pub managers: Vec<MemberId>,
}

/// Whether a project may be charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectStatus {
    /// It may.
    Active,
    /// It may no longer.
    Archived,
}

/// A tag for client billing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its organisation.
    pub org: OrgId,
    /// Its name on the wire, unique in the organisation.
    pub slug: String,
    /// The client that is billed.
    pub client: String,
    /// Whether it may be charged.
    pub status: ProjectStatus,
    /// The only members that may use it, or all.
    pub members: Option<Vec<MemberId>>,
}

/// What a member may do in the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Owner,
    /// People, limits and grants.
    Admin,
    /// The same for the groups it manages.
    Manager,
    /// Itself only.
    Member,
}

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Manager, Self::Member];

    /// The role's name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Manager => "manager",
            Self::Member => "member",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A person or a service account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its organisation.
    pub org: OrgId,
    /// Its name.
    pub name: String,
    /// Its mail address, if it has one.
    pub email: Option<String>,
    /// Whether it is a program rather than a person.
    pub service_account: bool,
    /// What it may do.
    pub role: Role,
    /// Its label in the organisation, such as `designer`.
    pub job_role: Option<String>,
    /// Its id and what the book needs to know of it.
    pub standing: MemberStanding,
    /// Whom tokens call it; each is one member's in the organisation.
    pub subjects: Vec<Subject>,
    /// Tokens issued before it are no longer its own; [`Instant::MIN`] for none.
    pub tokens_valid_after: Instant,
    /// How often it may call, with all its keys and tokens together.
    pub rates: Rates,
}

/// A grant with its account's figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgGrant {
    /// The grant.
    pub grant: Grant,
    /// What is spent of it or was lost with a gateway, less what was given back.
    pub spent: Credits,
    /// What gateways have leased of it.
    pub leased: Credits,
    /// What corrections, and journals that turned up, have given back to it, ever; not in `spent`.
    pub refunded: Credits,
    /// What of it ended unspent.
    pub expired: Credits,
}

/// Everything that a gateway keeps of an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgData {
    /// The organisation.
    pub org: Org,
    /// Its groups, by id.
    pub groups: Vec<Group>,
    /// Its projects, by id.
    pub projects: Vec<Project>,
    /// Its members, by id.
    pub members: Vec<Member>,
    /// Its keys, by id.
    pub keys: Vec<Key>,
    /// Its grants, by id.
    pub grants: Vec<OrgGrant>,
    /// Its limits, by id.
    pub limits: Vec<Limit>,
    /// The tokens that were revoked one by one, by issuer and id.
    pub revoked_tokens: Vec<RevokedToken>,
    /// The last change that is in it.
    pub seq: ChangeSeq,
}
