//! Everything the provider says no to; each dialect has its own words for it.

use http::StatusCode;

/// Why a call was not answered well.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The request cannot be read or asks for what is not there. `param` is the field, when it is one.
    Invalid { message: String, param: Option<&'static str> },
    /// The credential is not the provider's.
    Unauthorized,
    /// No such model, or not on this route.
    NoModel(String),
    /// No such path.
    NoRoute { method: String, path: String },
    /// The path knows other methods.
    WrongMethod,
    /// The body is longer than is read.
    TooLarge,
    /// Called too often, by script.
    RateLimited,
    /// Broke, by script.
    Broken,
}

impl Failure {
    /// What serde found wrong with a body.
    pub(crate) fn unreadable(error: &serde_json::Error) -> Self {
        Self::Invalid { message: format!("could not read the body: {error}"), param: None }
    }

    pub(crate) fn invalid(param: &'static str, message: &str) -> Self {
        Self::Invalid { message: format!("{param}: {message}"), param: Some(param) }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Invalid { .. } => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NoModel(_) | Self::NoRoute { .. } => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
