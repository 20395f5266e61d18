//! Who may use the control plane: the bearer of an admin token.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::{Choice, ConstantTimeEq};

use crate::AdminApi;
use crate::problem::Problem;

/// The tokens that open the control plane, kept as SHA-256 digests only.
#[derive(Clone)]
pub struct AdminTokens(Arc<[[u8; 32]]>);

impl AdminTokens {
    /// Exactly these tokens; none at all opens to nobody.
    pub fn new(tokens: impl IntoIterator<Item = String>) -> Self {
        Self(tokens.into_iter().map(|token| sha256(&token)).collect())
    }

    /// Whether `token` is one of them, in a time that does not depend on which, or on how near it
    /// comes.
    fn admit(&self, token: &str) -> bool {
        let presented = sha256(token);
        let found =
            self.0.iter().fold(Choice::from(0), |found, known| found | known.ct_eq(&presented));
        found.into()
    }
}

impl fmt::Debug for AdminTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminTokens([redacted])")
    }
}

fn sha256(token: &str) -> [u8; 32] {
    let digest = digest(&SHA256, token.as_bytes());
    digest.as_ref().try_into().expect("a SHA-256 digest has 32 bytes")
}

/// Lets the request through if it bears one of the tokens.
pub(crate) async fn require_token(
    State(api): State<AdminApi>,
    request: Request,
    next: Next,
) -> Response {
    match bearer(request.headers()) {
        Ok(token) if api.tokens.admit(token) => next.run(request).await,
        Ok(_) => Problem::invalid_credential("the token is not an admin token").into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// The token of the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).into_iter();
    let (value, second) = (values.next(), values.next());
    if second.is_some() {
        return Err(Problem::ambiguous_credential());
    }
    value
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty())
        .ok_or_else(|| Problem::invalid_credential("the request has no bearer token"))
}
