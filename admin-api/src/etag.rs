//! Which version of a thing is meant: `ETag` and `If-Match` of RFC 9110.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// An answer about a thing that has a version.
pub(crate) struct Versioned<T> {
    pub(crate) version: u64,
    pub(crate) answer: T,
}

impl<T: IntoResponse> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut answer = self.answer.into_response();
        let tag = HeaderValue::try_from(tag(self.version));
        answer.headers_mut().insert(header::ETAG, tag.expect("digits in quotes are a value"));
        answer
    }
}

fn tag(version: u64) -> String {
    format!("\"{version}\"")
}

/// The versions that a change may be made to.
pub(crate) enum IfMatch {
    /// Whichever there is: `*`.
    Any,
    /// One that has one of these tags.
    Tags(Vec<String>),
}

impl IfMatch {
    /// The header of a change that needs it.
    ///
    /// # Errors
    /// That it is not there, or not what it should be.
    pub(crate) fn required(headers: &HeaderMap) -> Result<Self, Problem> {
        let values: Vec<_> = headers.get_all(header::IF_MATCH).into_iter().collect();
        if values.is_empty() {
            return Err(Problem::precondition_required());
        }
        let texts: Option<Vec<_>> = values.iter().map(|value| value.to_str().ok()).collect();
        let tags: Vec<_> = texts.into_iter().flatten().flat_map(|it| it.split(',')).collect();
        let tags: Vec<_> = tags.into_iter().map(str::trim).collect();
        match tags.as_slice() {
            ["*"] => Ok(Self::Any),
            tags if !tags.is_empty() && tags.iter().all(|tag| is_tag(tag)) => {
                Ok(Self::Tags(tags.iter().map(|&tag| tag.to_owned()).collect()))
            }
            _ => {
                let message = "must be an `ETag` that was answered, in its quotes, or `*`";
                Err(Problem::mistake("If-Match", message))
            }
        }
    }

    /// # Errors
    /// That it is another version than was meant.
    pub(crate) fn admit(&self, version: u64) -> Result<(), Problem> {
        match self {
            Self::Tags(tags) if !tags.contains(&tag(version)) => {
                Err(Problem::precondition_failed())
            }
            _ => Ok(()),
        }
    }
}

/// A weak tag is one too; it is none of ours, so it matches nothing.
fn is_tag(text: &str) -> bool {
    let text = text.strip_prefix("W/").unwrap_or(text);
    let within = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    within.is_some_and(|within| !within.contains('"'))
}
