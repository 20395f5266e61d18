//! So many calls in a second or a minute: GCRA, where a pause saves up one burst of the bound.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use ledger::Instant;

/// Over how long calls are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    Second,
    Minute,
}

impl Span {
    pub(crate) const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
        }
    }

    const fn quota(self, bound: NonZeroU32) -> Quota {
        match self {
            Self::Second => Quota::per_second(bound),
            Self::Minute => Quota::per_minute(bound),
        }
    }
}

/// A bound on the calls in a span, and how far it is used up.
#[derive(Debug)]
pub(super) struct Window {
    bound: NonZeroU32,
    used: Used,
    limiter: Limiter,
}

type Limiter = RateLimiter<NotKeyed, Used, Told, StateInformationMiddleware>;

impl Window {
    /// A bound that is as far used up as `used` says.
    pub(super) fn new(span: Span, bound: NonZeroU32, used: Used) -> Self {
        let limiter = Limiter::new(span.quota(bound), used.clone(), Told::default());
        Self { bound, used, limiter }
    }

    pub(super) const fn bound(&self) -> NonZeroU32 {
        self.bound
    }

    /// How far it is used up, to be gone on with under another bound.
    pub(super) fn used(&self) -> Used {
        self.used.clone()
    }

    /// Counts a call: how many more may follow at once, and when all may again.
    ///
    /// # Errors
    /// It is one too many; the next may come after so long.
    pub(super) fn count(&self, now: Instant) -> Result<(u32, Duration), Duration> {
        let now = self.limiter.clock().tell(now);
        match self.limiter.check() {
            Ok(counted) => {
                let left = counted.remaining_burst_capacity();
                let used = self.bound.get().saturating_sub(left);
                Ok((left, counted.quota().replenish_interval().saturating_mul(used)))
            }
            Err(until) => Err(until.wait_time_from(now)),
        }
    }
}

/// How far a bound is used up. It is kept in time, by which a bound that is changed remains as far
/// used up as it was: half of sixty a minute is half of ten.
#[derive(Clone, Debug, Default)]
pub(super) struct Used(Arc<InMemoryState>);

impl StateStore for Used {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, key: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.measure_and_replace(key, decide)
    }
}

/// The latest time that a window was told: it reads no clock of its own. It begins at the epoch, so
/// that one window's state means the same to the next.
#[derive(Debug, Default)]
struct Told(AtomicU64);

impl Told {
    fn tell(&self, now: Instant) -> Nanos {
        let micros = u64::try_from(now.micros()).unwrap_or_default();
        let nanos = micros.saturating_mul(1_000);
        nanos.max(self.0.fetch_max(nanos, Ordering::Relaxed)).into()
    }
}

impl Clock for Told {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.load(Ordering::Relaxed).into()
    }
}
