//! `GET /v1/models` and `GET /v1/models/{model}` in OpenAI's shape.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::body::Body;
use crate::call::{Call, JSON};
use crate::failure::Failure;
use crate::model::{Known, MODELS};

/// The first of January 2026.
const CREATED: u64 = 1_767_225_600;

/// The list of all models.
pub(crate) fn list(call: &Call) -> Response<Body> {
    let models: Vec<Value> = MODELS.iter().map(object).collect();
    answer(call, &json!({ "object": "list", "data": models }))
}

/// The model that the path names.
pub(crate) fn one(call: &Call) -> Response<Body> {
    let name = call.last_segment();
    match MODELS.iter().find(|known| known.name == name) {
        Some(known) => answer(call, &object(known)),
        None => call.refuse(&Failure::NoModel(name.to_owned())),
    }
}

fn object(known: &Known) -> Value {
    json!({ "id": known.name, "object": "model", "created": CREATED, "owned_by": "mock-provider" })
}

fn answer(call: &Call, body: &Value) -> Response<Body> {
    call.respond(StatusCode::OK, JSON, Body::whole(body.to_string()))
}
