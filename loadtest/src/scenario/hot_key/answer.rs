//! One answer as the caller saw it: the generator's own record, which the audit trusts before any other.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use ledger::Credits;
use serde::{Deserialize, Serialize};

use crate::bodies::Form;
use crate::client::{Answer, Ending};
use crate::demo::credits;

/// What came back for one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Answered {
    /// The status; 0 when there was none.
    pub(crate) status: u16,
    /// The code of a refusal.
    pub(crate) code: Option<String>,
    /// Why it is not whole; `None` when it is.
    pub(crate) cut: Option<String>,
    /// Microseconds until its last byte.
    pub(crate) micros: u64,
    pub(crate) request_id: Option<String>,
    /// The figures of a refusal, as the gateway told them.
    pub(crate) figures: Option<Figures>,
}

/// The figures of a refusal: decimal strings of credits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) limit: String,
    pub(crate) spent: String,
    pub(crate) held: String,
    pub(crate) required: String,
    pub(crate) remaining: String,
}

/// Answers that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind<'a> {
    pub(crate) status: u16,
    pub(crate) code: &'a str,
    pub(crate) ending: &'static str,
}

#[derive(Deserialize)]
struct Refused {
    error: Block,
}

#[derive(Deserialize)]
struct Block {
    code: Option<String>,
    #[serde(flatten)]
    figures: Option<Figures>,
}

impl Answered {
    /// Reads an answer of the OpenAI dialect.
    pub(crate) fn read(answer: &Answer, body: &[u8], latency: Duration) -> Self {
        let status = answer.status.map_or(0, |status| status.as_u16());
        let block = serde_json::from_slice(body).ok().map(|refused: Refused| refused.error);
        let (code, figures) = block.map_or((None, None), |block| (block.code, block.figures));
        let cut = match &answer.ending {
            Ending::Cut(reason) => Some(reason.clone()),
            Ending::Complete if Form::Json.is_whole(body) => None,
            Ending::Complete => Some("not one JSON object".to_owned()),
        };
        let id = answer.headers.get("x-request-id").and_then(|id| id.to_str().ok());
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        Self { status, code, cut, micros, request_id: id.map(str::to_owned), figures }
    }

    /// A 200, all of it.
    pub(crate) fn is_served(&self) -> bool {
        self.status == 200 && self.cut.is_none()
    }

    /// A 402, all of it.
    pub(crate) fn is_refused(&self) -> bool {
        self.status == 402 && self.cut.is_none()
    }

    fn kind(&self) -> Kind<'_> {
        Kind {
            status: self.status,
            code: self.code.as_deref().unwrap_or_default(),
            ending: if self.cut.is_none() { "complete" } else { "cut" },
        }
    }
}

impl Figures {
    /// Whether they are a true no: by the gateway's own figures, less is left than is needed, and
    /// nothing that runs could change that.
    ///
    /// # Errors
    /// One of them is no amount of credits.
    pub(crate) fn shortage(&self) -> Result<bool> {
        let [limit, spent] = [credits(&self.limit)?, credits(&self.spent)?];
        let [required, remaining] = [credits(&self.required)?, credits(&self.remaining)?];
        credits(&self.held)?;
        Ok(limit.saturating_sub(spent) == remaining && remaining < required)
    }

    /// What the call would have needed, if it is told as an amount.
    pub(crate) fn required(&self) -> Option<Credits> {
        credits(&self.required).ok()
    }
}

/// The latencies of each kind of answer, shortest first.
pub(crate) fn by_kind(answers: &[Answered]) -> BTreeMap<Kind<'_>, Vec<Duration>> {
    let mut kinds = BTreeMap::<Kind<'_>, Vec<Duration>>::new();
    for answer in answers {
        kinds.entry(answer.kind()).or_default().push(Duration::from_micros(answer.micros));
    }
    kinds.values_mut().for_each(|latencies| latencies.sort_unstable());
    kinds
}

/// Writes each answer as a line of JSON.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn log(file: &Path, answers: &[Answered]) -> Result<()> {
    let out = File::create(file).with_context(|| format!("cannot write {}", file.display()))?;
    let mut out = BufWriter::new(out);
    for answer in answers {
        serde_json::to_writer(&mut out, answer)?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn answer(status: StatusCode) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", "req_1".parse().unwrap());
        Answer { status: Some(status), headers, ending: Ending::Complete }
    }

    #[test]
    fn the_figures_of_a_refusal_are_read() {
        let body = br#"{"error":{"message":"no","type":"insufficient_quota","param":null,
            "code":"credits_exhausted","limit":"50","spent":"50","held":"0","required":"1",
            "remaining":"0","retryable":false,"scope_id":null}}"#;
        let read = Answered::read(&answer(StatusCode::PAYMENT_REQUIRED), body, Duration::ZERO);
        assert!(read.is_refused());
        assert_eq!(read.code.as_deref(), Some("credits_exhausted"));
        assert_eq!(read.request_id.as_deref(), Some("req_1"));
        assert!(read.figures.unwrap().shortage().unwrap());
    }

    #[test]
    fn a_refusal_without_figures_still_has_its_code() {
        let body = br#"{"error":{"message":"no","code":"rate_limited","limit":null}}"#;
        let read = Answered::read(&answer(StatusCode::TOO_MANY_REQUESTS), body, Duration::ZERO);
        assert_eq!((read.code.as_deref(), read.figures), (Some("rate_limited"), None));
    }

    #[test]
    fn half_an_object_is_a_cut_answer() {
        let read = Answered::read(&answer(StatusCode::OK), br#"{"id":"#, Duration::ZERO);
        assert!(!read.is_served() && read.cut.is_some());
    }
}
