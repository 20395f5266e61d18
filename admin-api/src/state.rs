//! What the control plane works with, given to it by the binary.

use std::sync::Arc;

use async_trait::async_trait;
use ledger::Instant;
use store::{ChangeSeq, Store};

use crate::{AdminTokens, KeyMaker};

/// The control plane's parts.
#[derive(Clone)]
pub struct AdminApi {
    /// Where organisations and their credits are kept.
    pub store: Arc<dyn Store>,
    /// The gateways that changes are carried to.
    pub nodes: Arc<dyn Nodes>,
    /// The tokens that open it.
    pub tokens: AdminTokens,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What makes the secrets of keys.
    pub keys: KeyMaker,
    /// Those whose tokens are accepted.
    pub issuers: Arc<dyn Issuers>,
}

/// Those whose tokens are accepted, by the configuration in force.
pub trait Issuers: Send + Sync {
    /// Whether one of them is called so: the claim `iss`, compared exactly.
    fn has(&self, issuer: &str) -> bool;
}

/// The gateways that are alive.
#[async_trait]
pub trait Nodes: Send + Sync {
    /// Has every live gateway take in the changes up to `seq`; says which did.
    ///
    /// It waits for a bounded time: a gateway that does not answer is missing.
    async fn apply(&self, seq: ChangeSeq) -> AppliedBy;
}

/// Which gateways a change is in force on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedBy {
    /// How many gateways have taken it in.
    pub nodes: u32,
    /// How many are alive.
    pub of: u32,
    /// The names of those that have not.
    pub missing: Vec<String>,
}

/// Where the control plane learns the time.
pub trait Clock: Send + Sync {
    /// The time.
    fn now(&self) -> Instant;
}
