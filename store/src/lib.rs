//! Where credits are kept: the protocol between gateways and a store.
//!
//! A narrow trait of protocol operations, not of rows. [`Store::sync`] is the only way a gateway
//! touches money: one transaction that reports what it charged, gives leases back and takes new
//! ones, fenced by (node, epoch) and ordered by a sequence per shard. [`Model`] is the same in
//! memory, and `conformance` holds every implementation to the same answers.

mod adjustment;
mod answer;
mod audit;
mod booking;
mod calendar;
mod derived_id;
mod entry;
mod error;
mod fingerprint;
mod idempotency;
mod key;
mod lease;
mod names;
mod node;
mod path;
mod people;
mod period;
mod rates;
mod reconcile;
mod retire;
mod secret;
mod spending;
mod sync;
mod threshold;
mod token;
mod usage;

mod model;

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;

use async_trait::async_trait;
use ledger::{
    AccountId, Charge, CountsFrom, Credits, Epoch, Grant, GrantId, HoldId, Instant, Limit, LimitId,
    NodeId, OrgId, PeriodOpened,
};
use tokio::sync::broadcast;

pub use adjustment::{Adjusted, Adjustment, AdjustmentRequest, Indeterminate};
pub use audit::{Audit, StoredAccount};
pub use booking::{
    Burnt, Found, HourKey, HourSums, Reached, Standing, Touched, TouchedAccounts, book, found,
    hours, reached, transfers,
};
pub use calendar::{Calendar, CalendarError};
pub use entry::{Entry, EntryBook, EntryCause, EntryKind};
pub use error::{Error, Result};
pub use fingerprint::{adjustment_fingerprint, grant_fingerprint};
pub use idempotency::{ClaimAnswer, IDEMPOTENCY_KEPT_MICROS, IdempotencyClaim, uses_key_up};
pub use key::{Key, KeyIdentity, KeySecret, MAX_SECRETS, SecretHash};
pub use lease::{
    Ask, Asked, Decided, Figures, Granted, Leasable, LeaseDecision, Refill, Regranted, ShortOf,
    Verdict, decide_leases,
};
pub use model::{Backup, Model};
pub use names::{ending_from_name, ending_name, source_from_name, source_name};
pub use node::{
    Alive, FROZEN_AT_LEAST_MICROS, FROZEN_AT_MOST_MICROS, Heartbeat, LastStart, NodeState, Nudge,
    Registered, Registration, Rejoin, SILENT_AFTER_MICROS, StoredNode,
};
pub use path::longest_path;
pub use people::{
    Group, Member, Money, Org, OrgData, OrgGrant, Plan, Project, ProjectStatus, Role,
};
pub use period::{PeriodSpans, ceil_hour, floor_hour, period_account};
pub use rates::Rates;
pub use reconcile::{
    Check, Checked, Difference, Figure, InDoubt, IndeterminateFigures, MOST_DIFFERENCES,
    Reconciliation,
};
pub use retire::{Compensation, Retired, Retirement, WrittenOff, compensations, taken_back};
pub use secret::{KeyHasher, KeyKind, PlainKey, is_well_formed};
pub use spending::Spending;
pub use sync::{Applied, GiveBack, Spend, SyncAnswer, SyncRequest};
pub use threshold::{Level, Threshold, ThresholdEvent, credit_thresholds, limit_thresholds};
pub use token::{Provision, RevokedToken, Subject};
pub use usage::{UsageQuery, UsageRow};

/// The number of a committed change, counted up by one inside the change's own transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeSeq(pub u64);

/// Which store, which life of it, and how far its changes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Made with the store.
    pub store: u128,
    /// Made anew when the store was restored or promoted: everything is to be read again.
    pub incarnation: u64,
    /// The last committed change.
    pub seq: ChangeSeq,
}

