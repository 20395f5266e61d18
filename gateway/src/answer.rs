//! The provider's answer on its way to the client.

use bursar_config::Dialect;
use bytes::Bytes;
use http::HeaderName;
use ledger::Cause;
use pingora::http::ResponseHeader;
use smallvec::SmallVec;

use crate::barred::barred;
use crate::exchange::{Exchange, Stage};
use crate::growth::Relay;
use crate::header::{
    CREDITS_CHARGED, CREDITS_HELD, CREDITS_REMAINING, ERROR_SOURCE, MAX_TOKENS, REQUEST_ID,
    X_REQUEST_ID,
};
use crate::meter::{Answer, Meter, MeterOptions, Outcome, counted_tokens, cut_event};
use crate::refusal::{Code, Denial};
use crate::running::Running;
use crate::settlement::How;
use crate::tell::tell_rates;

/// What describes the operator's account, or names the provider's own request.
const STRIPPED: [&str; 8] = [
    "set-cookie",
    "openai-organization",
    "openai-project",
    "anthropic-organization-id",
    "request-id",
    "x-request-id",
    "ratelimit",
    "ratelimit-policy",
];
const STRIPPED_PREFIXES: [&str; 2] = ["x-ratelimit-", "anthropic-ratelimit-"];

/// The header of the answer: whether it is one, and what the client is told beside it.
///
/// # Errors
/// The denial that the client is told instead.
pub(crate) async fn begin(
    exchange: &mut Exchange,
    header: &mut ResponseHeader,
) -> Result<(), Denial> {
    let answer_bytes = exchange.config.runtime.bounds.answer_bytes;
    let status = header.status.as_u16();
    if header.status.is_informational() && status != 101 {
        return Ok(());
    }
    match &mut exchange.stage {
        Stage::Running(running) => {
            running.status = status;
            match status {
                200..=299 => start(running, header, answer_bytes).await?,
                101 | 300..=399 | 401..=403 => {
                    running.end(How::Undelivered(Cause::ProviderRefused));
                    return Err(refused(status).after_provider());
                }
                _ => {
                    running.end(How::Undelivered(Cause::ProviderError));
                    mark_upstream(header);
                }
            }
            tell_credits(running, header);
        }
        Stage::Passing { .. } => match status {
            101 | 300..=399 | 401..=403 => return Err(refused(status)),
            400.. => mark_upstream(header),
            _ => {}
        },
        Stage::Arrived | Stage::Collecting { .. } | Stage::Closed => {
            return Err(Denial::new(
                Code::UpstreamRefused,
                "the provider answered before it had the request",
            ));
        }
    }
    strip(header);
    tell_id(exchange, header);
    if let Some(places) = &exchange.places {
        tell_rates(places.stands(), header);
    }
    Ok(())
}

/// The answer begins: nothing of it goes out before the hold is on disk.
///
/// # Errors
/// The disk has failed: the hold will never be on it.
async fn start(
    running: &mut Running,
    header: &mut ResponseHeader,
    answer_bytes: usize,
) -> Result<(), Denial> {
    let content = header.headers.get(http::header::CONTENT_TYPE);
    let content = content.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let answer = if content.starts_with("text/event-stream") {
        // Events are left out and a comment is added.
        header.remove_header(&http::header::CONTENT_LENGTH);
        let _ = header.insert_header(http::header::TRANSFER_ENCODING, "chunked");
        running.is_stream = true;
        Answer::EventStream
    } else {
        let length = header.headers.get(http::header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok());
        Answer::Json { content_length: length.and_then(|text| text.parse().ok()) }
    };
    let options = MeterOptions { hide_usage: running.hide_usage, answer_bytes };
    running.meter = Some(Meter::new(running.kind, answer, options));
    running.note_progress(0);
    let durable = running.ledger.journal().before_first_byte(running.written).await;
    durable.map_err(|_failed| Denial::ledger_unavailable().after_provider())?;
    running.started = true;
    Ok(())
}

