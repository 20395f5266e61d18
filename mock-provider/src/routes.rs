//! Which path is answered by whom.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::body::{Body, HangUp};
use crate::call::{Call, JSON};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::play::play;
use crate::provider::Provider;
use crate::{anthropic, openai};

/// The longest body that is read; longer ones get a 413.
const LONGEST_BODY: usize = 64 << 20;

/// Answers one request.
///
/// # Errors
/// [`HangUp`] when the client does so first, or the script wants it.
pub(crate) async fn answer(
    provider: Arc<Provider>,
    request: Request<Incoming>,
) -> Result<Response<Body>, HangUp> {
    let (head, body) = request.into_parts();
    if head.uri.path().starts_with("/bill") {
        return Ok(bill(&provider, &head));
    }
    let read = read(&provider, &head, body).await?;
    let dialect = Dialect::of(&head);
    let number = provider.next_call();
    let (body, too_large) = match read {
        Some(body) => (body, false),
        None => (Bytes::new(), true),
    };
    let call = Call { head, body, provider, dialect, number };
    if too_large {
        return Ok(call.refuse(&Failure::TooLarge));
    }
    route(&call).await
}

async fn route(call: &Call) -> Result<Response<Body>, HangUp> {
    let path = call.head.uri.path();
    if path.starts_with("/v1/") && !call.is_authorized() {
        return Ok(call.refuse(&Failure::Unauthorized));
    }
    match (&call.head.method, path) {
        (&Method::POST, "/v1/chat/completions") => {
            play(call, "/v1/chat/completions", openai::chat::reply).await
        }
        (&Method::POST, "/v1/responses") => {
            play(call, "/v1/responses", openai::responses::reply).await
        }
        (&Method::POST, "/v1/embeddings") => {
            play(call, "/v1/embeddings", openai::embeddings::reply).await
        }
        (&Method::POST, "/v1/images/generations") => {
            play(call, "/v1/images/generations", openai::images::reply).await
        }
        (&Method::POST, "/v1/messages") => {
            play(call, "/v1/messages", anthropic::messages::reply).await
        }
        (&Method::POST, "/v1/messages/count_tokens") => Ok(anthropic::count_tokens::answer(call)),
        (&Method::GET, "/v1/models") => Ok(match call.dialect {
            Dialect::OpenAi => openai::models::list(call),
            Dialect::Anthropic => anthropic::models::list(call),
        }),
        (&Method::GET, path) if path.starts_with("/v1/models/") => Ok(match call.dialect {
            Dialect::OpenAi => openai::models::one(call),
            Dialect::Anthropic => anthropic::models::one(call),
        }),
        (&Method::GET, path) if path.starts_with(openai::images::FILES) => {
            Ok(openai::images::file(call))
        }
        (method, path) => Ok(call.refuse(&elsewhere(method, path))),
    }
}

/// The failure of a path that has no such method, or of one that is none.
fn elsewhere(method: &Method, path: &str) -> Failure {
    match path {
        "/v1/chat/completions"
        | "/v1/responses"
        | "/v1/embeddings"
        | "/v1/images/generations"
        | "/v1/messages"
        | "/v1/messages/count_tokens"
        | "/v1/models" => Failure::WrongMethod,
        _ => Failure::NoRoute { method: method.to_string(), path: path.to_owned() },
    }
}

/// `GET /bill` and `POST /bill/reset`, neither recorded nor on the bill.
fn bill(provider: &Provider, head: &Parts) -> Response<Body> {
    let (status, body) = match (&head.method, head.uri.path()) {
        (&Method::GET, "/bill") => (StatusCode::OK, serde_json::to_vec(&provider.books.bill())),
        (&Method::POST, "/bill/reset") => {
            provider.books.reset();
            (StatusCode::OK, Ok(b"{}".to_vec()))
        }
        _ => (StatusCode::NOT_FOUND, Ok(b"{}".to_vec())),
    };
    let body = body.expect("a bill of plain structs is always JSON");
    let mut response = Response::new(Body::whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, JSON);
    response
}

/// Reads the whole body, and records the request if that is wanted; `None` when it is too long.
async fn read(
    provider: &Provider,
    head: &Parts,
    mut body: Incoming,
) -> Result<Option<Bytes>, HangUp> {
    let mut arriving = provider.seen.arriving(head);
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(chunk) = frame.map_err(|_| HangUp)?.into_data() else { continue };
        if let Some(arriving) = &mut arriving {
            arriving.chunk(&chunk);
        }
        if first.is_empty() {
            first = chunk;
            continue;
        }
        // Most bodies are one frame and are never copied.
        if all.is_empty() {
            all.extend_from_slice(&first);
        }
        if all.len() + chunk.len() > LONGEST_BODY {
            return Ok(None);
        }
        all.extend_from_slice(&chunk);
    }
    if let Some(mut arriving) = arriving {
        arriving.complete();
    }
    Ok(Some(if all.is_empty() { first } else { all.freeze() }))
}
