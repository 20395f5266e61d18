//! The provider's own bill: what it says it sold, kept apart from anything the gateway knows.
//!
//! Only calls that can be sold are on it: chat, responses, messages, embeddings, images. A JSON
//! answer is billed when it is produced, a stream when it ends or the client goes away, with the
//! tokens produced up to there. What is written are the true numbers, whatever a scripted model
//! told the client.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use http::StatusCode;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

/// How many lines are kept; the totals go on without them.
const KEPT_LINES: usize = 10_000;
/// The totals of calls whose model is not on the list, or that could not be read.
const UNKNOWN: &str = "unknown";

/// The bill since the start or the last reset. `GET /bill` answers it as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    /// Calls that have ended: those answered and those failed.
    pub requests: u64,
    /// Totals by model, without suffix (`mock-chat:500` is in `mock-chat`).
    pub models: BTreeMap<String, ModelBill>,
    /// The last 10,000 calls in the order they ended, oldest first.
    pub lines: Vec<Line>,
}

/// What one model sold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelBill {
    /// Calls that have ended.
    pub requests: u64,
    /// Calls answered with a 200, whole or not.
    pub answered: u64,
    /// Tokens read, of answered calls.
    pub input_tokens: u64,
    /// Tokens said, of answered calls.
    pub output_tokens: u64,
    /// Images made, of answered calls.
    pub images: u64,
    /// Calls answered with an error, or not at all. Nothing is billed for them.
    pub failed: u64,
}

/// One call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The id in the answer's body, or that of its `x-request-id` when the body has none.
    pub id: String,
    /// The model as the caller named it, suffix included; empty when the request was unreadable.
    pub model: String,
    /// The path, such as `/v1/chat/completions`.
    pub route: Cow<'static, str>,
    /// The HTTP status that was answered; 0 when the call ended without any.
    pub status: u16,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens said.
    pub output_tokens: u64,
    /// Images made.
    pub images: u64,
    /// Whether all of the answer was handed over.
    pub complete: bool,
    /// The caller's `x-request-id`.
    pub request_id: Option<String>,
}

/// The bill while it is being written.
#[derive(Default)]
pub(crate) struct Books {
    running: Mutex<Running>,
    changed: Notify,
}

#[derive(Default)]
struct Running {
    requests: u64,
    models: BTreeMap<String, ModelBill>,
    lines: VecDeque<Line>,
}

impl Books {
    /// Opens the line of a call that has arrived.
    pub(crate) fn open(self: &Arc<Self>, line: Line) -> OpenLine {
        OpenLine { books: Arc::clone(self), model: UNKNOWN, line: Some(line) }
    }

    pub(crate) fn bill(&self) -> Bill {
        let running = self.running.lock();
        Bill {
            requests: running.requests,
            models: running.models.clone(),
            lines: running.lines.iter().cloned().collect(),
        }
    }

    pub(crate) async fn bill_when(&self, ready: impl Fn(&Bill) -> bool) -> Bill {
        loop {
            let changed = self.changed.notified();
            let bill = self.bill();
            if ready(&bill) {
                return bill;
            }
            changed.await;
        }
    }

    pub(crate) fn reset(&self) {
        *self.running.lock() = Running::default();
    }

    fn write(&self, model: &'static str, line: Line) {
        let mut running = self.running.lock();
        running.requests += 1;
        if !running.models.contains_key(model) {
            running.models.insert(model.to_owned(), ModelBill::default());
        }
        if let Some(totals) = running.models.get_mut(model) {
            totals.add(&line);
        }
        if running.lines.len() == KEPT_LINES {
            running.lines.pop_front();
        }
        running.lines.push_back(line);
        drop(running);
        self.changed.notify_waiters();
    }
}

impl ModelBill {
    fn add(&mut self, line: &Line) {
        self.requests += 1;
        if line.status == StatusCode::OK.as_u16() {
            self.answered += 1;
            self.input_tokens += line.input_tokens;
            self.output_tokens += line.output_tokens;
            self.images += line.images;
        } else {
            self.failed += 1;
        }
    }
}

/// The line of a running call. Dropped unclosed, it is written as incomplete: the client went
/// away, or the connection was cut.
pub(crate) struct OpenLine {
    books: Arc<Books>,
    model: &'static str,
    /// `None` once it is written.
    line: Option<Line>,
}

impl OpenLine {
    /// Says whose totals the line belongs to. `asked` is the name in the request.
    pub(crate) fn model(&mut self, name: &'static str, asked: &str) {
        self.model = name;
        self.asked(asked);
    }

    /// Notes the name in a request for a model that is not on the list.
    pub(crate) fn asked(&mut self, asked: &str) {
        if let Some(line) = &mut self.line {
            line.model = asked.to_owned();
        }
    }

    /// An answer has begun: from here on the call is billed.
    pub(crate) fn answering(&mut self, id: String, input_tokens: u64) {
        if let Some(line) = &mut self.line {
            line.id = id;
            line.status = StatusCode::OK.as_u16();
            line.input_tokens = input_tokens;
        }
    }

    /// So much more was produced.
    pub(crate) fn produced(&mut self, output_tokens: u64, images: u64) {
        if let Some(line) = &mut self.line {
            line.output_tokens += output_tokens;
            line.images += images;
        }
    }

    /// The call ended with an error.
    pub(crate) fn fail(mut self, status: StatusCode) {
        if let Some(line) = &mut self.line {
            line.status = status.as_u16();
        }
        self.close();
    }

    /// The whole answer was handed over.
    pub(crate) fn close(mut self) {
        if let Some(mut line) = self.line.take() {
            line.complete = true;
            self.books.write(self.model, line);
        }
    }
}

impl Drop for OpenLine {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            self.books.write(self.model, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(books: &Arc<Books>) -> OpenLine {
        let mut line = books.open(Line::default());
        line.model("mock-chat", "mock-chat:9");
        line
    }

    #[test]
    fn a_dropped_line_is_billed_up_to_where_it_came() {
        let books = Arc::<Books>::default();
        let mut line = open(&books);
        line.answering("chatcmpl-1".to_owned(), 5);
        line.produced(3, 0);
        drop(line);
        let bill = books.bill();
        let totals = &bill.models["mock-chat"];
        assert_eq!((totals.answered, totals.input_tokens, totals.output_tokens), (1, 5, 3));
        assert!(!bill.lines[0].complete);
    }

    #[test]
    fn a_failed_line_counts_and_bills_nothing() {
        let books = Arc::<Books>::default();
        open(&books).fail(StatusCode::INTERNAL_SERVER_ERROR);
        let bill = books.bill();
        assert_eq!(
            bill.models["mock-chat"],
            ModelBill { requests: 1, failed: 1, ..ModelBill::default() }
        );
        assert_eq!(bill.lines[0].status, 500);
    }

    #[test]
    fn lines_are_bounded_and_totals_are_not() {
        let books = Arc::<Books>::default();
        for _ in 0..KEPT_LINES + 1 {
            open(&books).close();
        }
        let bill = books.bill();
        assert_eq!(bill.lines.len(), KEPT_LINES);
        assert_eq!(bill.requests, KEPT_LINES as u64 + 1);
    }
}
