//! A stream without a bound: its hold grows with it, and it is cut only when nothing is left.

use ledger::Credits;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::calls::{CHAT, RESPONSES, tokens, unbounded, with};
use crate::edits::{bounds, price, route_bounds};
use crate::house::House;
use crate::watch::{credits, header, micros, request_id};
use crate::wire::{EVENT_STREAM, Wire, WireProvider, behind, json_answer};

/// Routes whose streams are held for in steps of 300 tokens, and worth as few as 20.
fn small_steps(text: String) -> String {
    let steps = "default_max_tokens: 300, min_max_tokens: 20";
    let text = route_bounds("/v1/chat/completions", steps)(text);
    route_bounds("/v1/responses", steps)(text)
}

/// The input tokens that a body is held for.
fn input(body: &Value) -> u64 {
    serde_json::to_vec(body).unwrap().len() as u64 + 96 + 1_000
}

fn stream(model: &str) -> Value {
    with(unbounded(model), "stream", json!(true))
}

/// The text of a chat's chunks.
fn text_of(events: &str) -> String {
    let data = events.lines().filter_map(|line| line.strip_prefix("data: {"));
    let chunks = data.map(|rest| serde_json::from_str::<Value>(&format!("{{{rest}")).unwrap());
    let content =
        chunks.map(|c| c["choices"][0]["delta"]["content"].as_str().unwrap_or("").to_owned());
    content.collect()
}

#[tokio::test]
async fn a_stream_is_asked_for_all_that_its_model_says_and_held_for_less() {
    let house = House::new().await;
    let caller = house.caller("10").await;
    let body = stream("mock-chat");
    let response = house.call(&caller, CHAT, &body).await;
    assert_eq!(header(&response, "x-bursar-max-tokens"), Some("100000"));
    let held = tokens(input(&body), 4_096).to_string();
    assert_eq!(header(&response, "x-credits-held"), Some(&*held));
    let asked = with(body, "max_completion_tokens", json!(100_000));
    assert_eq!(house.forwarded(), with(asked, "stream_options", json!({"include_usage": true})));
}

#[tokio::test]
async fn the_hold_of_a_stream_grows_as_it_does() {
    let house = House::with(small_steps).await;
    let caller = house.caller("10").await;
    let response = house.call(&caller, CHAT, &stream("mock-chat:500")).await;
    let first: Credits = header(&response, "x-credits-held").unwrap().parse().unwrap();
    let id = request_id(&response);
    let events = response.text().await.unwrap();
    assert_eq!(text_of(&events).split_inclusive(' ').count(), 500);
    let request = house.charged(&caller, &id, "10").await;
    assert!(credits(&request["held"]) > first, "{request}");
    // The provider's usage and no count of ours.
    assert_eq!(request["usage"]["output_tokens"], 500);
    assert_eq!(credits(&request["charged"]), tokens(5, 500));
    assert_eq!(request["estimated"], false);
}

