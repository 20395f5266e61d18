//! The mixed loads: who calls what, and how the provider and the callers behave.

use std::time::Duration;

use super::audited::Scene;
use crate::bodies::Form::{Json, Stream};
use crate::bodies::MAX_TOKENS;
use crate::provider::Pace;
use crate::traffic::Shape::{Chat, Embeddings, Images, Messages};
use crate::traffic::{Shape, Share};

const fn share(weight: u32, key: &'static str, shape: Shape, model: &'static str) -> Share {
    Share { weight, key, shape, model, max_tokens: Some(MAX_TOKENS) }
}

/// The same, with the most output tokens left to the gateway.
const fn open_ended(weight: u32, key: &'static str, shape: Shape, model: &'static str) -> Share {
    Share { max_tokens: None, ..share(weight, key, shape, model) }
}

/// A provider that takes its time: 20 ms to the first byte, then so much for each word.
const fn takes(chunk: Duration) -> Pace {
    Pace { first_byte: Duration::from_millis(20), chunk }
}

/// Several people with and without limits, one whose seat runs out, one whose day does.
fn office() -> Vec<Share> {
    vec![
        share(20, "plain", Chat(Json), "mock-chat"),
        share(10, "plain", Chat(Stream), "mock-chat"),
        share(10, "service", Messages(Json), "mock-chat"),
        share(10, "service", Messages(Stream), "mock-chat"),
        share(5, "theo", Chat(Stream), "mock-chat"),
        open_ended(5, "theo", Chat(Json), "mock-chat"),
        share(5, "mira", Messages(Stream), "mock-chat"),
        share(5, "ines", Chat(Json), "mock-chat"),
        share(3, "samuel", Chat(Json), "mock-flat"),
        share(4, "fifty", Chat(Json), "mock-flat"),
    ]
}

/// All kinds of calls by all kinds of callers.
pub(crate) fn steady() -> Scene {
    let mut shares = office();
    shares.push(share(5, "plain", Embeddings, "mock-embedding"));
    shares.push(share(5, "plain", Images, "mock-image"));
    let pace = takes(Duration::from_millis(1));
    Scene { name: "steady", shares, leaving: None, pace, kills: false }
}

/// Long streams only, half of them without a bound: their holds grow as they are used. Messages have
/// a bound in any case, for that dialect asks for one.
pub(crate) fn streams() -> Scene {
    let shares = vec![
        open_ended(3, "plain", Chat(Stream), "mock-chat:500"),
        open_ended(2, "service", Chat(Stream), "mock-chat:500"),
        open_ended(1, "plain", Chat(Stream), "mock-chat:5000"),
        Share { max_tokens: Some(500), ..share(3, "theo", Chat(Stream), "mock-chat:500") },
        Share { max_tokens: Some(500), ..share(2, "mira", Messages(Stream), "mock-chat:500") },
    ];
    let pace = takes(Duration::from_millis(1));
    Scene { name: "streams", shares, leaving: None, pace, kills: false }
}

/// The office, with every other caller leaving at random.
pub(crate) fn hang_ups() -> Scene {
    let leaving = Some((50, Duration::from_millis(250)));
    let pace = takes(Duration::from_millis(4));
    Scene { name: "hang-ups", shares: office(), leaving, pace, kills: false }
}

/// A provider that errs, breaks off, and tells no usage or a wrong one.
pub(crate) fn provider_faults() -> Scene {
    let models = [
        "mock-chat",
        "mock-error-401",
        "mock-error-429",
        "mock-error-500",
        "mock-no-usage",
        "mock-absurd-usage",
        "mock-negative-usage",
        "mock-cut-stream",
        "mock-stream-error",
        "mock-gzip",
        "mock-huge",
    ];
    let shapes = [Chat(Json), Chat(Stream), Messages(Json), Messages(Stream)];
    let each = |model| shapes.map(|shape| share(1, "plain", shape, model));
    let shares = models.into_iter().flat_map(each).chain(office()).collect();
    let pace = takes(Duration::from_millis(1));
    Scene { name: "provider-faults", shares, leaving: None, pace, kills: false }
}

/// The office and some long streams, before a gateway that dies all the time.
pub(crate) fn kill() -> Scene {
    let mut shares = office();
    shares.push(share(10, "plain", Chat(Stream), "mock-chat:500"));
    shares.push(open_ended(10, "service", Chat(Stream), "mock-chat:500"));
    let pace = takes(Duration::from_millis(2));
    Scene { name: "kill", shares, leaving: None, pace, kills: true }
}
