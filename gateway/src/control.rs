//! The control endpoint: who has committed a change asks for it, and is told when it is in force.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};
use bursar_config::Secret;
use http::{HeaderMap, Method, Response, StatusCode, header};
use ledger::NodeId;
use pingora::protocols::http::ServerSession;
use serde::Deserialize;
use serde_json::json;
use store::ChangeSeq;

use crate::sync::Ledger;

/// Where it is, on the operations listener.
pub(crate) const CHANGES: &str = "/control/changes";

/// The body is one number.
const BODY_BYTES_MAX: usize = 1_024;
/// Nobody waits for longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Takes changes in for those who bear the token.
pub(crate) struct Control {
    node: NodeId,
    ledger: Arc<Ledger>,
    token: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    seq: u64,
}

/// A no.
struct Refused(StatusCode, &'static str, &'static str);

impl Control {
    pub(crate) fn new(node: NodeId, ledger: Arc<Ledger>, token: &Secret) -> Self {
        Self { node, ledger, token: hash(token.expose()) }
    }

    /// Answers a request for [`CHANGES`].
    pub(crate) async fn answer(&self, session: &mut ServerSession) -> Response<Vec<u8>> {
        let taken_in = tokio::time::timeout(ANSWER_WITHIN, self.take_in(session)).await;
        match taken_in.unwrap_or(Err(AWAY)) {
            Ok(seq) => {
                let body = json!({"node": self.node.to_string(), "seq": seq.0});
                built(StatusCode::OK, "application/json", &body)
            }
            Err(refused) => {
                // What it still has to say is not read.
                session.set_keepalive(None);
                refused.into_response()
            }
        }
    }

    async fn take_in(&self, session: &mut ServerSession) -> Result<ChangeSeq, Refused> {
        let request = session.req_header();
        if !self.admits(&request.headers) {
            return Err(STRANGER);
        }
        if request.method != Method::POST {
            return Err(NO_POST);
        }
        let body = read(session).await?;
        let Wanted { seq } = serde_json::from_slice(&body).map_err(|_| NO_NUMBER)?;
        match self.ledger.confirm(ChangeSeq(seq)).await {
            Ok(in_force) => Ok(in_force),
            Err(failure) => {
                tracing::warn!(%failure, seq, "a change could not be taken in");
                Err(AWAY)
            }
        }
    }

    /// Whether the one credential is the token, in a time that does not tell how near it comes.
    fn admits(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(header::AUTHORIZATION).into_iter();
        let (Some(value), None) = (values.next(), values.next()) else { return false };
        let bearer = value.to_str().ok().and_then(|value| value.split_once(' '));
        let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        token.is_some_and(|(_, token)| {
            verify_slices_are_equal(hash(token).as_ref(), self.token.as_ref()).is_ok()
        })
    }
}

fn hash(token: &str) -> Digest {
    digest(&SHA256, token.as_bytes())
}

/// The whole body, if it is no longer than it may be.
async fn read(session: &mut ServerSession) -> Result<Vec<u8>, Refused> {
    let mut body = Vec::new();
    while let Some(chunk) = session.read_request_body().await.map_err(|_| NO_NUMBER)? {
        if body.len().saturating_add(chunk.len()) > BODY_BYTES_MAX {
            return Err(TOO_LARGE);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

const STRANGER: Refused =
    Refused(StatusCode::UNAUTHORIZED, "invalid_credential", "the control token is needed");
const NO_POST: Refused =
    Refused(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "only POST is answered here");
const NO_NUMBER: Refused = Refused(
    StatusCode::BAD_REQUEST,
    "invalid_request",
    "the body must be {\"seq\": n}, with the number of a change",
);
const TOO_LARGE: Refused =
    Refused(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the body is more than one number");
const AWAY: Refused = Refused(
    StatusCode::SERVICE_UNAVAILABLE,
    "ledger_unavailable",
    "the feed of changes could not be read in time",
);

impl Refused {
    /// A problem of RFC 9457.
    fn into_response(self) -> Response<Vec<u8>> {
        let Self(status, code, detail) = self;
        let title = status.canonical_reason().unwrap_or("Error");
        let (kind, number) = ("about:blank", status.as_u16());
        let body = json!({
            "type": kind, "title": title, "status": number, "detail": detail, "code": code,
        });
        let mut response = built(status, "application/problem+json", &body);
        let extra = match status {
            StatusCode::UNAUTHORIZED => Some((header::WWW_AUTHENTICATE, "Bearer")),
            StatusCode::METHOD_NOT_ALLOWED => Some((header::ALLOW, "POST")),
            _ => None,
        };
        if let Some((name, value)) = extra {
            response.headers_mut().insert(name, header::HeaderValue::from_static(value));
        }
        response
    }
}

fn built(status: StatusCode, kind: &str, body: &serde_json::Value) -> Response<Vec<u8>> {
    let body = body.to_string().into_bytes();
    let response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_LENGTH, body.len())
        .header(header::CACHE_CONTROL, "no-store")
        .body(body);
    response.unwrap_or_default()
}
