//! Whatever a provider does wrong: a clear answer, one end of the hold, nothing charged that was
//! not delivered.

use serde_json::{Value, json};

use crate::calls::{CHAT, MESSAGES, RESPONSES, chat, streamed, with};
use crate::edits::{bounds, patience, price};
use crate::house::House;
use crate::met::{GRANTED, counted, meet, met};
use crate::watch::{header, micros};

#[tokio::test]
async fn an_error_of_the_provider_is_passed_on_and_costs_nothing() {
    let house = House::new().await;
    for (model, status) in [("mock-error-500", 500), ("mock-error-429", 429)] {
        for body in [chat(model), streamed(model)] {
            let met = meet(&house, CHAT, &body).await;
            assert_eq!(
                (met.status, met.header("x-bursar-error-source")),
                (status, Some("upstream"))
            );
            assert_eq!(met.header("x-credits-charged"), Some("0"));
            assert_eq!(met.header("x-credits-remaining"), Some(GRANTED));
            assert_eq!(met.header("retry-after").is_some(), status == 429, "the provider's own");
            assert!(met.json()["error"]["message"].is_string());
            met.assert_free("provider_error");
        }
    }
    let met = meet(&house, MESSAGES, &chat("mock-error-500")).await;
    assert_eq!((met.status, &met.json()["type"]), (500, &json!("error")));
    met.assert_free("provider_error");
    assert_eq!(house.metric("bursar_holds_ended_total").await, 5);
}

#[tokio::test]
async fn a_model_that_the_provider_does_not_have_costs_nothing() {
    let house = House::with(price("provider: openai, model: mock-gone, per_request: \"1\"")).await;
    let met = meet(&house, CHAT, &chat("mock-gone")).await;
    assert_eq!((met.status, met.header("x-bursar-error-source")), (404, Some("upstream")));
    met.assert_free("provider_error");
}

