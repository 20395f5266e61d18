//! A call that was one too many.

use std::time::Duration;

use ledger::Scope;

use super::{Bound, Stand};

/// What a call has passed, and the bound that it was over.
#[derive(Clone, Debug)]
pub(crate) struct Over {
    /// The bounds that were asked, in order; the last is the one.
    pub(crate) stands: Vec<Stand>,
    /// It.
    pub(crate) stand: Stand,
}

/// What `Retry-After` says at least and at most.
const LEAST_SECONDS: u64 = 1;
const MOST_SECONDS: u64 = 60;

/// Whole seconds that are not over before `wait` is, from one to sixty.
pub(super) fn seconds(wait: Duration) -> u32 {
    let begun = u64::from(wait.subsec_nanos() > 0);
    let seconds = wait.as_secs().saturating_add(begun).clamp(LEAST_SECONDS, MOST_SECONDS);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

impl Over {
    /// In words.
    pub(crate) fn message(&self) -> String {
        let Stand { scope, bound, most, resets, .. } = self.stand;
        let whose = match scope {
            Scope::Key(_) => "this key",
            Scope::Member(_) => "you, with all your keys together,",
            Scope::Org => "your whole organisation",
            Scope::Project(_) => "this project",
            Scope::Group(_) => "this group",
        };
        match bound {
            Bound::Calls(span) => {
                let within = match span.seconds() {
                    1 => "second",
                    _ => "minute",
                };
                format!("{whose} may make {most} calls a {within}; try again in {resets} s")
            }
            Bound::Concurrent => format!(
                "{whose} may have {most} calls running at a time; try again when one has ended"
            ),
        }
    }
}
