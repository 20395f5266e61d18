//! The body of a request, as fields.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};

use super::Fields;
use crate::problem::Problem;

/// The fields of a request that need not have a body; without one it has none.
pub(crate) struct PerhapsFields(pub(crate) Fields);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !may_be_json(request.headers()) {
            return Err(Problem::unsupported_media_type());
        }
        parse(&bytes(request, state).await?)
    }
}

impl<S: Send + Sync> FromRequest<S> for PerhapsFields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let json = may_be_json(request.headers());
        let bytes = bytes(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(Fields { unread: BTreeMap::new(), mistakes: Vec::new() }));
        }
        if json { parse(&bytes).map(Self) } else { Err(Problem::unsupported_media_type()) }
    }
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let bytes: Result<Bytes, BytesRejection> = Bytes::from_request(request, state).await;
    bytes.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::body_too_large(),
        _ => Problem::mistake("", rejection.body_text()),
    })
}

fn parse(bytes: &[u8]) -> Result<Fields, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let what = if error.is_data() { "the body" } else { "the body is not JSON" };
        Problem::mistake("", format!("{what}: {error}"))
    })
}

/// Whether the body is JSON, or is not said to be anything.
fn may_be_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}
