//! Writes the bill: a line is open while its call runs, and written exactly once when it ends.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use http::StatusCode;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::bill::{Bill, Line, ModelBill};

/// How many lines are kept; the totals go on without them.
const KEPT_LINES: usize = 10_000;
/// How much of a model's name is kept, in characters: it is the caller's word.
const KEPT_NAME: usize = 128;
/// The totals of calls whose model is not on the list, or that could not be read.
const UNKNOWN: &str = "unknown";

/// The bill while it is being written.
#[derive(Default)]
pub(crate) struct Books {
    running: Mutex<Running>,
    changed: Notify,
    /// Where each line is appended, and none is ever left out.
    file: Option<File>,
}

#[derive(Default)]
struct Running {
    /// Lines opened and not yet written.
    open: u64,
    requests: u64,
    models: BTreeMap<String, ModelBill>,
    lines: VecDeque<Line>,
}

impl Books {
    /// Books that append their lines to `file` too, if there is one.
    pub(crate) fn kept_in(file: Option<File>) -> Self {
        Self { file, ..Self::default() }
    }

    /// Opens the line of a call that has arrived.
    pub(crate) fn open(self: &Arc<Self>, line: Line) -> OpenLine {
        self.running.lock().open += 1;
        OpenLine { books: Arc::clone(self), model: UNKNOWN, line: Some(line) }
    }

    pub(crate) fn bill(&self) -> Bill {
        let running = self.running.lock();
        Bill {
            running: running.open,
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
        let mut running = self.running.lock();
        *running = Running { open: running.open, ..Running::default() };
    }

    fn write(&self, model: &'static str, line: Line) {
        let mut running = self.running.lock();
        running.open -= 1;
        running.requests += 1;
        if let Some(Err(error)) = self.file.as_ref().map(|file| append(file, &line)) {
            // Its reader counts the lines, and finds fewer than calls.
            tracing::error!(%error, "a line is missing in the file of the bill");
        }
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

/// Writes a line of JSON, all of it at once.
fn append(mut file: &File, line: &Line) -> std::io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    file.write_all(&text)
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

    /// Notes the name in a request, which may be that of no model on the list.
    pub(crate) fn asked(&mut self, asked: &str) {
        if let Some(line) = &mut self.line {
            line.model = asked.chars().take(KEPT_NAME).collect();
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
    fn a_call_runs_until_its_line_is_written_whatever_is_reset_meanwhile() {
        let books = Arc::<Books>::default();
        let (first, second) = (open(&books), open(&books));
        assert_eq!((books.bill().running, books.bill().requests), (2, 0));
        first.close();
        books.reset();
        assert_eq!((books.bill().running, books.bill().requests), (1, 0));
        drop(second);
        assert_eq!((books.bill().running, books.bill().requests), (0, 1));
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
