//! Credits for so many calls buy so many calls, whoever asks for them at once.

use std::sync::Arc;

use serde_json::Value;

use crate::calls::{CHAT, chat};
use crate::edits::bounds;
use crate::house::House;
use crate::people::Caller;
use crate::watch::micros;

const CALLS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_calls_at_once_exactly_fifty_pass_on_credits_for_fifty() {
    // A wait that never runs out: whoever is told no is told a lasting one.
    let house = Arc::new(House::with(bounds("hold_wait: 60s")).await);
    let caller = Arc::new(house.caller("50").await);
    let calls: Vec<_> = (0..CALLS)
        .map(|_| {
            let (house, caller) = (Arc::clone(&house), Arc::clone(&caller));
            tokio::spawn(async move { told(&house, &caller).await })
        })
        .collect();
    let (mut served, mut refused) = (0, 0);
    for call in calls {
        match call.await.unwrap() {
            (200, _) => served += 1,
            (402, code) if code == "credits_exhausted" => refused += 1,
            told => panic!("{told:?}"),
        }
    }
    assert_eq!((served, refused), (50, 150));
    assert_eq!(house.remaining(&caller).await, micros(0));
    house.quiet().await;
    house.assert_spent(&caller, "50", micros(50_000_000)).await;
    assert_eq!(house.provider.bill().models["mock-flat"].answered, 50);

    house.grant(&caller, "1").await;
    let again = [told(&house, &caller).await.0, told(&house, &caller).await.0];
    assert_eq!(again, [200, 402]);
    assert_eq!(house.provider.bill().models["mock-flat"].answered, 51);
}

/// Status and code of one call.
async fn told(house: &House, caller: &Caller) -> (u16, String) {
    let response = house.call(caller, CHAT, &chat("mock-flat")).await;
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
}