/// A chunk of the answer; gives what may go out, and ends the hold before the last of it does.
pub(crate) fn relay(
    running: &mut Running,
    chunk: Option<Bytes>,
    end: bool,
    request_id: &str,
) -> Bytes {
    if running.is_stream
        && running.is_open()
        && running.is_cut_when_barred
        && let Some(denial) = barred(running)
    {
        return cut(running, &denial, request_id);
    }
    let Some(mut meter) = running.meter.take() else { return chunk.unwrap_or_default() };
    let passed = meter.observe(chunk, end);
    let relayed = meter.relayed().text_bytes;
    let outcome = meter.outcome().cloned();
    running.meter = Some(meter);
    let used = counted_tokens(relayed);
    if let Some(outcome) = outcome {
        return finish(running, &outcome, passed, relayed);
    }
    if running.is_progress_due(used) {
        running.note_progress(used);
    }
    grow(running, passed, relayed, request_id)
}

/// Usage is complete: settle, then let the last bytes go.
fn finish(running: &mut Running, outcome: &Outcome, passed: Bytes, text: u64) -> Bytes {
    let passed = match running.growth.as_mut() {
        Some(growth) => growth.let_go(passed, text),
        None => passed,
    };
    let comment = if running.is_open() {
        let charged = running.end(How::Answered(outcome));
        let remaining = running.org.remaining(running.path);
        format!(": bursar charged={charged} remaining={remaining}\n\n")
    } else {
        String::new()
    };
    let Some(meter) = running.meter.as_mut() else { return passed };
    let released = meter.release(&comment);
    if passed.is_empty() { released } else { [passed, released].concat().into() }
}

/// A stream that outgrows its hold asks for more, waits for the answer, or is cut.
fn grow(running: &mut Running, passed: Bytes, text: u64, request_id: &str) -> Bytes {
    let Some(mut growth) = running.growth.take() else { return passed };
    if let Some(extension) = growth.granted()
        && !running.extend(extension)
    {
        growth.forgo();
    }
    if let Some(hold) = running.hold()
        && let Some(extension) = growth.ask(hold, counted_tokens(text))
        && !running.extend(extension)
    {
        growth.forgo();
    }
    let relayed = growth.relay(passed, text);
    running.growth = Some(growth);
    match relayed {
        Relay::Now(bytes) => bytes,
        Relay::Later => Bytes::new(),
        Relay::Cut(refusal) => {
            let denial = running.caller.refused(&refusal);
            cut(running, &denial, request_id)
        }
    }
}

/// A stream that has gone on for longer than any may.
pub(crate) fn overdue(running: &mut Running, request_id: &str) -> Bytes {
    let message = "the stream went on for longer than this gateway allows";
    cut(running, &Denial::new(Code::UpstreamTimeout, message).after_provider(), request_id)
}

/// Ends a stream with the dialect's own error event.
fn cut(running: &mut Running, denial: &Denial, request_id: &str) -> Bytes {
    denial.log(request_id, running.org.now());
    running.end(How::Cut);
    running.end_stream();
    let body = denial.stream_body(running.kind.dialect(), request_id);
    cut_event(running.kind, &body)
}

fn refused(status: u16) -> Denial {
    Denial::new(
        Code::UpstreamRefused,
        format!(
            "the provider refused the operator's own account or address (status {status}); tell \
             whoever runs this gateway"
        ),
    )
}

fn mark_upstream(header: &mut ResponseHeader) {
    let _ = header.insert_header(ERROR_SOURCE, "upstream");
}

fn strip(header: &mut ResponseHeader) {
    let ours = |name: &&HeaderName| {
        let name = name.as_str();
        STRIPPED.contains(&name) || STRIPPED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    let stripped: SmallVec<[HeaderName; 8]> = header.headers.keys().filter(ours).cloned().collect();
    for name in &stripped {
        header.remove_header(name);
    }
}

fn tell_credits(running: &Running, header: &mut ResponseHeader) {
    let _ = header.insert_header(CREDITS_HELD, running.held().to_string());
    let remaining = running.org.remaining(running.path);
    let _ = header.insert_header(CREDITS_REMAINING, remaining.to_string());
    let charged = if running.is_open() { running.quoted.flat() } else { Some(Default::default()) };
    if let Some(charged) = charged {
        let _ = header.insert_header(CREDITS_CHARGED, charged.to_string());
    }
    if let Some(tokens) = running.max_tokens {
        let _ = header.insert_header(MAX_TOKENS, tokens.to_string());
    }
}

fn tell_id(exchange: &Exchange, header: &mut ResponseHeader) {
    let _ = header.insert_header(X_REQUEST_ID, exchange.request_id.as_str());
    if exchange.dialect == Some(Dialect::Anthropic) {
        let _ = header.insert_header(REQUEST_ID, exchange.request_id.as_str());
    }
}
