//! `POST /v1/messages/count_tokens`: what a message would be billed for its input. Free.

use http::{Response, StatusCode};
use serde_json::json;

use super::messages::Request;
use crate::body::Body;
use crate::call::{Call, JSON};
use crate::failure::Failure;

/// `{"input_tokens":N}`.
pub(crate) fn answer(call: &Call) -> Response<Body> {
    match count(call) {
        Ok(tokens) => {
            let body = json!({ "input_tokens": tokens }).to_string();
            call.respond(StatusCode::OK, JSON, Body::whole(body))
        }
        Err(failure) => call.refuse(&failure),
    }
}

fn count(call: &Call) -> Result<u64, Failure> {
    let request = Request::read(&call.body)?;
    request.find_model()?;
    Ok(request.input_tokens())
}
