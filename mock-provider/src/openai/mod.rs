//! OpenAI's wire.

pub(crate) mod chat;
pub(crate) mod embeddings;
pub(crate) mod images;
pub(crate) mod models;
pub(crate) mod responses;

use http::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::failure::Failure;

/// What every answer carries; the limits are those of the operator's account.
pub(crate) const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (HeaderName::from_static("openai-version"), HeaderValue::from_static("2020-10-01")),
    (HeaderName::from_static("openai-organization"), HeaderValue::from_static("mock-operator")),
    (HeaderName::from_static("x-ratelimit-limit-requests"), HeaderValue::from_static("10000")),
    (HeaderName::from_static("x-ratelimit-remaining-requests"), HeaderValue::from_static("9999")),
    (HeaderName::from_static("x-ratelimit-reset-requests"), HeaderValue::from_static("6ms")),
];

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'static str>,
    code: Option<&'static str>,
}

/// The body of a failure: `{"error":{"message","type","param","code"}}`.
pub(crate) fn error_body(failure: &Failure) -> Vec<u8> {
    let (message, kind, param, code) = match failure {
        Failure::Invalid { message, param } => {
            (message.clone(), "invalid_request_error", *param, None)
        }
        Failure::Unauthorized => (
            "Incorrect API key provided.".to_owned(),
            "invalid_request_error",
            None,
            Some("invalid_api_key"),
        ),
        Failure::NoModel(model) => (
            format!("The model `{model}` does not exist or you do not have access to it."),
            "invalid_request_error",
            None,
            Some("model_not_found"),
        ),
        Failure::NoRoute { method, path } => {
            (format!("Invalid URL ({method} {path})"), "invalid_request_error", None, None)
        }
        Failure::WrongMethod => (
            "Not allowed to use this method on this URL.".to_owned(),
            "invalid_request_error",
            None,
            Some("method_not_supported"),
        ),
        Failure::TooLarge => {
            ("The request is too large.".to_owned(), "invalid_request_error", None, None)
        }
        Failure::RateLimited => (
            "Rate limit reached for requests. Please try again in 1s.".to_owned(),
            "requests",
            None,
            Some("rate_limit_exceeded"),
        ),
        Failure::Broken => (
            "The server had an error while processing your request. Sorry about that!".to_owned(),
            "server_error",
            None,
            None,
        ),
    };
    let error = Error { message: &message, r#type: kind, param, code };
    serde_json::to_vec(&ErrorBody { error }).expect("plain structs are always JSON")
}
