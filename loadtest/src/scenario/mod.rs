//! The runs that can be asked for.
//!
//! `scenes` has the mixed loads, which `audited` runs: on a `stage` of processes, with `kill` among
//! them if the gateway is to die, before a `witness` who asks everyone for their records. `hot_key`
//! has one load and an audit of its own beside that of the others, and so have `cluster` and
//! `revoke`, which run a whole installation of several gateways; `flood` and `compare` stand
//! the gateway beside a bare proxy.

pub(crate) mod audited;
pub(crate) mod cluster;
pub(crate) mod compare;
pub(crate) mod flood;
pub(crate) mod hot_key;
mod kill;
pub(crate) mod revoke;
pub(crate) mod scenes;
mod stage;
mod verdict;
mod witness;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every promise that it tests was kept.
    Held,
    /// One was not.
    Broken,
}
