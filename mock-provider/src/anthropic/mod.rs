//! Anthropic's wire.

pub(crate) mod count_tokens;
pub(crate) mod messages;
pub(crate) mod models;

use http::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::failure::Failure;

/// What every answer carries; the limits are those of the operator's account.
pub(crate) const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (
        HeaderName::from_static("anthropic-organization-id"),
        HeaderValue::from_static("mock-operator"),
    ),
    (
        HeaderName::from_static("anthropic-ratelimit-requests-limit"),
        HeaderValue::from_static("4000"),
    ),
    (
        HeaderName::from_static("anthropic-ratelimit-requests-remaining"),
        HeaderValue::from_static("3999"),
    ),
];

#[derive(Serialize)]
struct ErrorBody<'a> {
    r#type: &'static str,
    error: Error<'a>,
    /// Absent in a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Error<'a> {
    r#type: &'static str,
    message: &'a str,
}

/// The body of a failure: `{"type":"error","error":{"type","message"},"request_id"}`.
pub(crate) fn error_body(failure: &Failure, request_id: &str) -> Vec<u8> {
    let (kind, message) = match failure {
        Failure::Invalid { message, .. } => ("invalid_request_error", message.clone()),
        Failure::Unauthorized => ("authentication_error", "invalid x-api-key".to_owned()),
        Failure::NoModel(model) => ("not_found_error", format!("model: {model}")),
        Failure::NoRoute { .. } => ("not_found_error", "Not Found".to_owned()),
        Failure::WrongMethod => ("invalid_request_error", "Method Not Allowed".to_owned()),
        Failure::TooLarge => ("request_too_large", "Request exceeds the maximum size".to_owned()),
        Failure::RateLimited => (
            "rate_limit_error",
            "This request would exceed your organization's rate limit.".to_owned(),
        ),
        Failure::Broken => ("api_error", "Internal server error".to_owned()),
    };
    let body = ErrorBody::new(kind, &message, Some(request_id));
    serde_json::to_vec(&body).expect("plain structs are always JSON")
}

impl<'a> ErrorBody<'a> {
    fn new(kind: &'static str, message: &'a str, request_id: Option<&'a str>) -> Self {
        Self { r#type: "error", error: Error { r#type: kind, message }, request_id }
    }
}
