//! A gateway that ends and begins anew on the same folder has lost nothing and kept nothing back.

use ledger::{KeyStatus, Scope};
use serde_json::{Value, json};

use crate::calls::{CHAT, chat, streamed, tokens, with};
use crate::edits::{bounds, patience};
use crate::house::House;
use crate::watch::{credits, header, micros, request_id};

#[tokio::test]
async fn balances_charges_and_keys_are_the_same_after_a_restart() {
    let house = House::new().await;
    let (caller, revoked) = (house.caller("10").await, house.caller("10").await);
    house.limit(Scope::Member(caller.member), "5").await;
    let mut ids = Vec::new();
    for body in
        [chat("mock-flat"), chat("mock-chat"), streamed("mock-chat"), chat("mock-error-500")]
    {
        let response = house.call(&caller, CHAT, &body).await;
        ids.push(request_id(&response));
        response.bytes().await.unwrap();
    }
    house.change_key(&revoked, |key| key.status = KeyStatus::Revoked).await;
    let balance = house.balance(&caller).await;
    let mut requests = Vec::new();
    for id in &ids {
        requests.push(house.ended(&caller, id).await);
    }

    let house = house.restarted().await;
    assert_eq!(house.balance(&caller).await, balance);
    for (id, request) in ids.iter().zip(&requests) {
        assert_eq!(house.request(&caller, id).await, *request);
    }
    assert_eq!(house.call(&revoked, CHAT, &chat("mock-flat")).await.status(), 401);
    for _ in 0..3 {
        assert_eq!(house.call(&caller, CHAT, &chat("mock-flat")).await.status(), 200);
    }
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 402);
    let told: Value = response.json().await.unwrap();
    assert_eq!((&told["error"]["scope"], &told["error"]["limit"]), (&json!("member"), &json!("5")));
    // A request after the restart has an id that none had before.
    let told = told["error"]["request_id"].as_str().unwrap().to_owned();
    assert!(!ids.contains(&told));
}

#[tokio::test]
async fn a_shutdown_lets_a_running_stream_end() {
    let house = House::with(patience("60s")).await;
    let caller = house.caller("10").await;
    let call = house.post(&caller, CHAT, &streamed("mock-slow")).header("x-mock-delay-ms", 50);
    let mut response = call.send().await.unwrap();
    response.chunk().await.unwrap().unwrap();
    let reading = async {
        let mut events = Vec::new();
        while let Some(chunk) = response.chunk().await.unwrap() {
            events.extend_from_slice(&chunk);
        }
        (String::from_utf8(events).unwrap(), request_id(&response))
    };
    let ((events, id), house) = tokio::join!(reading, house.restarted());
    assert!(events.trim_end().ends_with("[DONE]"), "{events}");
    let request = house.request(&caller, &id).await;
    assert_eq!((&request["state"], &request["estimated"]), (&json!("settled"), &json!(false)));
    assert_eq!(credits(&request["charged"]), tokens(5, 40));
    house.assert_spent(&caller, "10", tokens(5, 40)).await;
}

#[tokio::test]
async fn a_shutdown_cuts_what_does_not_end_in_time_and_charges_what_came() {
    let house = House::with(|text| patience("60s")(bounds("shutdown: 200ms")(text))).await;
    let caller = house.caller("10").await;
    let body = with(streamed("mock-stall"), "max_tokens", json!(1_000));
    let mut response = house.call(&caller, CHAT, &body).await;
    let id = request_id(&response);
    let mut events = String::new();
    while !events.contains("Credits") {
        events += std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap();
    }
    let waiting = house.post(&caller, CHAT, &chat("mock-silent")).send();
    let waiting = tokio::spawn(waiting);
    house.provider.requests_when(|requests| requests.len() == 2).await;

    let house = house.restarted().await;
    assert!(response.chunk().await.is_err());
    assert!(waiting.await.unwrap().is_err());
    let request = house.request(&caller, &id).await;
    assert_eq!((&request["state"], &request["estimated"]), (&json!("settled"), &json!(true)));
    let input = serde_json::to_vec(&body).unwrap().len() as u64;
    // `Credits ` is eight bytes.
    let charged = tokens(input.div_ceil(3), 3);
    assert_eq!(credits(&request["charged"]), charged);
    // The one that was never answered cost nothing.
    house.assert_spent(&caller, "10", charged).await;
}

#[tokio::test]
async fn calls_that_come_during_a_shutdown_are_sent_elsewhere() {
    let house = House::with(|text| patience("60s")(bounds("shutdown: 60s")(text))).await;
    let caller = house.caller("10").await;
    let running =
        house.post(&caller, CHAT, &chat("mock-slow")).header("x-mock-delay-ms", 1_000).send();
    let running = tokio::spawn(running);
    house.provider.requests_when(|requests| requests.len() == 1).await;
    let (chat_url, balance) = (house.url(CHAT), house.url("/bursar/v1/balance"));
    let ready = format!("http://{}/readyz", house.gateway.operations_address());
    let (client, secret) = (house.client.clone(), caller.secret.clone());
    let late = async {
        while client.get(&ready).send().await.unwrap().status() != 503 {}
        for request in [client.post(&chat_url).json(&chat("mock-flat")), client.get(&balance)] {
            let response = request.bearer_auth(&secret).send().await.unwrap();
            assert_eq!(response.status(), 503);
            assert!(header(&response, "retry-after").is_some());
            assert_eq!(header(&response, "connection"), Some("close"), "to be made anew elsewhere");
            let told: Value = response.json().await.unwrap();
            let block = if told["error"].is_object() { &told["error"] } else { &told };
            assert_eq!(
                (&block["code"], &block["retryable"]),
                (&json!("shutting_down"), &json!(true))
            );
        }
    };
    let ((), house) = tokio::join!(late, house.restarted());
    assert_eq!(running.await.unwrap().unwrap().status(), 200);
    assert!(house.remaining(&caller).await > micros(0));
}

#[tokio::test]
async fn a_shutdown_lets_a_call_that_has_begun_to_come_in_be_answered() {
    let house = House::with(bounds("shutdown: 60s")).await;
    let caller = house.caller("10").await;
    let body = serde_json::to_vec(&chat("mock-flat")).unwrap();
    let mut wire = crate::wire::Wire::to(house.gateway.address()).await;
    wire.begin_post(CHAT, &caller.secret, "expect: 100-continue\r\n").await;
    // It is in when it is told to go on.
    assert_eq!(wire.head().await.unwrap().status(), 100);
    let ready = format!("http://{}/readyz", house.gateway.operations_address());
    let client = house.client.clone();
    let sending = async {
        while client.get(&ready).send().await.unwrap().status() != 503 {}
        wire.send_chunked(&body, 10).await;
        wire.message().await.expect("the call is answered")
    };
    let (answer, house) = tokio::join!(sending, house.restarted());
    assert_eq!((answer.status(), answer.whole), (200, true));
    house.assert_spent(&caller, "10", micros(1_000_000)).await;
}
