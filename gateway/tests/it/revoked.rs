//! Who may no longer spend does not go on: its streams are cut at their next event.

use ledger::{KeyStatus, MemberStatus};
use serde_json::{Value, json};

use crate::calls::{CHAT, MESSAGES, streamed, tokens, with};
use crate::edits::{patience, price};
use crate::house::House;
use crate::people::Caller;
use crate::watch::{credits, header, request_id};

/// Cuts a slow stream by a change; its error event.
async fn cut_by(path: &str, change: impl AsyncFnOnce(&House, &Caller)) -> Value {
    let slow = "provider: anthropic, model: mock-slow, input_per_million_tokens: \"3\", \
                output_per_million_tokens: \"15\"";
    let house = House::with(|text| price(slow)(patience("60s")(text))).await;
    let (caller, other) = (house.caller("10").await, house.caller("10").await);
    let body = with(streamed("mock-slow"), "max_tokens", json!(1_000));
    let call = |who| house.post(who, path, &body).header("x-mock-delay-ms", 300).send();
    let (mut response, beside) = (call(&caller).await.unwrap(), call(&other).await.unwrap());
    let id = request_id(&response);
    let held: ledger::Credits = header(&response, "x-credits-held").unwrap().parse().unwrap();
    response.chunk().await.unwrap().unwrap();
    change(&house, &caller).await;
    let mut events = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        events.extend_from_slice(&chunk);
    }
    let events = String::from_utf8(events).unwrap();
    assert!(!events.contains("[DONE]") && !events.contains("message_stop"), "{events}");
    house.quiet().await;
    // The other's stream is none of that business.
    let told = house.ended(&other, &request_id(&beside)).await;
    assert_eq!(credits(&told["charged"]), tokens(5, 40));
    let released = house.metric("bursar_charged_microcredits_total").await;
    let charged = released - tokens(5, 40).micros();
    assert!((1..held.micros()).contains(&charged), "{charged}");
    let (_, last) = events.trim_end().rsplit_once("data: ").unwrap();
    let told: Value = serde_json::from_str(last).unwrap();
    assert_eq!(told["error"]["request_id"], id);
    told["error"].clone()
}

#[tokio::test]
async fn the_streams_of_a_revoked_key_are_cut() {
    for path in [CHAT, MESSAGES] {
        let error = cut_by(path, async |house, caller| {
            house.change_key(caller, |key| key.status = KeyStatus::Revoked).await;
        })
        .await;
        assert_eq!(
            (&error["code"], &error["type"]),
            (&json!("invalid_credential"), &json!("authentication_error"))
        );
    }
}

#[tokio::test]
async fn the_streams_of_a_member_whose_access_is_removed_are_cut() {
    let error = cut_by(CHAT, async |house, caller| {
        house.change_member(caller, |member| member.status = MemberStatus::AccessRemoved).await;
    })
    .await;
    assert_eq!(
        (&error["code"], &error["type"]),
        (&json!("access_removed"), &json!("permission_error"))
    );
}
