//! Asking the book, and waiting for credits that running requests hold.

use std::time::Duration;

use ledger::{Admission, Decision, Hold, Refusal, Ticket};
use tokio::sync::oneshot;

use super::{Claim, Org, Waiter};

/// Why credits were not taken.
#[derive(Clone, Debug)]
pub(crate) enum Unmet {
    /// The book has said no.
    Refused(Refusal),
    /// The store has other gateways' part of it, and has not answered in time: nobody could say no.
    Unanswered,
}

impl Org {
    /// Takes a quote, waiting at most `wait` for credits that are merely held.
    pub(crate) async fn admit(&self, claim: Claim, wait: Duration) -> Result<Hold, Unmet> {
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
        let asked = match admit(&mut state, now) {
            Admission::Held(hold) => Asked::Decided(Ok(hold)),
            Admission::Refused(refusal) => Asked::Decided(Err(refusal)),
            Admission::Waiting(ticket) => {
                let (decision, receiver) = oneshot::channel();
                state.waiting.insert(ticket, Waiter { decision, heard: !self.is_shared() });
                Asked::Waiting(ticket, receiver)
            }
        };
        self.after(state);
        if matches!(asked, Asked::Waiting(..)) {
            self.ring();
        }
        asked
    }

    pub(crate) async fn await_decision(&self, asked: Asked, wait: Duration) -> Result<Hold, Unmet> {
        match asked {
            Asked::Decided(decision) => decision.map_err(Unmet::Refused),
            Asked::Waiting(ticket, decision) => {
                let place = Place { org: self, ticket: Some(ticket), decision };
                place.wait(wait).await
            }
        }
    }

    /// Whether it is known that what a request waits for is merely held.
    fn was_heard(&self, ticket: Ticket) -> bool {
        self.state.lock().waiting.get(&ticket).is_none_or(|waiter| waiter.heard)
    }

    /// Gives up a place in the queue; `None` when its decision has already been sent.
    fn leave(&self, ticket: Ticket) -> Option<Unmet> {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let (refusal, decided) = state.book.leave(ticket, now)?;
        let heard = state.waiting.remove(&ticket).is_some_and(|waiter| waiter.heard);
        state.deliver(decided, now);
        Some(if heard { Unmet::Refused(refusal) } else { Unmet::Unanswered })
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
    async fn wait(mut self, wait: Duration) -> Result<Hold, Unmet> {
        let decided = tokio::time::timeout(wait, &mut self.decision).await;
        let ticket = self.ticket.take().expect("a place is waited for once");
        if let Ok(Ok(decision)) = decided {
            return decision.map_err(Unmet::Refused);
        }
        // What is affordable here may do, if nobody else can be asked.
        if !self.org.was_heard(ticket) {
            self.org.unanswered();
        }
        match self.org.leave(ticket) {
            Some(unmet) => Err(unmet),
            // Decided between the bell and the lock.
            None => {
                let decision = self.decision.try_recv();
                decision.unwrap_or(Err(Refusal::CredentialEnded)).map_err(Unmet::Refused)
            }
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
