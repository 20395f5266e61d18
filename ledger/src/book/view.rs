//! What a caller is shown of its path.

use super::{Book, PathIndex};
use crate::account::Source;
use crate::{Account, Credits, Grant, Instant, Limit, Refusal};

/// A path as its caller may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathView {
    /// The most that the caller could spend now, whoever of the gateways has it leased: the least of
    /// its limits and its grants together, beside what runs here.
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
        self.refresh(path, now);
        let resolved = self.known(path).resolved.as_ref().map_err(Clone::clone)?;
        if let Some(limit) = resolved.unopened {
            return Err(self.unopened(limit));
        }
        let limits = resolved.limits.iter().filter_map(|index| {
            let account = self.accounts[*index].clone();
            let Source::Limit(id) = account.source else { return None };
            let limit = self.limits.get(id)?.limit.clone();
            Some(LimitView { limit, account })
        });
        let grants = self.grants.iter().filter(|entry| resolved.grants.contains(&entry.account));
        let grants = grants.map(|entry| {
            let account = self.accounts[entry.account].clone();
            GrantView { grant: entry.grant.clone(), account }
        });
        let remaining = self.accounts.remaining(resolved);
        Ok(PathView { remaining, limits: limits.collect(), grants: grants.collect() })
    }

    /// What the caller could spend on this path now; nothing where it may not spend at all.
    pub fn remaining(&mut self, path: PathIndex, now: Instant) -> Credits {
        self.refresh(path, now);
        match &self.known(path).resolved {
            Ok(resolved) if resolved.unopened.is_none() => self.accounts.remaining(resolved),
            _ => Credits::ZERO,
        }
    }
}