#[tokio::test]
async fn a_provider_that_refuses_the_operator_is_no_fault_of_the_clients_key() {
    let house = House::new().await;
    for body in [chat("mock-error-401"), streamed("mock-error-401")] {
        let met = meet(&house, CHAT, &body).await;
        assert_eq!(met.status, 502);
        assert_eq!(met.header("x-should-retry"), Some("false"));
        assert_eq!(met.json()["error"]["code"], "upstream_refused");
        met.assert_free("provider_refused");
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_costs_nothing() {
    let closed = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let house = House::with(|text| text.replace("UPSTREAM_URL", &url)).await;
    let mut large = chat("mock-chat");
    large["messages"][0]["content"] = json!("x".repeat(100_000));
    for body in [chat("mock-chat"), streamed("mock-chat"), large] {
        let caller = house.caller(GRANTED).await;
        let response = house.call(&caller, CHAT, &body).await;
        assert_eq!(response.status(), 502);
        assert_eq!(header(&response, "x-should-retry"), None, "it has not had the request");
        let told: Value = response.json().await.unwrap();
        assert_eq!(
            (&told["error"]["code"], &told["error"]["retryable"]),
            (&json!("upstream_unreachable"), &json!(true))
        );
        house.quiet().await;
        house.assert_spent(&caller, GRANTED, micros(0)).await;
    }
}

#[tokio::test]
async fn a_provider_that_is_silent_is_given_up_and_not_asked_again() {
    let house = House::with(patience("500ms")).await;
    for body in [chat("mock-silent"), streamed("mock-silent")] {
        let met = meet(&house, CHAT, &body).await;
        assert_eq!(met.status, 504);
        assert_eq!(met.header("x-should-retry"), Some("false"), "it may have been paid for");
        assert_eq!(met.json()["error"]["code"], "upstream_timeout");
        assert_eq!(met.json()["error"]["retryable"], false);
        met.assert_free("provider_timeout");
    }
    assert_eq!(house.provider.requests().len(), 2);
}

#[tokio::test]
async fn a_stream_that_stalls_or_breaks_off_is_charged_as_far_as_it_came() {
    for model in ["mock-stall", "mock-cut-stream"] {
        let house = House::with(patience("500ms")).await;
        let body = streamed(model);
        let met = meet(&house, CHAT, &body).await;
        assert_eq!((met.status, met.whole), (200, false), "{model}");
        assert!(met.text() > 0 && !met.body.contains("[DONE]"), "{}", met.body);
        met.assert_estimated(counted(&body), met.text());
        assert_eq!(house.metric("bursar_holds_ended_total").await, 1);
    }
    // Here the provider has told its input when it began.
    let house = House::new().await;
    let met = meet(&house, MESSAGES, &streamed("mock-cut-stream")).await;
    assert_eq!((met.status, met.whole), (200, false));
    assert!(!met.body.contains("message_stop"));
    met.assert_estimated(5, met.text());
}

#[tokio::test]
async fn a_json_answer_that_breaks_off_is_charged_as_far_as_it_came() {
    for model in ["mock-stall", "mock-cut-stream"] {
        let house = House::with(patience("500ms")).await;
        let body = with(chat(model), "max_tokens", json!(1_000));
        let met = meet(&house, CHAT, &body).await;
        assert_eq!((met.status, met.whole), (200, false), "{model}");
        met.assert_estimated(counted(&body), met.body.len() as u64);
    }
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_stream_is_passed_on_and_what_came_before_is_charged() {
    let house = House::new().await;
    let body = streamed("mock-stream-error");
    let met = meet(&house, CHAT, &body).await;
    assert_eq!((met.status, met.whole), (200, true));
    assert!(met.text() > 0 && met.body.contains("\"server_error\""), "{}", met.body);
    met.assert_estimated(counted(&body), met.text());

    let met = meet(&house, MESSAGES, &body).await;
    assert!(met.body.contains("event: error"), "{}", met.body);
    met.assert_estimated(5, met.text());

    let met = meet(&house, CHAT, &chat("mock-stream-error")).await;
    assert_eq!((met.status, met.header("x-bursar-error-source")), (500, Some("upstream")));
    met.assert_free("provider_error");
}

#[tokio::test]
async fn a_response_meets_the_same_faults() {
    let house = House::with(patience("500ms")).await;
    let asked = |model: &str, stream: bool| json!({"model": model, "input": "Hi", "max_output_tokens": 4_000, "stream": stream});
    for stream in [false, true] {
        for model in ["mock-stall", "mock-cut-stream", "mock-no-usage", "mock-absurd-usage"] {
            let met = meet(&house, RESPONSES, &asked(model, stream)).await;
            assert_eq!((met.status, &met.request["estimated"]), (200, &json!(true)), "{model}");
        }
        let met = meet(&house, RESPONSES, &asked("mock-error-500", stream)).await;
        assert_eq!(met.status, 500);
        met.assert_free("provider_error");
    }
    let met = meet(&house, RESPONSES, &asked("mock-stream-error", true)).await;
    assert_eq!((met.status, &met.request["estimated"]), (200, &json!(true)));
    assert_eq!(house.metric("bursar_holds_ended_total").await, 11);
}

#[tokio::test]
async fn a_stream_that_goes_on_beyond_its_time_is_cut_and_charged_as_far_as_it_came() {
    let house = House::with(bounds("stream_max: 200ms")).await;
    let caller = house.caller(GRANTED).await;
    let body = with(streamed("mock-slow"), "max_tokens", json!(1_000));
    let call = house.post(&caller, CHAT, &body).header("x-mock-delay-ms", 300);
    let met = met(&house, &caller, call.send().await.unwrap()).await;
    let (_, last) = met.body.trim_end().rsplit_once("data: ").unwrap();
    let told: Value = serde_json::from_str(last).unwrap();
    assert_eq!(told["error"]["code"], "upstream_timeout");
    met.assert_estimated(counted(&body), met.text());
    let bill = house.provider.bill_when(|bill| bill.requests == 1).await;
    assert!(!bill.lines[0].complete);
}
