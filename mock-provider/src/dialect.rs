//! Whose wire a call speaks: it decides the shape of errors and the headers of answers.

use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, HeaderName, StatusCode};

use crate::failure::Failure;
use crate::{anthropic, openai};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Dialect {
    OpenAi,
    Anthropic,
}

impl Dialect {
    /// Anthropic's SDKs always name their version; `/v1/messages` is Anthropic's even without.
    pub(crate) fn of(head: &Parts) -> Self {
        let path = head.uri.path();
        if head.headers.contains_key("anthropic-version") || path.starts_with("/v1/messages") {
            Self::Anthropic
        } else {
            Self::OpenAi
        }
    }

    /// The error body of a failure; `request_id` is in the headers too.
    pub(crate) fn error_body(self, failure: &Failure, request_id: &str) -> Vec<u8> {
        match self {
            Self::OpenAi => openai::error_body(failure),
            Self::Anthropic => anthropic::error_body(failure, request_id),
        }
    }

    /// The headers that every answer of the dialect carries.
    pub(crate) fn add_headers(self, headers: &mut HeaderMap, request_id: &str, status: StatusCode) {
        let (id_name, its_own): (HeaderName, &[(HeaderName, HeaderValue)]) = match self {
            Self::OpenAi => (HeaderName::from_static("x-request-id"), &openai::HEADERS),
            Self::Anthropic => (HeaderName::from_static("request-id"), &anthropic::HEADERS),
        };
        headers.extend(its_own.iter().cloned());
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert(id_name, id);
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
    }
}
