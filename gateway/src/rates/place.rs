//! A call's place among those that run; however the call goes away, it is given back.

use std::sync::Arc;

use smallvec::SmallVec;

use super::Stand;
use super::calls::Calls;

/// A place among the calls of one scope.
#[derive(Debug)]
pub(crate) struct Place(Arc<Calls>);

impl Place {
    /// Of calls among which it is counted already.
    pub(super) const fn of(calls: Arc<Calls>) -> Self {
        Self(calls)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.end_one();
    }
}

/// The places of one call, and how it left the bounds that it passed.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub(super) places: SmallVec<[Place; 3]>,
    pub(super) stands: Vec<Stand>,
}

impl Places {
    pub(crate) fn stands(&self) -> &[Stand] {
        &self.stands
    }

    /// Gives the places back before the call is over, since its client will know no better.
    pub(crate) fn free(&mut self) {
        self.places.clear();
    }
}
