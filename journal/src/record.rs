//! What is written down, and when.

use std::sync::Arc;

use ledger::{
    AccountId, Charge, Credits, Epoch, GroupId, HoldId, Instant, KeyId, MemberId, OrgId, ProjectId,
    Surface, Tool, Usage, WrittenPart,
};

/// The position of a record; the first one is 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

impl Lsn {
    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// What a request is charged if nothing more is ever heard of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// What was delivered, as counted by the gateway.
    pub usage: Usage,
    /// What that costs; recovery charges no more of it than was held.
    pub cost: Credits,
}

/// A request whose hold was taken: everything of its charge that is known by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The hold.
    pub hold: HoldId,
    /// The organisation that pays.
    pub org: OrgId,
    /// The member that called.
    pub member: MemberId,
    /// The key that was used, unless it was a token.
    pub key: Option<KeyId>,
    /// The group that the charge belongs to.
    pub group: Option<GroupId>,
    /// The project that the charge belongs to.
    pub project: Option<ProjectId>,
    /// Where the call came from.
    pub surface: Surface,
    /// What is being done.
    pub tool: Tool,
    /// Who does it.
    pub provider: Arc<str>,
    /// The priced model.
    pub model: Arc<str>,
    /// The version of the price book.
    pub price_book: Arc<str>,
    /// SHA-256 of the request's body, as the client sent it.
    pub body_hash: [u8; 32],
    /// Whether the request bore an idempotency key.
    pub keyed: bool,
    /// When the request was admitted.
    pub admitted: Instant,
    /// What is held at first.
    pub held: Credits,
    /// What is held of each account at first.
    pub parts: Vec<WrittenPart>,
    /// What is due once the answer has started: the flat price, or what the input costs.
    pub due_at_start: Due,
}

/// What is written down.
#[derive(Clone, Debug)]
pub enum Record {
    /// A hold was taken.
    Hold(Arc<Opened>),
    /// A hold was extended.
    Extend {
        /// The hold.
        hold: HoldId,
        /// What was taken beside it.
        parts: Vec<WrittenPart>,
    },
    /// How far an answer is. The first one says that it has started.
    Progress {
        /// The hold.
        hold: HoldId,
        /// What is due by now.
        due: Due,
    },
    /// A hold ended: the complete usage event.
    Settle(Arc<Charge>),
    /// Credits left this gateway's lease unspent.
    GiveBack {
        /// The account.
        account: AccountId,
        /// How much.
        amount: Credits,
    },
    /// The store leased credits to this gateway.
    Granted {
        /// The sequence number of the sync.
        seq: u64,
        /// The account.
        account: AccountId,
        /// How much.
        amount: Credits,
    },
}

/// What the journal knows of a hold.
#[derive(Clone, Debug)]
pub enum Found {
    /// It has not ended.
    Open(Arc<Opened>),
    /// It has, and the store may not know.
    Settled(Arc<Charge>),
}

/// A hold whose gateway has died: what is written down of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// The request.
    pub opened: Arc<Opened>,
    /// What was held in the end, extensions included, limits first and grants as they burn.
    pub parts: Vec<WrittenPart>,
    /// What is due; `None` when not one byte of an answer can have reached the client.
    pub due: Option<Due>,
}

/// What a shard has to tell the store: exactly the records up to `lsn`.
#[derive(Clone, Debug)]
pub struct Report {
    /// The last record that is in it.
    pub lsn: Lsn,
    /// How many of them concern the store, those included that say nothing any more.
    pub records: usize,
    /// Whether that is all there is; if not, the next report goes on behind it.
    pub is_all: bool,
    /// The charges, in order.
    pub charges: Vec<Arc<Charge>>,
    /// The holds among them whose requests bore an idempotency key, in order.
    pub keyed: Vec<HoldId>,
    /// What left the lease unspent, in order.
    pub give_backs: Vec<(AccountId, Credits)>,
    /// Leases that the store gave and, having gone back in time, has lost: of which start, in order.
    pub lost: Vec<(Epoch, AccountId, Credits)>,
}

impl Report {
    /// The most records of a report: a transaction of some ten milliseconds.
    pub const RECORDS_MAX: usize = 4_096;
}

impl Default for Report {
    fn default() -> Self {
        Self {
            lsn: Lsn::default(),
            records: 0,
            is_all: true,
            charges: Vec::new(),
            keyed: Vec::new(),
            give_backs: Vec::new(),
            lost: Vec::new(),
        }
    }
}
