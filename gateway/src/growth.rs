//! A stream without a bound of its own: its hold grows with it, or it is cut.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ledger::{Credits, Hold, PathIndex, Price, Quote, Refusal, Unit, Usage};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::meter::counted_tokens;
use crate::org::{Asked, Claim, Org, Unmet};

/// How far a hold reaches, and what is asked to make it reach further.
pub(crate) struct Growth {
    org: Arc<Org>,
    path: PathIndex,
    terms: Terms,
    /// Output tokens that were asked for last, and those that were granted.
    wanted: u64,
    granted: u64,
    asked: Option<oneshot::Receiver<Result<Hold, Unmet>>>,
    refused: Option<Refusal>,
    withheld: BytesMut,
    /// Bytes of text that have gone out.
    delivered: u64,
}

/// What becomes of the bytes of a chunk.
pub(crate) enum Relay {
    /// They go out.
    Now(Bytes),
    /// They wait for an answer.
    Later,
    /// Nothing more goes out: there is truly nothing left.
    Cut(Refusal),
}

/// The terms of extensions.
pub(crate) struct Terms {
    pub(crate) price: Price,
    /// Output tokens that the hold pays for.
    pub(crate) covered: u64,
    /// Output tokens that one extension is for, and the fewest that are worth it.
    pub(crate) step: u64,
    pub(crate) least: u64,
    /// The most output tokens that the model gives.
    pub(crate) maximum: u64,
    pub(crate) wait: Duration,
    pub(crate) withheld_max: usize,
}

impl Terms {
    fn usage(tokens: u64) -> Usage {
        Usage::default().with(Unit::OutputToken, tokens)
    }

    fn cost(&self, tokens: u64) -> Credits {
        self.price.cost(&Self::usage(tokens)).unwrap_or(Credits::MAX)
    }

    /// The tokens, of those wanted, that an extension pays for.
    fn tokens(&self, wanted: u64, extension: Credits) -> u64 {
        let paid = self.price.most_affordable(Unit::OutputToken, Self::usage(wanted), extension);
        paid.unwrap_or(0)
    }
}

impl Growth {
    pub(crate) fn new(org: Arc<Org>, path: PathIndex, terms: Terms) -> Self {
        let withheld = BytesMut::new();
        Self {
            org,
            path,
            terms,
            wanted: 0,
            granted: 0,
            asked: None,
            refused: None,
            withheld,
            delivered: 0,
        }
    }

    pub(crate) const fn maximum(&self) -> u64 {
        self.terms.maximum
    }

    /// An extension that has been granted since the last look, to be joined to the hold.
    pub(crate) fn granted(&mut self) -> Option<Hold> {
        let decision = match self.asked.as_mut()?.try_recv() {
            Ok(decision) => decision,
            Err(TryRecvError::Empty) => return None,
            // Whoever waited was torn down with its runtime; it is asked again.
            Err(TryRecvError::Closed) => {
                self.asked = None;
                return None;
            }
        };
        self.asked = None;
        self.take(decision)
    }

    /// Asks for more once half of the hold is used; an answer at once is returned at once.
    pub(crate) fn ask(&mut self, hold: &Hold, used: u64) -> Option<Hold> {
        let terms = &self.terms;
        let due = used.saturating_mul(2) >= terms.covered && terms.covered < terms.maximum;
        // A no that was true a while ago is asked for again before it is acted upon.
        let known = self.refused.is_some() && used <= terms.covered;
        if !due || self.asked.is_some() || known {
            return None;
        }
        self.refused = None;
        // Never more than the model can still say, and less where the credits afford less.
        self.wanted = terms.step.min(terms.maximum.saturating_sub(terms.covered));
        let least = terms.least.min(self.wanted);
        let quote = Quote { least: terms.cost(least), most: terms.cost(self.wanted) };
        let claim = Claim { hold: hold.id(), path: self.path, quote };
        match self.org.ask_extension(hold, claim) {
            Asked::Decided(decision) => self.take(decision.map_err(Unmet::Refused)),
            waiting @ Asked::Waiting(..) => {
                let (sender, receiver) = oneshot::channel();
                self.asked = Some(receiver);
                let (org, wait) = (Arc::clone(&self.org), terms.wait);
                // It ends by itself within the wait; a hold that nobody takes goes back.
                tokio::spawn(async move {
                    let decision = org.await_decision(waiting, wait).await;
                    if let Err(Ok(hold)) = sender.send(decision) {
                        org.close(hold.release());
                    }
                });
                None
            }
        }
    }

    fn take(&mut self, decision: Result<Hold, Unmet>) -> Option<Hold> {
        match decision {
            Ok(extension) => {
                self.granted = self.terms.tokens(self.wanted, extension.amount());
                self.terms.covered = self.terms.covered.saturating_add(self.granted);
                Some(extension)
            }
            // Only held, or nobody has said no: asked again at the next chunk.
            Err(
                Unmet::Unanswered
                | Unmet::Refused(Refusal::CreditsHeld(_) | Refusal::CreditsInDoubt(_)),
            ) => None,
            Err(Unmet::Refused(refusal)) => {
                self.refused = Some(refusal);
                None
            }
        }
    }

    /// The extension that was granted last could not be written down: it covers nothing.
    pub(crate) fn forgo(&mut self) {
        self.terms.covered = self.terms.covered.saturating_sub(self.granted);
        self.granted = 0;
    }

    /// What becomes of bytes that bring the stream to `text` bytes of text.
    pub(crate) fn relay(&mut self, bytes: Bytes, text: u64) -> Relay {
        if counted_tokens(text) > self.terms.covered {
            if let Some(refusal) = self.refused.take() {
                return Relay::Cut(refusal);
            }
            let withheld = self.withheld.len().saturating_add(bytes.len());
            if self.asked.is_some() && withheld <= self.terms.withheld_max {
                self.withheld.extend_from_slice(&bytes);
                return Relay::Later;
            }
        }
        Relay::Now(self.let_go(bytes, text))
    }

    /// Everything that was withheld, and these bytes after it, up to `text` bytes of text.
    pub(crate) fn let_go(&mut self, bytes: Bytes, text: u64) -> Bytes {
        self.delivered = text;
        if self.withheld.is_empty() {
            return bytes;
        }
        self.withheld.extend_from_slice(&bytes);
        self.withheld.split().freeze()
    }

    /// Bytes of text that have gone out: what is withheld when a stream breaks off never does.
    pub(crate) const fn delivered(&self) -> u64 {
        self.delivered
    }

    /// At the end: an extension that was granted and not yet taken.
    pub(crate) fn late_extension(&mut self) -> Option<Hold> {
        let mut asked = self.asked.take()?;
        // From here on the task keeps what it gets, and gives it back.
        asked.close();
        asked.try_recv().ok()?.ok()
    }
}
