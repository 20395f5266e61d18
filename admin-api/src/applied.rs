//! Where a change is in force, as every operation that makes one answers it.

use std::future::Future;

use serde::Serialize;
use store::ChangeSeq;
use tracing::Instrument;

use crate::problem::Problem;
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

/// Sees a change through: a client that hangs up ends its handler, and what is committed is to be
/// told of.
///
/// # Errors
/// As the change has.
pub(crate) async fn see_through<T: Send + 'static>(
    change: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    let changed = tokio::spawn(change.in_current_span()).await;
    changed.map_err(|error| Problem::internal(&error))?
}