/// What changed, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The organisation itself.
    Org(Org),
    /// A group.
    Group(Group),
    /// A project.
    Project(Project),
    /// A member, its access or its groups.
    Member(Member),
    /// A key.
    Key(Key),
    /// A grant.
    Grant(OrgGrant),
    /// A limit.
    Limit(Limit),
    /// A limit that counts no more.
    LimitRemoved(LimitId),
    /// A token that is none any more.
    TokenRevoked(RevokedToken),
    /// What corrections, and journals that turned up, have given back to an account.
    Refunded {
        /// The account.
        account: AccountId,
        /// How much they have ever.
        total: Credits,
    },
}

/// What of a grant ended with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired {
    /// The organisation.
    pub org: OrgId,
    /// The grant.
    pub grant: GrantId,
    /// How much.
    pub amount: Credits,
}

/// A change and whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number.
    pub seq: ChangeSeq,
    /// The organisation.
    pub org: OrgId,
    /// What changed.
    pub what: Changed,
}

/// The store protocol.
///
/// Instants are arguments: no implementation reads a clock for money.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Which store this is and how far its changes are.
    async fn stamp(&self) -> Result<Stamp>;

    /// Begins a new epoch of a node and tells how much of its journal is already applied.
    ///
    /// A journal id that the store does not know begins at nothing applied.
    ///
    /// # Errors
    /// [`Error::OldCopy`] when more is applied than the journal holds: the data folder is an old
    /// copy.
    async fn register(&self, registration: &Registration) -> Result<Registered>;

    /// Gives back the leases of a node's earlier epochs, once their journal is replayed, and what was
    /// written off of them; and frees the idempotency keys that they claimed and never reported an
    /// end of: no journal has the holds.
    ///
    /// # Errors
    /// [`Error::Fenced`] when a later epoch of the node has begun.
    async fn recovered(&self, node: NodeId, epoch: Epoch) -> Result<()>;

    /// Takes a sign of life of a gateway, and tells it how things are.
    ///
    /// # Errors
    /// [`Error::Fenced`] when a later epoch of the node has begun.
    async fn heartbeat(&self, beat: &Heartbeat) -> Result<Alive>;

    /// Takes a running gateway in that knows more than the store does: the store went back in time.
    /// It goes on where the store is with its journal, and sends again what came after; until every
    /// gateway has done so, nothing new is leased.
    ///
    /// The first one that comes makes it another incarnation of the store.
    ///
    /// # Errors
    /// [`Error::Fenced`] when a later epoch of the node has begun; [`Error::Conflict`] when the store
    /// knows all that the gateway does.
    async fn rejoin(&self, rejoin: &Rejoin) -> Result<Registered>;

    /// Lets a gateway go that has reported everything and given everything back: nobody waits for a
    /// sign of life of it any more.
    ///
    /// # Errors
    /// [`Error::Fenced`] when a later epoch of the node has begun.
    async fn leave(&self, node: NodeId, epoch: Epoch, now: Instant) -> Result<()>;

    /// Gives a gateway up that will not come back, or not soon: what it had of grants and limits, by
    /// all its starts, is written off, neither spent nor available, and whoever comes with its last
    /// epoch is fenced. Unless it is assumed to be spent, the organisations get grants of the same
    /// size, which the platform pays. Given up again, nothing more happens.
    ///
    /// It may start again. What its journal has spent is charged then, out of what was written off;
    /// [`Store::recovered`] gives the rest back, and takes back what is unspent of the grants.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a gateway that is heard of, or that there never was.
    async fn retire(&self, retirement: &Retirement) -> Result<Retired>;

    /// Every gateway that ever was, by id; `now` tells who is silent.
    async fn nodes(&self, now: Instant) -> Result<Vec<StoredNode>>;

    /// What is to be looked at before the next turn; `None` for a store that cannot tell. A nudge
    /// may get lost: who waits for one looks from time to time as well.
    fn nudges(&self) -> Option<broadcast::Receiver<Nudge>> {
        None
    }

    /// Whether any number of gateways may share it; one that is alone leases everything.
    fn serves_many(&self) -> bool {
        false
    }

    /// Books charges, takes leases back and grants new ones, in one transaction of one shard: the
    /// leases that it lost, then the charges, what is given back, the asks, and the wishes.
    ///
    /// The same sequence number with the same content answers the same and moves nothing.
    ///
    /// The idempotency keys that the holds of `keyed` claimed are ended with it: used up by what was
    /// answered, freed by what was not ([`uses_key_up`]). A key that is gone by then stays gone.
    ///
    /// # Errors
    /// [`Error::Fenced`] for an epoch that is not the node's last; [`Error::Rewind`] when the
    /// sequence number is not the next; [`Error::Mismatch`] when it was applied with other content;
    /// [`Error::Corrupt`] when the charges are not what was leased, or do not add up.
    async fn sync(&self, request: &SyncRequest) -> Result<SyncAnswer>;

    /// Claims an idempotency key for a request, before its hold is taken. Of all claims of a key one
    /// is [`ClaimAnswer::Claimed`], until its request is reported to have come to nothing, or the
    /// key's time is over; the same claim again is answered the same.
    ///
    /// # Errors
    /// [`Error::Fenced`] for a hold of an epoch that is not its node's last: nobody would end the key.
    async fn claim_idempotency(&self, claim: &IdempotencyClaim) -> Result<ClaimAnswer>;

    /// Frees the keys that requests claimed which then took no hold. Keys that are used up, or that
    /// others have claimed, are left alone.
    async fn unclaim_idempotency(&self, org: OrgId, holds: &[HoldId]) -> Result<()>;

    /// Everything that a gateway keeps of an organisation; `None` if there is no such one.
    async fn load(&self, org: OrgId) -> Result<Option<OrgData>>;

    /// The accounts of every limit of the organisation for the period that contains `at`, made
    /// where they are missing. A new one opens with what its scope spent since the period began.
    async fn open_periods(&self, org: OrgId, at: Instant) -> Result<Vec<PeriodOpened>>;

    /// The secrets of all keys that are not revoked, in ascending order, after `after`, at most `max`:
    /// who has all of them need not ask about any other.
    async fn secret_hashes(&self, after: Option<SecretHash>, max: usize)
    -> Result<Vec<SecretHash>>;

    /// Notes when secrets were used last; what is not known, or was used later, stays. It is no
    /// change of the keys.
    async fn note_used(&self, used: &[(SecretHash, Instant)]) -> Result<()>;

    /// The key that a secret opens, whatever its status.
    async fn identity(&self, secret: &SecretHash) -> Result<Option<KeyIdentity>>;

    /// The changes after `seq`, in order, at most `max`; each as it is now.
    async fn changes_since(&self, seq: ChangeSeq, max: usize) -> Result<Vec<Change>>;

    /// The charge of one of an organisation's holds that has been synced.
    async fn charge(&self, org: OrgId, hold: HoldId) -> Result<Option<Charge>>;

    /// Usage by the hour, from the rollups.
    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>>;

    /// Every organisation, by id.
    async fn orgs(&self) -> Result<Vec<Org>>;

    /// Makes or changes an organisation.
    async fn put_org(&self, org: &Org) -> Result<ChangeSeq>;

    /// Changes an organisation that is still as it was read.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is not; [`Error::Conflict`] as for [`Store::put_org`].
    async fn change_org(&self, read: &Org, org: &Org) -> Result<ChangeSeq>;

    /// Makes or changes a group.
    async fn put_group(&self, group: &Group) -> Result<ChangeSeq>;

    /// Makes or changes a project.
    async fn put_project(&self, project: &Project) -> Result<ChangeSeq>;

    /// Makes or changes a member.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it names a group that the organisation does not have, one of its
    /// subjects is another member's, or it has one twice.
    async fn put_member(&self, member: &Member) -> Result<ChangeSeq>;

    /// Changes a member that is still as it was read: who has read it before it lost its access cannot
    /// give that back by writing it again.
    ///
    /// # Errors
    /// [`Error::Stale`] when it is not; [`Error::Conflict`] as for [`Store::put_member`].
    async fn change_member(&self, read: &Member, member: &Member) -> Result<ChangeSeq>;

    /// Makes the member that a token names, with its limit, unless the organisation has one of its
    /// subjects: that member then, as it is, whatever its status, and nothing changes. The number is
    /// that of a change not before the member's own.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is a member of this id, which other tokens name, and as for
    /// [`Store::put_member`] and [`Store::put_limit`]: nothing is made then.
    async fn provision(&self, provision: &Provision) -> Result<(Member, ChangeSeq)>;

    /// Makes a key that there is not yet, with its own limits.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is one of this id, or its member is deactivated, and as for
    /// [`Store::put_key`] and [`Store::put_limit`]: nothing is made then.
    async fn make_key(&self, key: &Key, limits: &[Limit], now: Instant) -> Result<ChangeSeq>;

    /// Makes or changes a key; it has the secrets that it comes with and no others.
    ///
    /// # Errors
    /// [`Error::Stale`] when its version is not the `expected` one; [`Error::Conflict`] when its
    /// member, group or project is not of the organisation, it has more than [`MAX_SECRETS`], one
    /// twice, or one that opens another key, or it is revoked and would not be any more.
    async fn put_key(&self, key: &Key, expected: Option<u64>) -> Result<ChangeSeq>;

    /// Revokes one token, and forgets those that have ended by themselves.
    ///
    /// Revoked again, the later end counts.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is no such organisation.
    async fn revoke_token(
        &self,
        org: OrgId,
        token: &RevokedToken,
        now: Instant,
    ) -> Result<ChangeSeq>;

    /// Makes a grant, or changes its amount, end or access. `idempotency` names the request: the
    /// same name again changes nothing and answers the first one's grant. What had expired of a
    /// grant that is changed is its own again, until it expires anew.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it lists a member or group that the organisation does not have, or
    /// the name was used for another content.
    async fn put_grant(
        &self,
        org: OrgId,
        grant: &Grant,
        idempotency: Option<&str>,
        now: Instant,
    ) -> Result<(Grant, ChangeSeq)>;

    /// Makes a limit or changes its amount; the identity is (scope, tool, period).
    ///
    /// # Errors
    /// [`Error::Conflict`] when its scope is not of the organisation, when another limit has its
    /// identity, or when a path would have more than [`MAX_PATH`] accounts.
    async fn put_limit(
        &self,
        org: OrgId,
        limit: &Limit,
        counts_from: CountsFrom,
        now: Instant,
    ) -> Result<ChangeSeq>;

    /// Removes a limit; what it counted stays on record.
    async fn remove_limit(&self, org: OrgId, limit: LimitId) -> Result<ChangeSeq>;

    /// Books what is left of every grant that has ended and that no gateway has anything of; cheap
    /// when there is none. It can be spent no more.
    async fn expire(&self, now: Instant) -> Result<Vec<Expired>>;

    /// Lowers what a request was charged and gives the difference back: to each of its limits
    /// whole, to its grants in reverse burn order. It is spent no longer, and can be spent again
    /// where the account still lives.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the organisation has no such charge, or it is less than is asked
    /// for; [`Error::NameTaken`] when the name was used for another correction.
    async fn adjust(&self, request: &AdjustmentRequest) -> Result<Adjusted>;

    /// The charges that a journal made after its gateway had died, of one organisation or of all,
    /// by organisation and hold.
    async fn indeterminate(&self, org: Option<OrgId>) -> Result<Vec<Indeterminate>>;
}

/// The most accounts that a path may have.
pub const MAX_PATH: usize = 16;
