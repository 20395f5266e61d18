//! Where the leases run low, so that more is there before a request must wait for it.

use super::{Book, PathIndex};
use crate::{AccountId, AccountIndex};

/// A path on which an account runs low.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LowPath {
    /// Its limits, in the order of checks, low or not.
    pub limits: Vec<AccountId>,
    /// Its grants, in burn order, low or not.
    pub grants: Vec<AccountId>,
}

impl Book {
    /// Whether an account has fallen under its low mark since [`Book::running_low`] was asked.
    #[must_use]
    pub const fn is_low(&self) -> bool {
        !self.low.is_empty()
    }

    /// The paths on which an account has fallen under its low mark since the last call. One that
    /// stays under it is told again after each lease, and none while it is under recall.
    pub fn running_low(&mut self) -> Vec<LowPath> {
        let low = std::mem::take(&mut self.low);
        low.into_iter().map(|(_, path)| path).collect()
    }

    /// Notes the path of a hold that was just taken, if it left an account low.
    pub(super) fn note_low(&mut self, path: PathIndex) {
        if self.accounts.fell_low {
            self.accounts.fell_low = false;
            self.add_low(path);
        }
    }

    #[cold]
    fn add_low(&mut self, path: PathIndex) {
        let Ok(resolved) = &self.known(path).resolved else { return };
        if self.low.iter().any(|(noted, _)| *noted == path) {
            return;
        }
        let ids = |indices: &[AccountIndex]| {
            indices.iter().map(|index| self.accounts[*index].id).collect()
        };
        let accounts = LowPath { limits: ids(&resolved.limits), grants: ids(&resolved.grants) };
        self.low.push((path, accounts));
    }
}
