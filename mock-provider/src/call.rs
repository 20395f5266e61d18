//! One call as the routes are given it: head, whole body, its number and its dialect.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Response, StatusCode};

use crate::bill::Line;
use crate::body::Body;
use crate::books::OpenLine;
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::provider::Provider;
use crate::script::Pace;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

pub(crate) struct Call {
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
    pub(crate) provider: Arc<Provider>,
    pub(crate) dialect: Dialect,
    pub(crate) number: u64,
}

impl Call {
    /// An id of this call's own, such as `chatcmpl-000...01` for `chatcmpl-`.
    pub(crate) fn id(&self, prefix: &str) -> String {
        format!("{prefix}{:032x}", self.number)
    }

    /// Unix seconds.
    pub(crate) fn created(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    /// Opens this call's line of the bill.
    pub(crate) fn open_line(&self, route: &'static str) -> OpenLine {
        self.provider.books.open(Line {
            id: self.id("req_"),
            route: Cow::Borrowed(route),
            request_id: self.header("x-request-id").map(str::to_owned),
            ..Line::default()
        })
    }

    pub(crate) fn server_pace(&self) -> Pace {
        let options = &self.provider.options;
        Pace { first_byte: options.first_byte_delay, chunk: options.chunk_delay }
    }

    /// The delay that the caller asks a slow model for, by `x-mock-delay-ms`.
    pub(crate) fn asked_delay(&self) -> Option<Duration> {
        self.header("x-mock-delay-ms")?.parse().ok().map(Duration::from_millis)
    }

    pub(crate) fn accepts_gzip(&self) -> bool {
        let mut accepted = self.head.headers.get_all(header::ACCEPT_ENCODING).iter();
        accepted.any(|value| value.to_str().is_ok_and(|value| value.contains("gzip")))
    }

    /// Whether the caller may call: its bearer token or `x-api-key` is the provider's.
    pub(crate) fn is_authorized(&self) -> bool {
        let Some(credential) = &self.provider.options.credential else { return true };
        let bearer = self.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        bearer.or_else(|| self.header("x-api-key")) == Some(credential)
    }

    /// What follows the last slash of the path.
    pub(crate) fn last_segment(&self) -> &str {
        self.head.uri.path().rsplit('/').next().unwrap_or_default()
    }

    /// An answer with the dialect's headers.
    pub(crate) fn respond(
        &self,
        status: StatusCode,
        kind: HeaderValue,
        body: Body,
    ) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, kind);
        self.dialect.add_headers(headers, &self.id("req_"), status);
        response
    }

    /// A failure in the dialect's shape.
    pub(crate) fn refuse(&self, failure: &Failure) -> Response<Body> {
        let body = self.dialect.error_body(failure, &self.id("req_"));
        self.respond(failure.status(), JSON, Body::whole(body))
    }

    fn header(&self, name: &'static str) -> Option<&str> {
        self.head.headers.get(HeaderName::from_static(name))?.to_str().ok()
    }
}
