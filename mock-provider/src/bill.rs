//! The provider's own bill: what it says it sold, kept apart from anything the gateway knows.
//!
//! Only calls that can be sold are on it: chat, responses, messages, embeddings, images. A JSON
//! answer is billed when it is produced, a stream when it ends or the client goes away, with the
//! tokens produced up to there. What is written are the true numbers, whatever a scripted model
//! told the client.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::StatusCode;
use serde::{Deserialize, Serialize};

/// The bill since the start or the last reset. `GET /bill` answers it as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    /// Calls that have not ended, and are on no other figure of the bill.
    pub running: u64,
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

impl ModelBill {
    /// Adds a call that has ended.
    pub(crate) fn add(&mut self, line: &Line) {
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
