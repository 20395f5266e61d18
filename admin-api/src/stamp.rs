//! What every answer carries, and the line in the log that goes with it.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id, which its answer and its lines in the log bear; nothing is cached.
pub(crate) async fn stamp(request: Request, next: Next) -> Response {
    let id = format!("adm_{}", Uuid::now_v7().simple());
    let route = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str);
    let span = tracing::info_span!("admin", request.id = id, method = %request.method(), route);
    let mut answer = async {
        let answer = next.run(request).await;
        tracing::info!(status = answer.status().as_u16(), "answered");
        answer
    }
    .instrument(span)
    .await;
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let id = HeaderValue::try_from(id).expect("a prefix and hexadecimal digits are a header value");
    headers.insert(REQUEST_ID, id);
    answer
}
