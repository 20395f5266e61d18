//! What the gateway itself says to a client: refusals, and the answers of its own routes.

use ::identity::Fault;
use bursar_config::Dialect;
use bytes::Bytes;
use ledger::Instant;
use pingora::http::ResponseHeader;
use pingora::proxy::Session;

use crate::exchange::{Exchange, Stage};
use crate::header::{CREDITS_REMAINING, RATE_LIMIT, RATE_LIMIT_POLICY, REQUEST_ID, X_REQUEST_ID};
use crate::metrics::Metrics;
use crate::rates::{self, Stand};
use crate::refusal::{Code, Denial};

/// Tells a client no, in the shape that its SDK turns into the right exception.
pub(crate) async fn refuse(
    session: &mut Session,
    exchange: &mut Exchange,
    denial: &Denial,
    metrics: &Metrics,
    now: Instant,
) {
    metrics.refused(denial);
    denial.log(&exchange.request_id, now);
    if denial.code == Code::ShuttingDown {
        // The next call is for another gateway.
        session.set_keepalive(None);
    }
    let (request, code) = (&*exchange.request_id, denial.code.name());
    match denial.fault.map(Fault::name) {
        Some(reason) => tracing::debug!(request, code, reason, from = %exchange.address, "refused"),
        None => tracing::debug!(request, code, "refused"),
    }
    let body = denial.body(exchange.dialect, &exchange.request_id);
    let shape =
        if exchange.dialect.is_some() { "application/json" } else { "application/problem+json" };
    let header = ResponseHeader::build(denial.code.status(), Some(12)).and_then(|mut header| {
        fill(&mut header, exchange, shape, body.len())?;
        if let Some(seconds) = denial.retry_after {
            header.insert_header(http::header::RETRY_AFTER, seconds.to_string())?;
        }
        if !denial.is_retryable() {
            header.insert_header("x-should-retry", "false")?;
        }
        if let Some(over) = &denial.over {
            tell_rates(&over.stands, &mut header);
        }
        if let Some(facts) = &denial.facts {
            header.insert_header(CREDITS_REMAINING, facts.remaining.to_string())?;
        }
        if denial.code == Code::InvalidCredential {
            let challenge = "Bearer error=\"invalid_token\"";
            header.insert_header(http::header::WWW_AUTHENTICATE, challenge)?;
        }
        Ok(header)
    });
    exchange.places = None;
    write(session, header, body).await;
    exchange.stage = Stage::Closed;
}

/// Tells how often the caller may call, and what is left of that.
pub(crate) fn tell_rates(stands: &[Stand], header: &mut ResponseHeader) {
    if !stands.is_empty() {
        let _ = header.insert_header(RATE_LIMIT_POLICY, rates::policies(stands));
        let _ = header.insert_header(RATE_LIMIT, rates::remaining(stands));
    }
}

/// Answers one of the gateway's own routes.
pub(crate) async fn answer(session: &mut Session, exchange: &mut Exchange, body: Bytes) {
    let header = ResponseHeader::build(200, Some(6)).and_then(|mut header| {
        fill(&mut header, exchange, "application/json", body.len())?;
        Ok(header)
    });
    write(session, header, body).await;
    exchange.stage = Stage::Closed;
}

fn fill(
    header: &mut ResponseHeader,
    exchange: &Exchange,
    content_type: &'static str,
    length: usize,
) -> pingora::Result<()> {
    header.insert_header(http::header::CONTENT_TYPE, content_type)?;
    header.insert_header(http::header::CONTENT_LENGTH, length)?;
    header.insert_header(http::header::CACHE_CONTROL, "no-store")?;
    header.insert_header(X_REQUEST_ID, exchange.request_id.as_str())?;
    if exchange.dialect == Some(Dialect::Anthropic) {
        header.insert_header(REQUEST_ID, exchange.request_id.as_str())?;
    }
    Ok(())
}

async fn write(session: &mut Session, header: pingora::Result<ResponseHeader>, body: Bytes) {
    let Ok(header) = header else { return };
    // A client that is gone is not told; nothing depends on it.
    if session.write_response_header(Box::new(header), body.is_empty()).await.is_ok()
        && !body.is_empty()
    {
        let _ = session.write_response_body(Some(body), true).await;
    }
}
