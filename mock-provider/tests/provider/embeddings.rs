//! Embeddings.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::Fixture;

const PATH: &str = "/v1/embeddings";

fn floats(embedding: &Value) -> Vec<f64> {
    embedding.as_array().unwrap().iter().map(|float| float.as_f64().unwrap()).collect()
}

#[tokio::test]
async fn each_input_has_its_own_vector_and_all_are_counted() {
    let fixture = Fixture::start().await;
    let request = json!({ "model": "mock-embedding", "input": ["hello", "you", "hello"] });
    let body = fixture.json(PATH, &request).await;
    assert_eq!(body["object"], "list");
    assert_eq!(body["model"], "mock-embedding");
    assert_eq!(body["usage"], json!({ "prompt_tokens": 5, "total_tokens": 5 }));
    assert_eq!(body["data"][1]["object"], "embedding");
    assert_eq!(body["data"][1]["index"], 1);
    assert_eq!(floats(&body["data"][0]["embedding"]).len(), 1_536);
    assert_eq!(body["data"][0]["embedding"], body["data"][2]["embedding"]);
    assert_ne!(body["data"][0]["embedding"], body["data"][1]["embedding"]);
    let line = fixture.only_line().await;
    assert_eq!((line.input_tokens, line.output_tokens), (5, 0));
}

#[tokio::test]
async fn token_ids_are_counted_one_by_one() {
    let fixture = Fixture::start().await;
    for (input, tokens) in [(json!([1, 2, 3]), 3), (json!([[1, 2], [3, 4, 5]]), 5)] {
        let request = json!({ "model": "mock-embedding", "input": input, "dimensions": 8 });
        let body = fixture.json(PATH, &request).await;
        assert_eq!(body["usage"]["prompt_tokens"], tokens);
    }
}

#[tokio::test]
async fn base64_holds_the_same_floats() {
    let fixture = Fixture::start().await;
    let mut request = json!({ "model": "mock-embedding", "input": "hello", "dimensions": 16 });
    let plain = fixture.json(PATH, &request).await;
    request["encoding_format"] = json!("base64");
    let encoded = fixture.json(PATH, &request).await;
    let bytes = STANDARD.decode(encoded["data"][0]["embedding"].as_str().unwrap()).unwrap();
    let decoded: Vec<f32> =
        bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    let read: Vec<f32> = serde_json::from_value(plain["data"][0]["embedding"].clone()).unwrap();
    assert_eq!(decoded, read);
    assert_eq!(decoded.len(), 16);
}

#[tokio::test]
async fn what_cannot_be_embedded_is_a_400() {
    let fixture = Fixture::start().await;
    for input in [json!(""), json!([]), json!(["a", ""]), json!(7), json!({}), json!(["a", 1])] {
        let request = json!({ "model": "mock-embedding", "input": input });
        assert_eq!(fixture.send(PATH, &request).await.status(), 400, "{input}");
    }
    let many = json!({ "model": "mock-embedding", "input": vec!["a"; 2_049] });
    assert_eq!(fixture.send(PATH, &many).await.status(), 400);
}

#[tokio::test]
async fn a_chat_model_embeds_nothing() {
    let fixture = Fixture::start().await;
    let request = json!({ "model": "mock-chat", "input": "hello" });
    assert_eq!(fixture.send(PATH, &request).await.status(), 404);
}
