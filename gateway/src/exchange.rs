//! One request on its way through the gateway: what each phase leaves for the next.

use std::net::IpAddr;
use std::sync::Arc;

use bursar_config::{Config, Dialect, Provider, Route};
use bytes::Bytes;
use ledger::HoldId;
use prometheus::IntGauge;

use crate::idempotency::IdempotencyKey;
use crate::identity::{Caller, NOWHERE};
use crate::project::Named;
use crate::rates::Places;
use crate::refusal::Denial;
use crate::running::Running;

/// The bytes of a body that are read of whoever fails too often.
const BRIEFLY: u64 = 64 * 1024;

/// The state that a request's phases share.
pub(crate) struct Exchange {
    pub(crate) id: HoldId,
    /// The id as it is told to everyone.
    pub(crate) request_id: String,
    /// What was in force when the request arrived; it keeps that to its end.
    pub(crate) config: Arc<Config>,
    /// Where it comes from.
    pub(crate) address: IpAddr,
    /// The shape that its refusals take.
    pub(crate) dialect: Option<Dialect>,
    pub(crate) routed: Option<Arc<Routed>>,
    /// Its places among the calls that run, where those are bounded.
    pub(crate) places: Option<Box<Places>>,
    /// The most that is read of the body, by the route; known before the caller is.
    pub(crate) body_bound: Option<u64>,
    /// The client has been told to send the body that it asked about.
    pub(crate) invited: bool,
    pub(crate) stage: Stage,
    /// A no that is decided and not yet told.
    pub(crate) denial: Option<Denial>,
    pub(crate) arrived: std::time::Instant,
    _present: Present,
}

/// Counts a request from its arrival to its end, however it ends.
struct Present(IntGauge);

impl Drop for Present {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Who calls which route.
pub(crate) struct Routed {
    pub(crate) provider: Arc<Provider>,
    pub(crate) route: Arc<Route>,
    /// The path without the provider's prefix.
    pub(crate) upstream_path: String,
    pub(crate) caller: Arc<Caller>,
    pub(crate) address: IpAddr,
    pub(crate) project: Option<Named>,
    /// The key that the client sent, on a route with a price.
    pub(crate) idempotency: Option<IdempotencyKey>,
}

/// How far a request is.
pub(crate) enum Stage {
    /// Nothing is decided.
    Arrived,
    /// A route without a tool: forwarded as it is, its body counted against the bound.
    Passing { body_bytes: u64 },
    /// The body is still coming in, and nothing of it goes out before it is admitted.
    Collecting { body: Vec<Bytes>, bytes: u64 },
    /// Admitted: credits are held until it ends.
    Running(Box<Running>),
    /// Told no, or over.
    Closed,
}

impl Exchange {
    pub(crate) fn new(id: HoldId, config: Arc<Config>, present: &IntGauge) -> Self {
        present.inc();
        Self {
            _present: Present(present.clone()),
            id,
            request_id: id.to_string(),
            config,
            address: NOWHERE,
            dialect: None,
            routed: None,
            places: None,
            body_bound: None,
            invited: false,
            stage: Stage::Arrived,
            denial: None,
            arrived: std::time::Instant::now(),
        }
    }

    /// Whether the body has gone on beyond the route's bound, as it came in.
    pub(crate) fn is_oversized(&self) -> bool {
        let bound = self.body_bound.unwrap_or(u64::MAX);
        match self.stage {
            Stage::Collecting { bytes, .. } | Stage::Passing { body_bytes: bytes } => bytes > bound,
            Stage::Arrived | Stage::Running(_) | Stage::Closed => false,
        }
    }

    /// It runs no longer: before the last bytes are let go, since who has them may call again.
    pub(crate) fn leave(&mut self) {
        if let Some(places) = &mut self.places {
            places.free();
        }
    }

    /// Whoever fails too often is not listened to at length: little is read of its body.
    pub(crate) fn listen_briefly(&mut self) {
        self.body_bound = Some(self.body_bound.unwrap_or(u64::MAX).min(BRIEFLY));
    }

    pub(crate) fn running(&mut self) -> Option<&mut Running> {
        match &mut self.stage {
            Stage::Running(running) => Some(running),
            Stage::Arrived | Stage::Passing { .. } | Stage::Collecting { .. } | Stage::Closed => {
                None
            }
        }
    }
}
