//! How often somebody may call.

use std::num::NonZeroU32;

/// Bounds on calls, each for itself; unset, there is none. Every gateway counts for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Calls in a second.
    pub per_second: Option<NonZeroU32>,
    /// Calls in a minute.
    pub per_minute: Option<NonZeroU32>,
    /// Calls that run at a time.
    pub concurrent: Option<NonZeroU32>,
}
