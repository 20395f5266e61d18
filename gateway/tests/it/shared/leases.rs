//! What a gateway leases beyond its need comes back: when another needs it, when it lies idle, and
//! at the end.

use std::time::Duration;

use ledger::Credits;

use crate::calls::{CHAT, chat};
use crate::cluster::{Cluster, outcome};
use crate::edits::{bounds, price};
use crate::watch::micros;

const CREDIT: u64 = 1_000_000;

#[tokio::test]
async fn what_one_has_and_another_needs_is_recalled() {
    let cluster = Cluster::of(2, bounds("hold_wait: 60s")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "10").await;
    for _ in 0..3 {
        assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    }
    // The rest of it is with the first; the second gets it, and to the last credit.
    assert!(cluster.accounts().await[0].leased > Credits::ZERO);
    for _ in 0..7 {
        assert_eq!(cluster.call(1, &caller, &chat("mock-flat")).await.0, 200);
    }
    assert_eq!(
        cluster.call(1, &caller, &chat("mock-flat")).await,
        (402, "credits_exhausted".into())
    );
    cluster.shutdown().await;
}

#[tokio::test]
async fn what_lies_idle_for_five_minutes_goes_back() {
    let cluster = Cluster::of(2, bounds("hold_wait: 60s, max_offline: 1h")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "1000").await;
    assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    cluster.until(|accounts| accounts[0].spent == micros(CREDIT)).await;
    assert!(cluster.accounts().await[0].leased > Credits::ZERO);
    cluster.clock.put_forward(Duration::from_secs(300));
    cluster.until(|accounts| accounts[0].leased.is_zero()).await;
    assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    cluster.shutdown().await;
}

#[tokio::test]
async fn a_hot_account_is_leased_ahead_and_a_warm_call_asks_nobody() {
    let cluster = Cluster::of(2, bounds("hold_wait: 60s")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "100000").await;
    // What is charged is reported, and then leased for what is to come.
    while cluster.accounts().await[0].leased < micros(500 * CREDIT) {
        assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    }
    let name = "bursar_store_calls_total";
    let before = cluster.nodes[0].counts(name).await;
    for _ in 0..200 {
        assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    }
    let after = cluster.nodes[0].counts(name).await;
    for (operation, count) in &after {
        let more = count - before.get(operation).copied().unwrap_or_default();
        let by_the_clock = ["sync", "heartbeat", "changes_since", "expire"];
        if by_the_clock.iter().any(|name| operation.contains(name)) {
            assert!(more < 100, "{operation}: {more}");
        } else {
            assert_eq!(more, 0, "{operation}");
        }
    }
    cluster.shutdown().await;
}

#[tokio::test]
async fn a_call_that_needs_what_running_ones_hold_elsewhere_waits_for_them() {
    let slow = r#"provider: openai, model: "mock-slow:9", per_request: "6""#;
    let cluster = Cluster::of(2, |text| price(slow)(bounds("hold_wait: 60s")(text))).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "10").await;
    let fails = cluster.post(0, &caller, &chat("mock-slow:9")).header("x-mock-delay-ms", 300);
    let running = tokio::spawn(async { fails.send().await.unwrap().status() });
    cluster.provider.requests_when(|requests| !requests.is_empty()).await;
    let waiting =
        cluster.post(1, &caller, &chat("mock-slow:9")).header("x-mock-delay-ms", 1).send();
    // Six of ten are spent then, and four are not enough.
    assert_eq!(waiting.await.unwrap().status(), 402);
    assert_eq!(running.await.unwrap(), 200);
    assert!(cluster.provider.requests().iter().all(|request| CHAT.ends_with(&request.path)));
    cluster.shutdown().await;
}

#[tokio::test]
async fn of_many_that_come_to_a_cold_gateway_one_looks_the_key_up_and_one_loads_the_organisation() {
    let cluster = Cluster::of(1, bounds("hold_wait: 60s")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "1000").await;
    let body = chat("mock-flat");
    let calls = (0..30).map(|_| tokio::spawn(outcome(cluster.post(0, &caller, &body))));
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().0, 200);
    }
    let counts = cluster.nodes[0].counts("bursar_store_calls_total").await;
    let of = |operation: &str| counts[&format!("{{operation=\"{operation}\"}}")];
    assert_eq!((of("identity"), of("load")), (1, 1));
    cluster.shutdown().await;
}
