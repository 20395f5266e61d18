//! The names of the headers that the gateway itself sends, parsed once.

use http::HeaderName;

/// The request's id, as OpenAI's SDKs read it.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The request's id, as Anthropic's SDKs read it.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
/// What was taken for the request.
pub(crate) const CREDITS_HELD: HeaderName = HeaderName::from_static("x-credits-held");
/// The most that the caller could spend on the tool now.
pub(crate) const CREDITS_REMAINING: HeaderName = HeaderName::from_static("x-credits-remaining");
/// What the request is charged, where that is known before the answer.
pub(crate) const CREDITS_CHARGED: HeaderName = HeaderName::from_static("x-credits-charged");
/// The bound on the output that the gateway set.
pub(crate) const MAX_TOKENS: HeaderName = HeaderName::from_static("x-bursar-max-tokens");
/// Whose error it is.
pub(crate) const ERROR_SOURCE: HeaderName = HeaderName::from_static("x-bursar-error-source");
/// How often the caller may call.
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of that.
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
