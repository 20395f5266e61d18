//! One answer as the caller saw it: the generator's own record, which the audit trusts before any other.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use ledger::Credits;
use serde::{Deserialize, Serialize};

use super::Planned;
use crate::bodies::Form;
use crate::client::{Answer, Ending};
use crate::demo::credits;

/// What came back for one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) call: Planned,
    /// The status; 0 when there was none.
    pub(crate) status: u16,
    /// The code of a refusal.
    pub(crate) code: Option<String>,
    pub(crate) ended: Ended,
    /// When it was sent, in microseconds since the epoch.
    pub(crate) sent: i64,
    /// Microseconds from the call until its end.
    pub(crate) micros: u64,
    pub(crate) request_id: Option<String>,
    /// The figures of a refusal, as the gateway told them.
    pub(crate) figures: Option<Figures>,
}

/// How an answer ended, in the eyes of its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All of it arrived: the whole object, or a stream with its last event.
    Complete,
    /// It broke off, and why.
    Cut(String),
    /// The caller left, as planned.
    Left,
    /// Nobody listened: nothing was sent.
    Unconnected(String),
}

/// The figures of a refusal: decimal strings of credits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// `grants`, or the scope of the limit that is short.
    pub(crate) scope: Option<String>,
    /// The period of that limit.
    pub(crate) period: Option<String>,
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

/// An answer as it is logged.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    number: u64,
    key: &'a str,
    call: &'static str,
    model: &'static str,
    status: u16,
    code: Option<&'a str>,
    ending: &'static str,
    why: Option<&'a str>,
    sent: i64,
    micros: u64,
    request: Option<&'a str>,
    figures: Option<&'a Figures>,
}

impl Answered {
    /// Reads an answer to `call`, of either dialect, which came `latency` after the call was sent.
    pub(crate) fn read(
        call: Planned,
        answer: &Answer,
        body: &[u8],
        sent: SystemTime,
        latency: Duration,
    ) -> Self {
        let status = answer.status.map_or(0, |status| status.as_u16());
        let block = serde_json::from_slice(body).ok().map(|refused: Refused| refused.error);
        let (code, figures) = block.map_or((None, None), |block| (block.code, block.figures));
        let whole =
            if status == 200 { call.shape.is_whole(body) } else { Form::Json.is_whole(body) };
        let ended = match &answer.ending {
            Ending::Complete if whole => Ended::Complete,
            Ending::Complete => Ended::Cut("not a whole answer".to_owned()),
            Ending::Cut(why) => Ended::Cut(why.clone()),
            Ending::Left => Ended::Left,
            Ending::Unconnected(why) => Ended::Unconnected(why.clone()),
        };
        let id = answer.headers.get("x-request-id").and_then(|id| id.to_str().ok());
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let request_id = id.map(str::to_owned);
        Self { call, status, code, ended, sent: since_epoch(sent), micros, request_id, figures }
    }

    /// When its end came, in microseconds since the epoch.
    pub(crate) fn ended_at(&self) -> i64 {
        self.sent.saturating_add_unsigned(self.micros)
    }

    /// A 200, all of it.
    pub(crate) fn is_served(&self) -> bool {
        self.status == 200 && self.ended == Ended::Complete
    }

    /// A 402, all of it.
    pub(crate) fn is_refused(&self) -> bool {
        self.status == 402 && self.ended == Ended::Complete
    }

    /// As it is logged.
    pub(crate) fn line(&self) -> Line<'_> {
        Line {
            number: self.call.number,
            key: &self.call.key,
            call: self.call.shape.name(),
            model: self.call.model,
            status: self.status,
            code: self.code.as_deref(),
            ending: self.ended.name(),
            why: match &self.ended {
                Ended::Complete | Ended::Left => None,
                Ended::Cut(why) | Ended::Unconnected(why) => Some(why),
            },
            sent: self.sent,
            micros: self.micros,
            request: self.request_id.as_deref(),
            figures: self.figures.as_ref(),
        }
    }

    fn kind(&self) -> Kind<'_> {
        Kind {
            status: self.status,
            code: self.code.as_deref().unwrap_or_default(),
            ending: self.ended.name(),
        }
    }
}

impl Ended {
    /// Its name in the log.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Cut(_) => "cut",
            Self::Left => "left",
            Self::Unconnected(_) => "unconnected",
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

/// Now, as every record has it: in microseconds since the epoch.
pub(crate) fn now() -> i64 {
    since_epoch(SystemTime::now())
}

/// An instant as every record has it: in microseconds since the epoch.
fn since_epoch(at: SystemTime) -> i64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
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

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::traffic::Shape;

    fn read(status: StatusCode, ending: Ending, body: &[u8]) -> Answered {
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", "req_1".parse().unwrap());
        let call = Planned {
            number: 1,
            key: "plain".into(),
            shape: Shape::Chat(Form::Stream),
            model: "mock-chat",
            max_tokens: None,
            leaves_after: None,
        };
        let answer = Answer { status: Some(status), headers, ending };
        Answered::read(call, &answer, body, SystemTime::UNIX_EPOCH, Duration::ZERO)
    }

    #[test]
    fn the_figures_of_a_refusal_are_read() {
        let body = br#"{"error":{"message":"no","type":"insufficient_quota","param":null,
            "code":"credits_exhausted","scope":"grants","period":null,"limit":"50","spent":"50",
            "held":"0","required":"1","remaining":"0","retryable":false,"scope_id":null}}"#;
        let read = read(StatusCode::PAYMENT_REQUIRED, Ending::Complete, body);
        assert!(read.is_refused());
        assert_eq!(read.code.as_deref(), Some("credits_exhausted"));
        assert_eq!(read.request_id.as_deref(), Some("req_1"));
        let figures = read.figures.unwrap();
        assert_eq!((figures.scope.as_deref(), figures.period.as_deref()), (Some("grants"), None));
        assert!(figures.shortage().unwrap());
    }

    #[test]
    fn a_refusal_without_figures_still_has_its_code() {
        let body = br#"{"error":{"message":"no","code":"rate_limited","limit":null}}"#;
        let read = read(StatusCode::TOO_MANY_REQUESTS, Ending::Complete, body);
        assert_eq!((read.code.as_deref(), read.figures), (Some("rate_limited"), None));
    }

    #[test]
    fn an_answer_without_its_last_event_is_cut_however_its_connection_ended() {
        let ended = |ending, body: &[u8]| read(StatusCode::OK, ending, body).ended.name();
        assert_eq!(ended(Ending::Complete, b"data: {}\n\ndata: [DONE]\n\n"), "complete");
        assert_eq!(ended(Ending::Complete, b"data: {}\n\n"), "cut");
        assert_eq!(ended(Ending::Cut("reset".to_owned()), b"data: [DONE]\n\n"), "cut");
        assert_eq!(ended(Ending::Left, b"data: {}\n\n"), "left");
    }
}
