//! A store that is away stops nothing that is leased, is never taken for a lack of credits, and
//! misses nothing once it is back.

use ledger::OrgId;
use serde_json::{Value, json};
use store::Store;

use crate::calls::{CHAT, chat};
use crate::edits::bounds;
use crate::flaky::Reach;
use crate::house::{House, organisation};
use crate::people::Caller;
use crate::watch::{header, micros, request_id};

async fn told(house: &House, caller: &Caller) -> (u16, Value) {
    let response = house.call(caller, CHAT, &chat("mock-flat")).await;
    let status = response.status().as_u16();
    (status, response.json::<Value>().await.unwrap()["error"]["code"].take())
}

#[tokio::test]
async fn a_key_that_cannot_be_looked_up_is_not_called_invalid() {
    let house = House::new().await;
    let caller = house.caller("1").await;
    house.reach(Reach::Nothing);
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 503);
    assert!(header(&response, "retry-after").is_some());
    assert_eq!(header(&response, "x-should-retry"), None);
    let told_of: Value = response.json().await.unwrap();
    assert_eq!(told_of["error"]["code"], "ledger_unavailable");
    house.reach(Reach::All);
    assert_eq!(told(&house, &caller).await.0, 200);
}

#[tokio::test]
async fn what_is_leased_is_served_and_what_was_charged_is_stored_later() {
    let house = House::new().await;
    let caller = house.caller("3").await;
    assert_eq!(told(&house, &caller).await.0, 200);
    house.reach(Reach::Nothing);
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    let id = request_id(&response);
    assert_eq!(response.status(), 200);
    while house.metric("bursar_store_failing").await == 0 {}
    assert_eq!(house.ended(&caller, &id).await["state"], "settled");
    assert_eq!(house.remaining(&caller).await, micros(1_000_000));
    house.reach(Reach::All);
    while house.metric("bursar_store_failing").await == 1 {}
    let house = house.restarted().await;
    assert_eq!(house.request(&caller, &id).await["state"], "settled");
    assert_eq!(house.remaining(&caller).await, micros(1_000_000));
}

#[tokio::test]
async fn credits_that_could_not_be_leased_at_first_are_leased_later() {
    let house = House::with(bounds("hold_wait: 10ms")).await;
    let caller = house.caller("1").await;
    house.reach(Reach::NoSync);
    for _ in 0..2 {
        let no = told(&house, &caller).await;
        assert_eq!(no, (503, json!("ledger_unavailable")));
    }
    house.reach(Reach::All);
    assert_eq!(told(&house, &caller).await.0, 200);
}

#[tokio::test]
async fn a_grant_that_could_not_be_leased_when_it_was_made_is_leased_later() {
    let house = House::with(bounds("hold_wait: 60s")).await;
    let caller = house.caller("1").await;
    assert_eq!(told(&house, &caller).await.0, 200);
    house.reach(Reach::NoSync);
    house.grant_unseen(&caller, "1").await;
    let seq = house.seq().await;
    assert!(!house.gateway.take_in(seq).await, "it is not in force");
    house.reach(Reach::All);
    // Whoever comes now waits until the gateway has caught up by itself.
    assert_eq!(told(&house, &caller).await.0, 200);
    assert!(house.gateway.take_in(seq).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_first_calls_of_an_organisation_none_is_refused() {
    let house = std::sync::Arc::new(House::with(bounds("hold_wait: 1ms")).await);
    let caller = std::sync::Arc::new(house.caller("100").await);
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let (house, caller) = (house.clone(), caller.clone());
            tokio::spawn(async move { told(&house, &caller).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), (200, Value::Null));
    }
}

/// What a shard's journal tells cannot be booked: somebody has to look. Whoever is of another shard
/// hears nothing of it.
#[tokio::test]
async fn a_shard_that_cannot_be_booked_is_set_apart_and_the_others_go_on() {
    let mut house = House::new().await;
    let poisoned = house.caller("100000").await;
    let shard = house.org.shard();
    let elsewhere = (8..).map(OrgId::from_u128).find(|org| org.shard() != shard);
    house.org = elsewhere.expect("there is more than one shard");
    house.store.put_org(&organisation(house.org)).await.unwrap();
    let well = house.caller("3").await;
    for caller in [&poisoned, &well] {
        assert_eq!(told(&house, caller).await.0, 200);
    }
    house.reach(Reach::Poisoned(shard));
    let refused = loop {
        let answer = told(&house, &poisoned).await;
        if answer.0 != 200 {
            break answer;
        }
    };
    assert_eq!(refused, (503, json!("ledger_unavailable")));
    assert_eq!(told(&house, &well).await.0, 200);
    assert_eq!(told(&house, &poisoned).await, refused);
}
