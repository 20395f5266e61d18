//! Where the leases run low, so that more is there before a request must wait for it.

use super::{Book, PathIndex};
use crate::AccountId;

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
    /// stays under it is told again after each lease and each new mark, and not while it is under
    /// recall.
    pub fn running_low(&mut self) -> Vec<LowPath> {
        let paths = std::mem::take(&mut self.low);
        let resolved = paths.iter().filter_map(|path| self.known(*path).resolved.as_ref().ok());
        let ids = |indices: &[crate::AccountIndex]| {
            indices.iter().map(|index| self.accounts[*index].id).collect()
        };
        resolved
            .map(|path| LowPath { limits: ids(&path.limits), grants: ids(&path.grants) })
            .collect()
    }

    /// Notes the path of a hold that was just taken, if it left an account low.
    pub(super) fn note_low(&mut self, path: PathIndex) {
        if std::mem::take(&mut self.accounts.fell_low) && !self.low.contains(&path) {
            self.low.push(path);
        }
    }
}
