//! Anthropic's wire.

pub(crate) mod count_tokens;
pub(crate) mod messages;
pub(crate) mod models;

use http::{HeaderName, HeaderValue};
use serde_json::json;

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

/// `{"type":"error","error":{"type","message"},"request_id"}`.
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
    json!({
        "type": "error",
        "error": { "type": kind, "message": message },
        "request_id": request_id,
    })
    .to_string()
    .into_bytes()
}
