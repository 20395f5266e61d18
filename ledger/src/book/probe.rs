//! What is asked before a request is read: questions that take nothing.

use super::admit::Obstacle;
use super::waiting::Claim;
use super::{Book, PathIndex};
use crate::{Credits, HoldId, Instant, Quote, Refusal};

impl Book {
    /// Whether something left this gateway's lease since that was last taken.
    #[must_use]
    pub fn has_returns(&self) -> bool {
        !self.returns.is_empty()
    }

    /// Whether the caller of a path may spend at all, whatever it asks for.
    ///
    /// # Errors
    /// The refusal that every request on the path would meet.
    pub fn standing_of(&mut self, path: PathIndex, now: Instant) -> Result<(), Refusal> {
        self.refresh(path, now);
        self.known(path).resolved.as_ref().map(|_| ()).map_err(Clone::clone)
    }

    /// Whether a quote of `least` could be met, now or once running requests end.
    ///
    /// # Errors
    /// The refusal that such a request would meet whatever happens to those that run.
    pub fn probe(
        &mut self,
        id: HoldId,
        path: PathIndex,
        least: Credits,
        now: Instant,
    ) -> Result<(), Refusal> {
        self.refresh(path, now);
        let resolved = self.known(path).resolved.as_ref().map_err(Clone::clone)?;
        if resolved.unopened.is_some() {
            return Ok(());
        }
        let Err(Obstacle::Short(on)) = self.accounts.judge(resolved, least, least, &[]) else {
            return Ok(());
        };
        let (resolved, quote) = (resolved.clone(), Quote::exactly(least));
        let claim = Claim { id, path, resolved, quote, own: Vec::new() };
        Err(Refusal::Short(Box::new(self.short(on, &claim, now))))
    }
}
