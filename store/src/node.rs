//! Gateways as the store knows them.

use ledger::{Credits, Epoch, Instant, NodeId, Shard};

use crate::{Applied, ChangeSeq, Stamp};

/// A gateway of which nothing was heard for so long is silent: what it has leased is in doubt.
pub const SILENT_AFTER_MICROS: i64 = 10_000_000;

/// So long everything is frozen whoever is known: a gateway that the store has forgotten, or takes for
/// ended, hears of it with its next signs of life.
pub const FROZEN_AT_LEAST_MICROS: i64 = 6_000_000;

/// After so long nothing is frozen any more: a gateway that has not come back has stopped by itself.
pub const FROZEN_AT_MOST_MICROS: i64 = 300_000_000;

/// A gateway that starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The gateway's data folder.
    pub node: NodeId,
    /// The journal in it.
    pub journal: u128,
    /// The last record that the journal holds; 0 for none.
    pub last_lsn: u64,
    /// The time.
    pub now: Instant,
    /// Where it is told of changes, as `host:port`; `None` for one that only polls.
    pub control: Option<String>,
}

/// A gateway's new epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The epoch, larger than every earlier one of the node.
    pub epoch: Epoch,
    /// The shards of which something is applied, by number.
    pub applied: Vec<(Shard, Applied)>,
}

/// A sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// The gateway.
    pub node: NodeId,
    /// Its epoch.
    pub epoch: Epoch,
    /// The incarnation of the store to which it has told everything that it knows.
    pub incarnation: u64,
    /// The time.
    pub now: Instant,
}

/// A gateway that the store knows less of than it has acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejoin {
    /// The gateway.
    pub node: NodeId,
    /// Its epoch, which the store may have forgotten.
    pub epoch: Epoch,
    /// Its journal.
    pub journal: u128,
    /// The incarnation that it knew.
    pub incarnation: u64,
    /// What was acknowledged to it, by shard.
    pub acknowledged: Vec<(Shard, Applied)>,
    /// Where it is told of changes.
    pub control: Option<String>,
    /// The time.
    pub now: Instant,
}

/// What a gateway is told that gives a sign of life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alive {
    /// The store's own time; that of the heartbeat where the store has none.
    pub now: Instant,
    /// Which store this is, and how far its changes are.
    pub stamp: Stamp,
    /// How many gateways live, this one included.
    pub live: u32,
    /// The shards in which this epoch has leases of accounts under recall, by number.
    pub recalled: Vec<Shard>,
    /// Nothing new is leased until every gateway that lived has told the store what it had of it.
    pub frozen: bool,
}

/// How it stands with a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeState {
    /// It was heard of.
    Live,
    /// It is silent. What it has leased is in doubt until it is back or retired.
    Suspect,
    /// It has ended in order and given everything back.
    Stopped,
    /// The operator has written off what it had.
    Retired,
}

impl NodeState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Live, Self::Suspect, Self::Stopped, Self::Retired];

    /// The state's name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Suspect => "suspect",
            Self::Stopped => "stopped",
            Self::Retired => "retired",
        }
    }

    /// How it stands with a gateway whose last start is in a state and was last heard of at an
    /// instant.
    #[must_use]
    pub fn of(start: LastStart, heard: Instant, now: Instant) -> Self {
        match start {
            LastStart::Stopped => Self::Stopped,
            LastStart::Retired => Self::Retired,
            LastStart::Running if now > heard.plus_micros(SILENT_AFTER_MICROS) => Self::Suspect,
            LastStart::Running => Self::Live,
        }
    }
}

/// What became of a gateway's last start, as far as anybody has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LastStart {
    /// It runs, or has died.
    Running,
    /// It has ended in order.
    Stopped,
    /// It was given up.
    Retired,
}

impl LastStart {
    /// The name in SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Retired => "retired",
        }
    }

    /// What has this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Running, Self::Stopped, Self::Retired].into_iter().find(|it| it.name() == name)
    }
}

/// A gateway as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredNode {
    /// The gateway.
    pub node: NodeId,
    /// Its last epoch.
    pub epoch: Epoch,
    /// How it stands with it.
    pub state: NodeState,
    /// When that epoch began.
    pub registered: Instant,
    /// When it was last heard of.
    pub heard: Instant,
    /// Where it is told of changes.
    pub control: Option<String>,
    /// What all its epochs have leased of grants.
    pub leased: Credits,
}

impl StoredNode {
    /// Why a gateway that lives is not given up, for an operator.
    #[must_use]
    pub fn is_heard_of(&self) -> String {
        let node = self.node;
        format!(
            "{node} was heard of within the last ten seconds: stop it first, or wait until it is silent"
        )
    }
}

/// Something that a gateway had better look at before its next turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nudge {
    /// The feed has a change of this number.
    Changed(ChangeSeq),
    /// Accounts of a shard were put under recall.
    Recalled(Shard),
}
