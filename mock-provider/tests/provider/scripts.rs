//! The models that misbehave, on each of the three text routes.

use std::io::Read;
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Event, Fixture, events, read_until_cut};

const CHAT: &str = "/v1/chat/completions";
const RESPONSES: &str = "/v1/responses";
const MESSAGES: &str = "/v1/messages";
const ALL: [&str; 3] = [CHAT, RESPONSES, MESSAGES];

fn request(path: &str, model: &str, stream: bool) -> Value {
    let messages = json!([{ "role": "user", "content": "tell me!" }]);
    match path {
        CHAT => json!({
            "model": model, "messages": messages, "stream": stream,
            "stream_options": { "include_usage": true },
        }),
        RESPONSES => json!({ "model": model, "input": "tell me!", "stream": stream }),
        _ => json!({
            "model": model, "messages": messages, "stream": stream, "max_tokens": 4_096,
        }),
    }
}

/// The text in an answer's JSON.
fn text<'a>(path: &str, body: &'a Value) -> &'a str {
    let text = match path {
        CHAT => &body["choices"][0]["message"]["content"],
        RESPONSES => &body["output"][0]["content"][0]["text"],
        _ => &body["content"][0]["text"],
    };
    text.as_str().unwrap()
}

/// How many events carry a word.
fn words(path: &str, events: &[Event]) -> usize {
    let carries_word = |event: &&Event| match path {
        CHAT => event.data.contains("\"delta\":{\"content\":"),
        RESPONSES => event.name.as_deref() == Some("response.output_text.delta"),
        _ => event.name.as_deref() == Some("content_block_delta"),
    };
    events.iter().filter(carries_word).count()
}

#[tokio::test]
async fn an_error_comes_in_the_dialect_and_bills_nothing() {
    let fixture = Fixture::start().await;
    for (model, status, openai, anthropic) in [
        ("mock-error-401", 401, "invalid_request_error", "authentication_error"),
        ("mock-error-429", 429, "requests", "rate_limit_error"),
        ("mock-error-500", 500, "server_error", "api_error"),
    ] {
        for path in ALL {
            let response = fixture.send(path, &request(path, model, true)).await;
            assert_eq!(response.status(), status);
            assert_eq!(response.headers().contains_key("retry-after"), status == 429);
            let body: Value = response.json().await.unwrap();
            let expected = if path == MESSAGES { anthropic } else { openai };
            assert_eq!(body["error"]["type"], expected);
        }
        let bill = fixture.provider.bill();
        assert_eq!((bill.models[model].failed, bill.models[model].input_tokens), (3, 0));
    }
}

#[tokio::test]
async fn without_usage_the_answer_is_good_and_tells_none() {
    let fixture = Fixture::start().await;
    for path in ALL {
        let body = fixture.json(path, &request(path, "mock-no-usage", false)).await;
        assert!(body.get("usage").is_none(), "{body}");
        assert_eq!(text(path, &body).split_inclusive(' ').count(), 40);
        let events = fixture.events(path, &request(path, "mock-no-usage", true)).await;
        assert_eq!(words(path, &events), 40);
        assert!(events.iter().all(|event| !event.data.contains("\"usage\":{")));
    }
    assert_eq!(fixture.provider.bill().models["mock-no-usage"].output_tokens, 6 * 40);
}

#[tokio::test]
async fn false_usage_is_told_and_the_truth_is_billed() {
    let fixture = Fixture::start().await;
    for (model, told) in
        [("mock-absurd-usage", 1_000_000_000_000_000_000_i64), ("mock-negative-usage", -5)]
    {
        for path in ALL {
            let field = if path == CHAT { "completion_tokens" } else { "output_tokens" };
            let body = fixture.json(path, &request(path, model, false)).await;
            assert_eq!(body["usage"][field], told);
            let events = fixture.events(path, &request(path, model, true)).await;
            let telling = format!("\"{field}\":{told},");
            let telling_last = format!("\"{field}\":{told}}}");
            assert!(events.iter().any(|event| {
                event.data.contains(&telling) || event.data.contains(&telling_last)
            }));
        }
        let totals = &fixture.provider.bill().models[model];
        assert_eq!((totals.answered, totals.output_tokens), (6, 6 * 40));
    }
}

#[tokio::test]
async fn a_cut_stream_ends_after_half_of_its_words() {
    for path in ALL {
        let fixture = Fixture::start().await;
        let response = fixture.send(path, &request(path, "mock-cut-stream", true)).await;
        assert_eq!(response.status(), 200);
        let events = events(&read_until_cut(response).await);
        assert_eq!(words(path, &events), 20);
        let line = fixture.only_line().await;
        assert_eq!((line.status, line.output_tokens, line.complete), (200, 20, false));
    }
}

#[tokio::test]
async fn a_cut_json_ends_after_half_of_its_bytes() {
    for path in ALL {
        let fixture = Fixture::start().await;
        let response = fixture.send(path, &request(path, "mock-cut-stream", false)).await;
        assert_eq!(response.status(), 200);
        let promised = response.content_length().unwrap();
        let half = read_until_cut(response).await;
        assert_eq!(half.len() as u64, promised / 2);
        let line = fixture.only_line().await;
        assert_eq!((line.status, line.output_tokens, line.complete), (200, 40, false));
    }
}

