//! Usage that a provider does not tell, or nobody could believe, is counted; an answer is asked for
//! and kept only as far as it can be read.

use serde_json::json;

use crate::calls::{CHAT, MESSAGES, chat, streamed, tokens, with};
use crate::edits::bounds;
use crate::house::House;
use crate::met::{GRANTED, counted, meet};
use crate::watch::{credits, header, request_id};
use crate::wire::{EVENT_STREAM, WireProvider, behind, json_answer};

#[tokio::test]
async fn usage_that_is_missing_or_absurd_is_counted_and_never_more_than_the_hold() {
    for model in ["mock-no-usage", "mock-absurd-usage", "mock-negative-usage"] {
        let house = House::new().await;
        let body = with(streamed(model), "max_tokens", json!(1_000));
        let met = meet(&house, CHAT, &body).await;
        assert_eq!((met.status, met.whole), (200, true));
        assert!(met.body.trim_end().ends_with("[DONE]"), "{}", met.body);
        met.assert_estimated(counted(&body), met.text());
        let streamed = met.text();

        let body = with(chat(model), "max_tokens", json!(1_000));
        let met = meet(&house, CHAT, &body).await;
        let content = met.json()["choices"][0]["message"]["content"].as_str().unwrap().len();
        assert_eq!(content as u64, streamed);
        met.assert_estimated(counted(&body), streamed);

        // What was allowed is the most that is charged, whatever is counted.
        let met = meet(&house, CHAT, &with(chat(model), "max_tokens", json!(1))).await;
        assert!(credits(&met.request["charged"]) <= credits(&met.request["held"]));
    }
}

#[tokio::test]
async fn usage_beyond_what_the_request_allowed_is_counted() {
    let provider = WireProvider::start(|mut wire| async move {
        while let Some(request) = wire.message().await {
            // Sixty-four tokens were allowed.
            let usage = json!({"prompt_tokens": 5, "completion_tokens": 5_000});
            let text = "x".repeat(30);
            if request.json()["stream"] == true {
                let part = json!({"choices": [{"index": 0, "delta": {"content": text}}]});
                let end = json!({"choices": [], "usage": usage});
                wire.send(EVENT_STREAM).await;
                let events = format!("data: {part}\n\ndata: {end}\n\ndata: [DONE]\n\n");
                wire.send_chunked(events.as_bytes(), 1_000).await;
            } else {
                let choice = json!({"index": 0, "message": {"role": "assistant", "content": text}});
                wire.send(json_answer(&json!({"choices": [choice], "usage": usage}).to_string()))
                    .await;
            }
        }
    })
    .await;
    let house = House::with(behind(&provider)).await;
    for body in [streamed("mock-chat"), chat("mock-chat")] {
        let met = meet(&house, CHAT, &body).await;
        assert_eq!((met.status, met.whole), (200, true));
        assert_eq!(met.request["usage"]["output_tokens"], 10, "{}", met.request);
        assert_eq!(met.request["estimated"], true);
    }
}

#[tokio::test]
async fn usage_that_is_missing_from_a_message_is_counted() {
    let house = House::new().await;
    for body in [chat("mock-no-usage"), streamed("mock-no-usage")] {
        let body = with(body, "max_tokens", json!(1_000));
        let met = meet(&house, MESSAGES, &body).await;
        assert_eq!((met.status, met.whole), (200, true));
        let text = match met.body.starts_with('{') {
            true => met.json()["content"][0]["text"].as_str().unwrap().len() as u64,
            false => met.text(),
        };
        met.assert_estimated(counted(&body), text);
    }
}

#[tokio::test]
async fn a_huge_answer_passes_and_is_charged_its_usage() {
    let house = House::new().await;
    for body in [chat("mock-huge"), streamed("mock-huge")] {
        let met = meet(&house, CHAT, &with(body, "max_tokens", json!(2_000))).await;
        assert_eq!((met.status, met.whole), (200, true));
        assert!(met.body.len() > 10_000);
        assert_eq!(credits(&met.request["charged"]), tokens(5, 2_000));
        assert_eq!(met.request["estimated"], false);
    }
}

#[tokio::test]
async fn an_answer_beyond_what_is_metered_passes_and_costs_at_most_the_hold() {
    let house = House::with(bounds("answer_bytes: 10KiB")).await;
    let met = meet(&house, CHAT, &with(chat("mock-huge"), "max_tokens", json!(2_000))).await;
    assert_eq!((met.status, met.whole), (200, true));
    assert!(met.body.len() > 1 << 20);
    assert_eq!(
        (&met.request["charged"], &met.request["estimated"]),
        (&met.request["held"], &json!(true))
    );
}

#[tokio::test]
async fn an_answer_that_could_not_be_read_is_never_asked_for() {
    let house = House::new().await;
    let caller = house.caller(GRANTED).await;
    let mut large = chat("mock-gzip");
    large["messages"][0]["content"] = json!("x".repeat(100_000));
    for body in [chat("mock-gzip"), streamed("mock-gzip"), large] {
        let call = house.post(&caller, CHAT, &body).header("accept-encoding", "gzip, br");
        let response = call.send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), header(&response, "content-encoding")),
            (200, None)
        );
        let seen = house.provider.requests().pop().unwrap();
        assert_eq!(seen.header("accept-encoding"), Some("identity"));
        let id = request_id(&response);
        response.bytes().await.unwrap();
        assert_eq!(house.ended(&caller, &id).await["estimated"], false);
    }
}