#[tokio::test]
async fn a_stream_is_cut_with_an_error_event_when_the_credits_are_gone() {
    let house = House::with(small_steps).await;
    let body = stream("mock-chat:500");
    let granted = tokens(input(&body), 300).to_string();
    let caller = house.caller(&granted).await;
    let response = house.call(&caller, CHAT, &body).await;
    let id = request_id(&response);
    let events = read(response).await;
    let last = events.trim_end().rsplit("\n\n").next().unwrap();
    let told: Value = serde_json::from_str(last.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(told["error"]["type"], "insufficient_quota", "{events}");
    assert_eq!(told["error"]["request_id"], id);
    assert!(!events.contains("[DONE]"), "{events}");
    // Charged is what the client has, counted, and the input.
    let request = house.charged(&caller, &id, &granted).await;
    let told = serde_json::to_vec(&body).unwrap().len() as u64;
    let delivered = text_of(&events).len() as u64;
    assert!(delivered > 0);
    assert_eq!(credits(&request["charged"]), tokens(told.div_ceil(3), delivered.div_ceil(3)));
    assert_eq!(request["estimated"], true);
}

#[tokio::test]
async fn the_error_event_is_there_also_when_the_provider_has_said_it_all_at_once() {
    let text = "x".repeat(1_200);
    let part =
        format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let provider = WireProvider::start(move |mut wire| {
        let part = part.clone();
        async move {
            wire.message().await.unwrap();
            let chunk = format!("{:x}\r\n{part}\r\n", part.len());
            wire.send(format!("{EVENT_STREAM}{chunk}{chunk}0\r\n\r\n")).await;
        }
    })
    .await;
    let house = House::with(|text| small_steps(behind(&provider)(text))).await;
    let body = stream("mock-chat");
    let granted = tokens(input(&body), 400).to_string();
    let caller = house.caller(&granted).await;
    let response = house.call(&caller, CHAT, &body).await;
    let id = request_id(&response);
    let events = read(response).await;
    assert_eq!(text_of(&events).len(), 1_200);
    assert!(events.contains("\"insufficient_quota\""), "{events}");
    let request = house.charged(&caller, &id, &granted).await;
    let told = serde_json::to_vec(&body).unwrap().len() as u64;
    assert_eq!(credits(&request["charged"]), tokens(told.div_ceil(3), 400));
}

#[tokio::test]
async fn a_stream_of_a_response_is_cut_in_its_own_words() {
    let house = House::with(small_steps).await;
    let body = json!({"model": "mock-chat:500", "input": "Hi", "stream": true});
    let granted = tokens(input(&body), 300).to_string();
    let caller = house.caller(&granted).await;
    let response = house.call(&caller, RESPONSES, &body).await;
    let id = request_id(&response);
    let events = read(response).await;
    assert!(events.contains("\"insufficient_quota\""), "{events}");
    assert!(!events.contains("response.completed"), "{events}");
    house.charged(&caller, &id, &granted).await;
}

#[tokio::test]
async fn the_last_credits_of_a_budget_are_streamed_too() {
    // Less than a step is left after the first hold, and still worth something.
    let model = "provider: openai, model: \"mock-chat:300\", input_per_million_tokens: \"3\", \
                 output_per_million_tokens: \"15\", max_output_tokens: 100000";
    let house = House::with(|text| price(model)(small_steps(text))).await;
    let body = stream("mock-chat:300");
    // 300 tokens of the provider are at most 600 by our count.
    let granted = tokens(input(&body), 560).to_string();
    let caller = house.caller(&granted).await;
    let response = house.call(&caller, CHAT, &body).await;
    let id = request_id(&response);
    let events = read(response).await;
    assert!(events.trim_end().ends_with("[DONE]"), "{events}");
    let request = house.charged(&caller, &id, &granted).await;
    assert_eq!(credits(&request["charged"]), tokens(5, 300));
}

#[tokio::test]
async fn no_more_is_asked_for_than_the_model_can_say() {
    let short = "provider: openai, model: \"mock-chat:400\", input_per_million_tokens: \"3\", \
                 output_per_million_tokens: \"15\", max_output_tokens: 400";
    let house = House::with(|text| price(short)(small_steps(text))).await;
    let body = stream("mock-chat:400");
    let granted = tokens(input(&body), 400).to_string();
    let caller = house.caller(&granted).await;
    let response = house.call(&caller, CHAT, &body).await;
    assert_eq!(header(&response, "x-bursar-max-tokens"), Some("400"));
    let id = request_id(&response);
    let events = read(response).await;
    assert!(events.trim_end().ends_with("[DONE]"), "{events}");
    let request = house.charged(&caller, &id, &granted).await;
    assert_eq!(credits(&request["charged"]), tokens(5, 400));
}

#[tokio::test]
async fn what_a_stream_costs_beyond_its_hold_is_the_platforms() {
    // Output that is paid for and never seen, as reasoning is.
    let provider = WireProvider::start(|mut wire| async move {
        wire.message().await.unwrap();
        let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":90000}}\n\n";
        let end = "data: [DONE]\n\n";
        wire.send(EVENT_STREAM).await;
        wire.send_chunk(format!("{usage}{end}").as_bytes()).await;
        wire.send("0\r\n\r\n").await;
    })
    .await;
    let house = House::with(|text| small_steps(behind(&provider)(text))).await;
    let caller = house.caller("10").await;
    let response = house.call(&caller, CHAT, &stream("mock-chat")).await;
    let id = request_id(&response);
    assert!(read(response).await.trim_end().ends_with("[DONE]"));
    let request = house.charged(&caller, &id, "10").await;
    let charged = credits(&request["charged"]);
    assert_eq!(charged, credits(&request["held"]));
    let overrun = tokens(5, 90_000).checked_sub(charged).unwrap();
    assert_eq!(house.metric("bursar_overrun_microcredits_total").await, overrun.micros());
}

#[tokio::test]
async fn credits_that_come_before_the_hold_is_used_up_keep_the_stream_alive() {
    let (go, steps) = watch::channel(0);
    let provider = WireProvider::start(move |wire| serve(wire, steps.clone())).await;
    let house = House::with(|text| small_steps(behind(&provider)(text))).await;
    let body = stream("mock-chat");
    let caller = house.caller(&tokens(input(&body), 300).to_string()).await;
    let mut streaming = house.call(&caller, CHAT, &body).await;
    go.send(1).unwrap();
    let mut events = String::new();
    while text_of(&events).len() < 600 {
        events += std::str::from_utf8(&streaming.chunk().await.unwrap().unwrap()).unwrap();
    }
    // More than half of the hold is used: the stream has asked for more, and there was nothing.
    house.grant(&caller, "1").await;
    go.send(3).unwrap();
    while let Some(chunk) = streaming.chunk().await.unwrap() {
        events += std::str::from_utf8(&chunk).unwrap();
    }
    assert_eq!(text_of(&events).len(), 600 + 600, "{events}");
    assert!(events.trim_end().ends_with("[DONE]"), "{events}");
}

#[tokio::test]
async fn a_stream_waits_for_credits_that_another_call_gives_back() {
    let (go, steps) = watch::channel(0);
    let provider = WireProvider::start(move |wire| serve(wire, steps.clone())).await;
    let house = House::with(|text| {
        let text =
            text.replacen("base_url: UPSTREAM_URL", &format!("base_url: {}", provider.url), 1);
        small_steps(bounds("hold_wait: 60s")(text))
    })
    .await;
    let body = stream("mock-chat");
    let other = with(unbounded("mock-chat"), "max_tokens", json!(700));
    // Enough for the stream's first hold and the other call, and not for one step more.
    let granted = tokens(input(&body), 300).saturating_add(tokens(input(&other), 700)).to_string();
    let caller = house.caller(&granted).await;

    let mut streaming = house.call(&caller, CHAT, &body).await;
    let beside = house.post(&caller, CHAT, &other).send();
    let beside = tokio::spawn(async { beside.await.unwrap().bytes().await.unwrap() });
    while house.remaining(&caller).await != micros(0) {}

    go.send(1).unwrap();
    let mut events = String::new();
    while text_of(&events).len() < 600 {
        events += std::str::from_utf8(&streaming.chunk().await.unwrap().unwrap()).unwrap();
    }
    // More than half of the hold is used: the stream has asked for more, and waits.
    house.waiting(1).await;
    go.send(2).unwrap();
    beside.await.unwrap();
    house.waiting(0).await;
    go.send(3).unwrap();
    while let Some(chunk) = streaming.chunk().await.unwrap() {
        events += std::str::from_utf8(&chunk).unwrap();
    }
    assert_eq!(text_of(&events).len(), 600 + 600);
    assert!(events.trim_end().ends_with("[DONE]"), "{events}");
    let id = request_id(&streaming);
    let request = house.ended(&caller, &id).await;
    assert_eq!(credits(&request["charged"]), tokens(5, 400));
    house.assert_spent(&caller, &granted, tokens(10, 400)).await;
}

/// Answers a stream in two parts, after steps 1 and 3, and any other call after step 2.
async fn serve(mut wire: Wire, mut steps: watch::Receiver<u8>) {
    while let Some(request) = wire.message().await {
        let asked = request.json();
        if asked["stream"] != true {
            steps.wait_for(|step| *step >= 2).await.unwrap();
            let body = r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":0}}"#;
            wire.send(json_answer(body)).await;
            continue;
        }
        wire.send(EVENT_STREAM).await;
        let text = "x".repeat(600);
        let part = format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n"
        );
        let end = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":400}}\n\ndata: [DONE]\n\n";
        steps.wait_for(|step| *step >= 1).await.unwrap();
        wire.send_chunk(part.as_bytes()).await;
        steps.wait_for(|step| *step >= 3).await.unwrap();
        wire.send_chunk(part.as_bytes()).await;
        wire.send_chunk(end.as_bytes()).await;
        wire.send("0\r\n\r\n").await;
    }
}

/// All that comes of a stream, also of one that breaks off.
async fn read(mut response: reqwest::Response) -> String {
    let mut events = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        events.extend_from_slice(&chunk);
    }
    String::from_utf8(events).unwrap()
}