#[tokio::test]
async fn a_stream_error_comes_in_the_dialect_after_half_of_the_words() {
    for path in ALL {
        let fixture = Fixture::start().await;
        let events = fixture.events(path, &request(path, "mock-stream-error", true)).await;
        assert_eq!(words(path, &events), 20);
        let error = events.last().unwrap();
        match path {
            CHAT => assert_eq!(error.json()["error"]["type"], "server_error"),
            RESPONSES => {
                assert_eq!(error.name.as_deref(), Some("error"));
                assert_eq!(error.json()["code"], "server_error");
                assert_eq!(error.json()["sequence_number"], events.len() - 1);
            }
            _ => {
                assert_eq!(error.name.as_deref(), Some("error"));
                assert_eq!(error.json()["error"]["type"], "api_error");
            }
        }
        let line = fixture.only_line().await;
        assert_eq!((line.output_tokens, line.complete), (20, false));
    }
}

#[tokio::test]
async fn a_stream_error_asked_for_json_is_a_500() {
    let fixture = Fixture::start().await;
    for path in ALL {
        let response = fixture.send(path, &request(path, "mock-stream-error", false)).await;
        assert_eq!(response.status(), 500);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stall_sends_one_word_and_is_cut_after_a_minute() {
    for path in ALL {
        let fixture = Fixture::start().await;
        let begun = Instant::now();
        let response = fixture.send(path, &request(path, "mock-stall", true)).await;
        let events = events(&read_until_cut(response).await);
        assert_eq!(words(path, &events), 1);
        assert!(begun.elapsed() >= Duration::from_secs(60));
        assert_eq!(fixture.only_line().await.output_tokens, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_model_hangs_up_after_a_minute_and_bills_nothing() {
    for path in ALL {
        let fixture = Fixture::start().await;
        let begun = Instant::now();
        let request = fixture.post(path, &request(path, "mock-silent", false));
        request.send().await.unwrap_err();
        assert!(begun.elapsed() >= Duration::from_secs(60));
        let line = fixture.only_line().await;
        assert_eq!((line.status, line.input_tokens), (0, 0));
        assert_eq!(fixture.provider.bill().models["mock-silent"].failed, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_stream_takes_a_second_and_then_a_tenth_for_each_chunk() {
    for path in ALL {
        let fixture = Fixture::start().await;
        let begun = Instant::now();
        let response = fixture.send(path, &request(path, "mock-slow", true)).await;
        assert!(begun.elapsed() >= Duration::from_secs(1));
        response.text().await.unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(1_000 + 39 * 100));
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_can_hurry_a_slow_model() {
    let fixture = Fixture::start().await;
    let begun = Instant::now();
    let request = fixture.post(CHAT, &request(CHAT, "mock-slow", false));
    let response = request.header("x-mock-delay-ms", "20").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(begun.elapsed() >= Duration::from_millis(20));
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_huge_answer_is_a_mebibyte_or_two_thousand_chunks() {
    for path in ALL {
        let fixture = Fixture::start().await;
        let body = fixture.json(path, &request(path, "mock-huge", false)).await;
        assert!(text(path, &body).len() >= 1 << 20);
        let events = fixture.events(path, &request(path, "mock-huge", true)).await;
        assert_eq!(words(path, &events), 2_000);
        assert_eq!(fixture.provider.bill().models["mock-huge"].output_tokens, 4_000);
    }
}

#[tokio::test]
async fn only_the_gzip_model_compresses_and_only_when_allowed() {
    let fixture = Fixture::start().await;
    for path in ALL {
        for stream in [false, true] {
            let gzip = request(path, "mock-gzip", stream);
            let plain = fixture.send(path, &gzip).await;
            assert!(!plain.headers().contains_key("content-encoding"));
            let allowed = fixture.post(path, &gzip).header("accept-encoding", "br, gzip");
            let response = allowed.send().await.unwrap();
            assert_eq!(response.headers()["content-encoding"], "gzip");
            let compressed = response.bytes().await.unwrap();
            let mut text = String::new();
            GzDecoder::new(&compressed[..]).read_to_string(&mut text).unwrap();
            assert_eq!(text.starts_with('{'), !stream);
            assert_eq!(words(path, &events(&text)), if stream { 40 } else { 0 });
        }
        let other = fixture.post(path, &request(path, "mock-chat", false));
        let response = other.header("accept-encoding", "gzip").send().await.unwrap();
        assert!(!response.headers().contains_key("content-encoding"));
    }
}

#[tokio::test]
async fn a_script_serves_images_and_embeddings_too() {
    let fixture = Fixture::start().await;
    let image = json!({ "model": "mock-error-500", "prompt": "x" });
    assert_eq!(fixture.send("/v1/images/generations", &image).await.status(), 500);
    let embedding = json!({ "model": "mock-no-usage", "input": "x" });
    let body = fixture.json("/v1/embeddings", &embedding).await;
    assert!(body.get("usage").is_none());
}
