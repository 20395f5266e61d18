//! Answers a call as its model's script will have it.

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use tokio::time::sleep;

use crate::body::{Body, HangUp, gzip};
use crate::books::OpenLine;
use crate::call::{Call, JSON};
use crate::events::{Events, Playback};
use crate::failure::Failure;
use crate::model::Model;
use crate::script::{PATIENCE, Script};

/// What a route would answer if nothing went wrong.
pub(crate) struct Reply {
    pub(crate) model: Model,
    /// The answer's own id, as on the bill.
    pub(crate) id: String,
    pub(crate) input_tokens: u64,
    pub(crate) form: Form,
}

pub(crate) enum Form {
    Json { body: Vec<u8>, output_tokens: u64, images: u64 },
    Events(Events),
}

/// Reads the request with `reply`, lets the script have its say, and bills what comes of it.
///
/// # Errors
/// [`HangUp`] when the script never answers.
pub(crate) async fn play(
    call: &Call,
    route: &'static str,
    reply: fn(&Call) -> Result<Reply, Failure>,
) -> Result<Response<Body>, HangUp> {
    let mut line = call.open_line(route);
    let reply = match reply(call) {
        Ok(reply) => reply,
        Err(failure) => {
            if let Failure::NoModel(asked) = &failure {
                line.asked(asked);
            }
            return Ok(fail(call, line, &failure));
        }
    };
    line.model(reply.model.known.name, &reply.model.asked);
    let script = reply.model.script();
    let pace = script.pace(call.server_pace(), call.asked_delay());
    if !pace.first_byte.is_zero() {
        sleep(pace.first_byte).await;
    }
    match (script, &reply.form) {
        (Script::Unauthorized, _) => return Ok(fail(call, line, &Failure::Unauthorized)),
        (Script::RateLimited, _) => return Ok(fail(call, line, &Failure::RateLimited)),
        (Script::Broken, _) | (Script::StreamError, Form::Json { .. }) => {
            return Ok(fail(call, line, &Failure::Broken));
        }
        (Script::Silent, _) => {
            sleep(PATIENCE).await;
            return Err(HangUp);
        }
        _ => {}
    }
    line.answering(reply.id, reply.input_tokens);
    Ok(match reply.form {
        Form::Json { body, output_tokens, images } => {
            line.produced(output_tokens, images);
            json(call, script, line, Bytes::from(body))
        }
        Form::Events(events) => {
            let breaks = script.stream_break(events.words);
            let playback = Playback::new(events, pace.chunk, breaks, line);
            stream(call, script, playback)
        }
    })
}

fn fail(call: &Call, line: OpenLine, failure: &Failure) -> Response<Body> {
    line.fail(failure.status());
    call.refuse(failure)
}

fn json(call: &Call, script: Script, line: OpenLine, body: Bytes) -> Response<Body> {
    if let Some(silence) = script.json_break() {
        // Produced, so billed; the line is dropped unclosed because half of it never leaves.
        return call.respond(StatusCode::OK, JSON, Body::half(&body, silence));
    }
    line.close();
    if compresses(call, script) {
        return gzipped(call.respond(StatusCode::OK, JSON, Body::whole(gzip(&body))));
    }
    call.respond(StatusCode::OK, JSON, Body::whole(body))
}

fn stream(call: &Call, script: Script, playback: Playback) -> Response<Body> {
    let kind = HeaderValue::from_static("text/event-stream; charset=utf-8");
    let compresses = compresses(call, script);
    let mut response = call.respond(StatusCode::OK, kind, Body::events(playback, compresses));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if compresses { gzipped(response) } else { response }
}

fn compresses(call: &Call, script: Script) -> bool {
    script == Script::Gzip && call.accepts_gzip()
}

fn gzipped(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}
