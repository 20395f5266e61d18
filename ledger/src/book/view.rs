//! What a caller is shown of its path.

use super::{Book, PathIndex};
use crate::{Account, Credits, Grant, Instant, Limit, Refusal};

/// A path as its caller may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathView {
    /// The most that the caller could spend now: the least of its limits and its grants together.
    pub remaining: Credits,
    /// The limits it must pass, in the order of checks.
    pub limits: Vec<LimitView>,
    /// The grants it may burn, in burn order.
    pub grants: Vec<GrantView>,
}

/// A limit and its account of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitView {
    /// The limit.
    pub limit: Limit,
    /// Its current period.
    pub account: Account,
}

/// A grant and its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantView {
    /// The grant.
    pub grant: Grant,
    /// Its account.
    pub account: Account,
}

impl Book {
    /// The limits and grants of a path with their figures.
    ///
    /// # Errors
    /// The refusal that a request on this path would meet whatever it costs.
    pub fn view(&mut self, path: PathIndex, now: Instant) -> Result<PathView, Refusal> {
        let resolved = self.resolved(path, now).clone()?;
        let limits = resolved.limits.iter().filter_map(|index| {
            let entry = self.limits.iter().find(|entry| entry.periods.contains(index))?;
            let account = self.account(*index).clone();
            Some(LimitView { limit: entry.limit.clone(), account })
        });
        let limits: Vec<_> = limits.collect();
        let grants = resolved.grants.iter().filter_map(|index| {
            let account = self.account(*index).clone();
            let grant = self.grants.iter().find(|grant| account.id == grant.id.into())?.clone();
            Some(GrantView { grant, account })
        });
        let grants: Vec<_> = grants.collect();
        let free = grants.iter().map(|view| view.account.free());
        let free = free.fold(Credits::ZERO, Credits::saturating_add);
        let remaining = limits.iter().map(|view| view.account.free()).fold(free, Credits::min);
        Ok(PathView { remaining, limits, grants })
    }

    /// What the caller could spend on this path now; nothing where it may not spend at all.
    pub fn remaining(&mut self, path: PathIndex, now: Instant) -> Credits {
        let Ok(resolved) = self.resolved(path, now).clone() else { return Credits::ZERO };
        let free = |index: &crate::AccountIndex| self.account(*index).free();
        let grants = resolved.grants.iter().map(free).fold(Credits::ZERO, Credits::saturating_add);
        resolved.limits.iter().map(free).fold(grants, Credits::min)
    }
}
