//! Where a change is in force, as every operation that makes one answers it.

use serde::Serialize;
use store::ChangeSeq;

use crate::{AdminApi, AppliedBy};

/// On which gateways a change is in force.
#[derive(Serialize)]
pub(crate) struct Applied {
    nodes: u32,
    of: u32,
    missing: Vec<String>,
}

impl From<AppliedBy> for Applied {
    fn from(applied: AppliedBy) -> Self {
        Self { nodes: applied.nodes, of: applied.of, missing: applied.missing }
    }
}

/// Has the gateways take in everything up to a change, and tells which did.
pub(crate) async fn apply(api: &AdminApi, seq: ChangeSeq) -> Applied {
    api.nodes.apply(seq).await.into()
}

/// Something as it is now, and where that is in force.
#[derive(Serialize)]
pub(crate) struct InForce<T> {
    #[serde(flatten)]
    pub(crate) thing: T,
    pub(crate) applied: Applied,
}
