//! Asking the book, and waiting for credits that running requests hold.

use std::time::Duration;

use ledger::{Admission, Decision, Hold, Refusal, Ticket};
use tokio::sync::oneshot;

use super::{Claim, Org};

impl Org {
    /// Takes a quote, waiting at most `wait` for credits that are merely held.
    pub(crate) async fn admit(&self, claim: Claim, wait: Duration) -> Decision {
        let asked =
            self.ask(|state, now| state.book.admit(claim.hold, claim.path, claim.quote, now));
        self.await_decision(asked, wait).await
    }

    /// What asks for more of a running hold: the answer is for [`Hold::join`].
    pub(crate) fn ask_extension(&self, hold: &Hold, claim: Claim) -> Asked {
        self.ask(|state, now| state.book.extend(hold, claim.path, claim.quote, now))
    }

    fn ask(&self, admit: impl FnOnce(&mut super::State, ledger::Instant) -> Admission) -> Asked {
        let now = self.clock.now();
        let mut state = self.state.lock();
        match admit(&mut state, now) {
            Admission::Held(hold) => Asked::Decided(Ok(hold)),
            Admission::Refused(refusal) => Asked::Decided(Err(refusal)),
            Admission::Waiting(ticket) => {
                let (sender, receiver) = oneshot::channel();
                state.waiting.insert(ticket, sender);
                Asked::Waiting(ticket, receiver)
            }
        }
    }

    pub(crate) async fn await_decision(&self, asked: Asked, wait: Duration) -> Decision {
        match asked {
            Asked::Decided(decision) => decision,
            Asked::Waiting(ticket, decision) => {
                let place = Place { org: self, ticket: Some(ticket), decision };
                place.wait(wait).await
            }
        }
    }

    /// Gives up a place in the queue; `None` when its decision has already been sent.
    fn leave(&self, ticket: Ticket) -> Option<Refusal> {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let (refusal, decided) = state.book.leave(ticket, now)?;
        state.waiting.remove(&ticket);
        state.deliver(decided, now);
        Some(refusal)
    }
}

/// An answer, or a place in the queue for one.
#[expect(clippy::large_enum_variant, reason = "it lives for one decision, on the stack")]
pub(crate) enum Asked {
    Decided(Decision),
    Waiting(Ticket, oneshot::Receiver<Decision>),
}

/// A place in the queue, given up when the request goes away.
struct Place<'a> {
    org: &'a Org,
    ticket: Option<Ticket>,
    decision: oneshot::Receiver<Decision>,
}

impl Place<'_> {
    async fn wait(mut self, wait: Duration) -> Decision {
        let decided = tokio::time::timeout(wait, &mut self.decision).await;
        let ticket = self.ticket.take().expect("a place is waited for once");
        if let Ok(Ok(decision)) = decided {
            return decision;
        }
        match self.org.leave(ticket) {
            Some(refusal) => Err(refusal),
            // Decided between the bell and the lock.
            None => self.decision.try_recv().unwrap_or(Err(Refusal::CredentialEnded)),
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        if self.org.leave(ticket).is_none()
            && let Ok(Ok(hold)) = self.decision.try_recv()
        {
            self.org.close(hold.release());
        }
    }
}
