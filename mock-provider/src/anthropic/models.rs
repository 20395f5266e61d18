//! `GET /v1/models` and `GET /v1/models/{model}` in Anthropic's shape.

use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::body::Body;
use crate::call::{Call, JSON};
use crate::failure::Failure;
use crate::model::{Family, Known, MODELS};

/// The list of all models that can be sent messages, on one page.
pub(crate) fn list(call: &Call) -> Response<Body> {
    let models: Vec<&Known> = MODELS.iter().filter(|known| known.serves(Family::Text)).collect();
    let list = json!({
        "data": models.iter().map(|known| object(known)).collect::<Vec<Value>>(),
        "has_more": false,
        "first_id": models.first().map(|known| known.name),
        "last_id": models.last().map(|known| known.name),
    });
    answer(call, &list)
}

/// The model that the path names.
pub(crate) fn one(call: &Call) -> Response<Body> {
    let name = call.last_segment();
    match MODELS.iter().find(|known| known.name == name && known.serves(Family::Text)) {
        Some(known) => answer(call, &object(known)),
        None => call.refuse(&Failure::NoModel(name.to_owned())),
    }
}

fn object(known: &Known) -> Value {
    json!({
        "type": "model",
        "id": known.name,
        "display_name": known.name,
        "created_at": "2026-01-01T00:00:00Z",
    })
}

fn answer(call: &Call, body: &Value) -> Response<Body> {
    call.respond(StatusCode::OK, JSON, Body::whole(body.to_string()))
}
