//! The request's body: read before anything is decided, and never sent on before that.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use pingora::proxy::Session;

use crate::admission::Admission;
use crate::exchange::{Exchange, Routed, Stage};
use crate::refusal::{Code, Denial};

/// What Pingora's retry buffer holds; a longer body that is read ahead would never be sent.
const RETRY_BUFFER: u64 = 64 * 1024;
/// What is read beyond the bound, so that the client hears the refusal instead of a reset.
const DISCARD_BEYOND: u64 = 1024 * 1024;
const DISCARD_BEYOND_FOR: Duration = Duration::from_secs(2);

/// Refuses a body that says it is longer than the route allows.
pub(crate) fn check_length(session: &Session, routed: &Routed) -> Result<(), Denial> {
    match content_length(session) {
        Some(length) if length > routed.route.bounds.body => {
            Err(too_large_for(routed.route.bounds.body))
        }
        _ => Ok(()),
    }
}

/// Whether the body can be read before the provider is looked for.
pub(crate) fn fits_retry_buffer(session: &Session) -> bool {
    content_length(session).is_some_and(|length| length <= RETRY_BUFFER)
}

/// Reads a body that fits the retry buffer, which then sends it.
pub(crate) async fn read(session: &mut Session, exchange: &Exchange) -> Result<Bytes, Denial> {
    let within = exchange.config.runtime.bounds.body_read;
    session.enable_retry_buffering();
    let reading = async {
        let mut first: Option<Bytes> = None;
        let mut rest = BytesMut::new();
        while let Some(chunk) = session.read_request_body().await? {
            match (&first, rest.is_empty()) {
                (None, _) => first = Some(chunk),
                (Some(begun), true) => {
                    rest.extend_from_slice(begun);
                    rest.extend_from_slice(&chunk);
                }
                (Some(_), false) => rest.extend_from_slice(&chunk),
            }
        }
        let whole = if rest.is_empty() { first.unwrap_or_default() } else { rest.freeze() };
        Ok::<_, pingora::BError>(whole)
    };
    match tokio::time::timeout(within, reading).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(Denial::new(Code::InvalidRequest, "the body broke off")),
        Err(_) => Err(Denial::new(
            Code::InvalidRequest,
            format!("the body did not come within {} s", within.as_secs()),
        )),
    }
}

/// Waits for a decision as long as there is a client to hear it: with the client goes its place.
pub(crate) async fn unless_gone<T>(
    session: &mut Session,
    decision: impl Future<Output = Result<T, Denial>>,
) -> Result<T, Denial> {
    tokio::select! {
        biased;
        decided = decision => decided,
        _ = session.downstream_session.read_body_or_idle(true) => {
            Err(Denial::new(Code::InvalidRequest, "the client is gone, or sends what is no body"))
        }
    }
}

/// What of a body goes on to the provider now.
///
/// A body that is still being collected sends nothing: at its end it is admitted and sent whole.
pub(crate) async fn forward(
    admission: &Admission,
    session: &mut Session,
    exchange: &mut Exchange,
    chunk: Option<Bytes>,
    end: bool,
) -> Result<Option<Bytes>, Denial> {
    let bound = exchange.body_bound.unwrap_or(0);
    let length = chunk.as_ref().map_or(0, |chunk| u64::try_from(chunk.len()).unwrap_or(u64::MAX));
    match &mut exchange.stage {
        Stage::Running(running) => {
            // The retry buffer brings the client's body; the provider gets ours, once.
            Ok(Some(running.forward.take().unwrap_or_default()))
        }
        Stage::Passing { body_bytes } => {
            *body_bytes = body_bytes.saturating_add(length);
            if *body_bytes > bound { Err(too_large_for(bound)) } else { Ok(chunk) }
        }
        Stage::Collecting { body, bytes } => {
            *bytes = bytes.saturating_add(length);
            if *bytes > bound {
                return Err(too_large_for(bound));
            }
            body.extend(chunk);
            if !end {
                // Nothing, rather than the end.
                return Ok(Some(Bytes::new()));
            }
            let whole = Bytes::from(std::mem::take(body).concat());
            let Some(routed) = exchange.routed.clone() else { return Ok(None) };
            let admitted = admission.admit(exchange, &routed, &whole);
            let mut running = unless_gone(session, admitted).await?;
            let forwarded = running.forward.take();
            running.sent = true;
            exchange.stage = Stage::Running(Box::new(running));
            Ok(forwarded)
        }
        Stage::Arrived | Stage::Closed => Ok(None),
    }
}

/// How a body ended that was thrown away.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Discarded {
    /// With its last byte, or its client's going.
    Whole,
    /// It has not been sent, and will not be.
    Unsent,
    /// It did not come within its time.
    Late,
    /// It went on beyond its bound.
    TooLarge,
}

/// Reads what is left of a refused body and throws it away, so that the client reads the answer.
pub(crate) async fn discard(
    session: &mut Session,
    exchange: &Exchange,
    within: Duration,
) -> Discarded {
    let discarded = if expects_continue(session) && !exchange.invited {
        Discarded::Unsent
    } else if exchange.is_oversized() {
        Discarded::TooLarge
    } else {
        throw_away(session, exchange.body_bound.unwrap_or(DISCARD_BEYOND), within).await
    };
    if discarded == Discarded::TooLarge {
        throw_away(session, DISCARD_BEYOND, DISCARD_BEYOND_FOR).await;
    }
    if discarded != Discarded::Whole {
        session.set_keepalive(None);
    }
    discarded
}

/// Reads so many bytes at most, for so long at most.
async fn throw_away(session: &mut Session, bytes: u64, within: Duration) -> Discarded {
    let reading = async {
        let mut read: u64 = 0;
        while let Ok(Some(chunk)) = session.read_request_body().await {
            read = read.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
            if read > bytes {
                return Discarded::TooLarge;
            }
        }
        Discarded::Whole
    };
    tokio::time::timeout(within, reading).await.unwrap_or(Discarded::Late)
}

/// Lets a client send its body that waits to be told so (RFC 9110, section 10.1.1).
pub(crate) async fn invite(session: &mut Session, exchange: &mut Exchange) -> Result<(), Denial> {
    if !expects_continue(session) {
        return Ok(());
    }
    exchange.invited = true;
    let keepalive = session.get_keepalive();
    let invited = session.write_continue_response().await;
    // To Pingora, a header before the end of the body ends the connection.
    session.set_keepalive(keepalive);
    invited.map_err(|_| Denial::new(Code::InvalidRequest, "the client is gone"))
}

fn expects_continue(session: &Session) -> bool {
    let expect = session.req_header().headers.get(http::header::EXPECT);
    expect.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// The refusal of a body that went on beyond its bound.
pub(crate) fn too_large(exchange: &Exchange) -> Denial {
    too_large_for(exchange.body_bound.unwrap_or(DISCARD_BEYOND))
}

fn too_large_for(bound: u64) -> Denial {
    let message = format!("the body may have {bound} bytes on this route; send less");
    Denial::new(Code::BodyTooLarge, message)
}

fn content_length(session: &Session) -> Option<u64> {
    let headers = &session.req_header().headers;
    if headers.contains_key(http::header::TRANSFER_ENCODING) {
        return None;
    }
    match headers.get(http::header::CONTENT_LENGTH) {
        Some(length) => length.to_str().ok()?.trim().parse().ok(),
        // Neither a length nor chunks: there is no body.
        None => Some(0),
    }
}
