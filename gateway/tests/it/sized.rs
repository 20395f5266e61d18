//! Bodies of a size, and the two ways to send one.

use serde_json::{Value, json};

use crate::calls::{CHAT, chat, with};
use crate::house::House;
use crate::people::Caller;
use crate::wire::{Message, Wire};

/// What Pingora keeps of a body that is read ahead.
pub(crate) const KEPT: usize = 64 * 1024;

/// A chat of a megabyte, without a bound on its output where the dialect has it so.
pub(crate) fn megabyte(path: &str, stream: bool) -> Value {
    let mut body = with(chat("mock-chat"), "stream", json!(stream));
    body["messages"][0]["content"] = json!("words and words ".repeat(1 << 16));
    if path == CHAT {
        body.as_object_mut().unwrap().remove("max_tokens");
    }
    body
}

/// A chat whose body has so many bytes.
pub(crate) fn sized(bytes: usize) -> Vec<u8> {
    let empty = serde_json::to_vec(&with(chat("mock-flat"), "user", json!(""))).unwrap().len();
    let body = with(chat("mock-flat"), "user", json!("x".repeat(bytes - empty)));
    serde_json::to_vec(&body).unwrap()
}

/// Sends a body of known length and reads the answer.
pub(crate) async fn plain(house: &House, caller: &Caller, path: &str, body: &[u8]) -> Message {
    let mut wire = Wire::to(house.gateway.address()).await;
    wire.post(path, &caller.secret, body).await;
    wire.message().await.unwrap()
}

/// Sends a body in chunks, all of it before anything is read, and reads the answer.
pub(crate) async fn chunked(house: &House, caller: &Caller, path: &str, body: &[u8]) -> Message {
    let mut wire = Wire::to(house.gateway.address()).await;
    wire.begin_post(path, &caller.secret, "").await;
    wire.send_chunked(body, 10_000).await;
    wire.message().await.unwrap()
}
