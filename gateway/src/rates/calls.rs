//! The calls of one key, member or organisation, counted against its bounds.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use ledger::{Instant, Scope};
use store::Rates;

use super::over::seconds;
use super::window::{Span, Window};
use super::{Bound, Over, Place, Stand};

/// What is counted of one scope.
#[derive(Debug)]
pub(crate) struct Calls {
    scope: Scope,
    running: AtomicU32,
    bounds: ArcSwap<Bounds>,
}

/// The bounds in force.
#[derive(Debug, Default)]
struct Bounds {
    rates: Rates,
    second: Option<Window>,
    minute: Option<Window>,
}

impl Bounds {
    /// New bounds, as far used up as those before them.
    fn after(&self, rates: Rates) -> Self {
        let window = |span, bound: Option<NonZeroU32>, before: &Option<Window>| {
            let used = before.as_ref().map(Window::used).unwrap_or_default();
            bound.map(|bound| Window::new(span, bound, used))
        };
        Self {
            rates,
            second: window(Span::Second, rates.per_second, &self.second),
            minute: window(Span::Minute, rates.per_minute, &self.minute),
        }
    }
}

impl Calls {
    pub(super) fn new(scope: Scope, rates: Rates) -> Self {
        let bounds = ArcSwap::from_pointee(Bounds::default().after(rates));
        Self { scope, running: AtomicU32::new(0), bounds }
    }

    /// Puts other bounds in force. What runs is still counted, and what was used up still is.
    pub(super) fn bound_by(&self, rates: Rates) {
        let bounds = self.bounds.load();
        if bounds.rates != rates {
            self.bounds.store(Arc::new(bounds.after(rates)));
        }
    }

    pub(super) fn running(&self) -> u32 {
        self.running.load(Ordering::Acquire)
    }

    pub(super) fn end_one(&self) {
        self.running.fetch_sub(1, Ordering::AcqRel);
    }

    /// Counts a call, and says how it leaves each bound.
    ///
    /// # Errors
    /// It is one too many.
    pub(super) fn begin(
        self: &Arc<Self>,
        now: Instant,
        stands: &mut Vec<Stand>,
    ) -> Result<Place, Over> {
        let bounds = self.bounds.load();
        // First, since a place can be given back.
        let place = self.take_place(bounds.rates.concurrent, stands)?;
        for (span, window) in [(Span::Second, &bounds.second), (Span::Minute, &bounds.minute)] {
            let Some(window) = window else { continue };
            let (bound, most) = (Bound::Calls(span), window.bound().get());
            let stand = |left, after| Stand {
                scope: self.scope,
                bound,
                most,
                left,
                resets: seconds(after),
            };
            match window.count(now) {
                Ok((left, full_after)) => stands.push(stand(left, full_after)),
                Err(wait) => return Err(over(stands, stand(0, wait))),
            }
        }
        Ok(place)
    }

    fn take_place(
        self: &Arc<Self>,
        most: Option<NonZeroU32>,
        stands: &mut Vec<Stand>,
    ) -> Result<Place, Over> {
        let limit = most.map_or(u32::MAX, NonZeroU32::get);
        let one_more = |running: u32| (running < limit).then(|| running.saturating_add(1));
        let taken = self.running.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more);
        if let Some(most) = most {
            let most = most.get();
            let left = taken.map_or(0, |before| most.saturating_sub(before).saturating_sub(1));
            let resets = seconds(Duration::ZERO);
            let stand = Stand { scope: self.scope, bound: Bound::Concurrent, most, left, resets };
            if taken.is_err() {
                return Err(over(stands, stand));
            }
            stands.push(stand);
        }
        Ok(Place::of(Arc::clone(self)))
    }
}

fn over(stands: &mut Vec<Stand>, stand: Stand) -> Over {
    stands.push(stand);
    Over { stands: std::mem::take(stands), stand }
}
