//! Every "no" of the control plane, as problem details of RFC 9457.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::redact::redact;

/// Something wrong in a request.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Mistake {
    /// The field, query parameter or header: `members[1]`; empty for the whole body.
    pub(crate) path: String,
    /// What is wrong with it, and what it should be.
    pub(crate) message: String,
}

impl Mistake {
    /// What is wrong at a place.
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

/// A "no": its status, its code for programs, its words for people.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<Mistake>,
    header: Option<(&'static str, &'static str)>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), errors: Vec::new(), header: None }
    }

    fn with_header(self, name: &'static str, value: &'static str) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    /// The request says something that cannot be; all of it at once.
    pub(crate) fn invalid_request(errors: Vec<Mistake>) -> Self {
        let detail = match errors.as_slice() {
            [one] if one.path.is_empty() => one.message.clone(),
            [one] => format!("{}: {}", one.path, one.message),
            all => format!("the request has {} mistakes; see errors", all.len()),
        };
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, "invalid_request", detail) }
    }

    /// One thing is wrong.
    pub(crate) fn mistake(path: &str, message: impl Into<String>) -> Self {
        Self::invalid_request(vec![Mistake::new(path, message)])
    }

    /// No token, or a wrong one.
    pub(crate) fn invalid_credential(what: &str) -> Self {
        let detail = format!("{what}; send `Authorization: Bearer bursar_a_...`");
        Self::new(StatusCode::UNAUTHORIZED, "invalid_credential", detail)
            .with_header("www-authenticate", "Bearer")
    }

    /// Which of two tokens is meant cannot be known.
    pub(crate) fn ambiguous_credential() -> Self {
        let message = "the header is there more than once; send it once";
        let code = "ambiguous_credential";
        Self { code, ..Self::mistake("authorization", message) }
    }

    /// No such path.
    pub(crate) fn unknown_route(method: &Method, path: &str) -> Self {
        let detail = format!("there is no {method} {path}; operations begin with /api/v1/");
        Self::new(StatusCode::NOT_FOUND, "unknown_route", detail)
    }

    /// The path is there, for another method.
    pub(crate) fn method_not_allowed(method: &Method, path: &str) -> Self {
        let detail = format!("{path} does not answer {method}; see the `Allow` header");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    /// The thing that the path names is not there.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// What is stored does not admit of it.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// The change does not say which version it is meant for.
    pub(crate) fn precondition_required() -> Self {
        let detail = "read the thing, and send its `ETag` as `If-Match`";
        Self::new(StatusCode::PRECONDITION_REQUIRED, "precondition_required", detail)
    }

    /// The change is meant for another version.
    pub(crate) fn precondition_failed() -> Self {
        let detail = "it has changed since the version of `If-Match`: read it again";
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition_failed", detail)
    }

    /// The body has too many bytes.
    pub(crate) fn body_too_large() -> Self {
        let detail = "the body is larger than 1 MiB; send less at once";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    }

    /// The body is said to be something other than JSON.
    pub(crate) fn unsupported_media_type() -> Self {
        let detail = "the body is not said to be JSON; send `Content-Type: application/json`";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    }

    /// The name of an earlier request comes with other content.
    pub(crate) fn idempotency_mismatch(what: &str) -> Self {
        let detail = format!("{what}; send another `Idempotency-Key` for another request");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_mismatch", detail)
    }

    /// Something that should not have happened; its reason is in the log only.
    pub(crate) fn internal(reason: &dyn std::fmt::Display) -> Self {
        tracing::error!(%reason, "failed");
        let detail = "something failed inside; look for this answer's x-request-id in the log";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unavailable(reason) => {
                tracing::warn!(reason, "the store is unavailable");
                let detail = "the store is unavailable; try again in a second";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "ledger_unavailable", detail)
                    .with_header("retry-after", "1")
            }
            stale @ store::Error::Stale(_) => Self::conflict(stale.to_string()),
            store::Error::Conflict(what) => Self::conflict(what),
            store::Error::NameTaken(what) => Self::idempotency_mismatch(&what),
            error @ (store::Error::InUse(_)
            | store::Error::Fenced { .. }
            | store::Error::Rewind { .. }
            | store::Error::Mismatch { .. }
            | store::Error::OldCopy { .. }
            | store::Error::Corrupt(_)) => Self::internal(&error),
        }
    }
}

/// A problem on the wire. Without a `type` of its own, its title is the status in words.
#[derive(Serialize)]
struct Details<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "<[Mistake]>::is_empty")]
    errors: &'a [Mistake],
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        for mistake in &mut self.errors {
            mistake.path = redact(&mistake.path).into_owned();
            mistake.message = redact(&mistake.message).into_owned();
        }
        let details = Details {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &redact(&self.detail),
            code: self.code,
            errors: &self.errors,
        };
        let mut answer = (self.status, Json(details)).into_response();
        let headers = answer.headers_mut();
        let problem_json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, problem_json);
        if let Some((name, value)) = self.header {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        answer
    }
}
