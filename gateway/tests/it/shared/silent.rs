//! Gateways and stores that fall silent: what is in doubt is told so, and nothing is given twice.

use std::time::Duration;

use gateway::{Ended, ShutdownError};
use ledger::{Credits, Epoch, NodeId};
use store::{NodeState, Registration, Store};

use crate::calls::chat;
use crate::cluster::{Cluster, outcome};
use crate::edits::bounds;
use crate::flaky::Reach;
use crate::watch::micros;

const CREDIT: u64 = 1_000_000;

#[tokio::test]
async fn what_a_dead_gateway_has_is_in_doubt_until_it_is_back() {
    let mut cluster = Cluster::of(2, bounds("hold_wait: 50ms, max_offline: 1h")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "20").await;
    assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    // It has a part of the rest, and dies.
    cluster.until(|accounts| accounts[0].spent == micros(CREDIT)).await;
    let dead = cluster.nodes.remove(0);
    let disk = dead.disk();
    drop(dead.gateway);
    let left = cluster.accounts().await[0].leased;
    assert!(left > Credits::ZERO);
    let mut told = (200, String::new());
    while told.0 == 200 {
        told = cluster.call(0, &caller, &chat("mock-flat")).await;
    }
    assert_eq!(told, (429, "credits_held".to_owned()));
    cluster.clock.put_forward(Duration::from_secs(11));
    while told.0 == 429 {
        told = cluster.call(0, &caller, &chat("mock-flat")).await;
    }
    assert_eq!(told, (503, "credits_in_doubt".to_owned()));
    let back = cluster.start(1, disk).await;
    cluster.nodes.push(back);
    let mut served = 0;
    loop {
        match cluster.call(0, &caller, &chat("mock-flat")).await {
            (200, _) => served += 1,
            (402, _) => break,
            // Until it is heard that the dead one is back.
            (503 | 429, _) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(served >= 1);
    cluster.until(|accounts| accounts[0].spent == micros(20 * CREDIT)).await;
    cluster.shutdown().await;
}

#[tokio::test]
async fn a_gateway_that_a_later_start_has_fenced_stops_and_says_so() {
    let mut cluster = Cluster::of(1, bounds("hold_wait: 60s")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "1000").await;
    assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    let slow = cluster.post(0, &caller, &chat("mock-slow")).header("x-mock-delay-ms", 500);
    let running = tokio::spawn(async { slow.send().await.unwrap().status() });
    cluster.provider.requests_when(|requests| requests.len() == 2).await;
    let ended = cluster.nodes[0].gateway.ended();
    let now = gateway::Clock::now(&*cluster.clock);
    let (journal, last_lsn, control) = (99, 0, None);
    let registration = Registration { node: NodeId(1), journal, last_lsn, now, control };
    cluster.store.register(&registration).await.unwrap();
    assert_eq!(ended.await, Ended::Fenced(Epoch(2)));
    let told = cluster.call(0, &caller, &chat("mock-flat")).await;
    assert_eq!(told, (503, "ledger_unavailable".to_owned()));
    // What ran is let end; it is in the journal, and nowhere else.
    assert_eq!(running.await.unwrap(), 200);
    let spent = cluster.accounts().await[0].spent;
    let fenced = cluster.nodes.remove(0);
    let shut = fenced.gateway.shutdown().await;
    assert!(matches!(shut, Err(ShutdownError::Ended(Ended::Fenced(Epoch(2))))), "{shut:?}");
    assert_eq!(cluster.accounts().await[0].spent, spent);
}

#[tokio::test]
async fn leases_last_while_the_store_is_away_and_only_so_long() {
    let cluster = Cluster::of(2, bounds("hold_wait: 50ms, max_offline: 30s")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "1000").await;
    assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    cluster.until(|accounts| accounts[0].spent == micros(CREDIT)).await;
    cluster.nodes[0].reach(Reach::Nothing);
    let leased = cluster.accounts().await[0].leased.micros() / CREDIT;
    assert!(leased > 1);
    // One lease is kept for later: more than is leased can nobody say no to.
    for _ in 1..leased {
        assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    }
    cluster.clock.put_forward(Duration::from_secs(29));
    assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    let unavailable = (503, "ledger_unavailable".to_owned());
    assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await, unavailable);
    cluster.clock.put_forward(Duration::from_secs(5));
    assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await, unavailable);
    // The other one hears of the store, and knows nothing of that.
    while cluster.call(1, &caller, &chat("mock-flat")).await.0 != 200 {}
    cluster.nodes[0].reach(Reach::All);
    while cluster.call(0, &caller, &chat("mock-flat")).await.0 != 200 {}
    cluster.shutdown().await;
}

#[tokio::test]
async fn beyond_the_bound_not_even_a_free_route_passes() {
    let cluster = Cluster::of(1, bounds("hold_wait: 50ms, max_offline: 30s")).await;
    let caller = cluster.caller(1).await;
    let models = || {
        let url = cluster.nodes[0].url(crate::calls::MODELS);
        outcome(cluster.client.get(url).bearer_auth(&caller.secret))
    };
    assert_eq!(models().await.0, 200);
    cluster.nodes[0].reach(Reach::Nothing);
    cluster.clock.put_forward(Duration::from_secs(31));
    assert_eq!(models().await, (503, "ledger_unavailable".to_owned()));
    cluster.nodes[0].reach(Reach::All);
    while models().await.0 != 200 {}
    cluster.shutdown().await;
}

#[tokio::test]
async fn a_gateway_that_has_given_everything_back_is_missed_by_nobody() {
    let mut cluster = Cluster::of(2, bounds("hold_wait: 60s")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "10").await;
    assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    cluster.nodes.remove(0).gateway.shutdown().await.unwrap();
    let accounts = cluster.accounts().await;
    assert_eq!((accounts[0].spent, accounts[0].leased), (micros(CREDIT), Credits::ZERO));
    cluster.clock.put_forward(Duration::from_secs(11));
    let nodes = cluster.store.nodes(gateway::Clock::now(&*cluster.clock)).await.unwrap();
    assert_eq!(nodes[0].state, NodeState::Stopped);
    for _ in 0..9 {
        assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    }
    cluster.shutdown().await;
}

#[tokio::test]
async fn a_lease_that_ran_low_while_the_store_was_away_is_filled_once_it_is_back() {
    let cluster = Cluster::of(2, bounds("hold_wait: 60s")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "1000").await;
    assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    cluster.until(|accounts| accounts[0].spent == micros(CREDIT)).await;
    let leased = cluster.accounts().await[0].leased.micros() / CREDIT;
    cluster.nodes[0].reach(Reach::Nothing);
    for _ in 0..leased {
        assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    }
    while cluster.nodes[0].counts("bursar_store_failing").await[""] == 0 {}
    cluster.nodes[0].reach(Reach::All);
    for _ in 0..10 {
        assert_eq!(cluster.call(0, &caller, &chat("mock-flat")).await.0, 200);
    }
    cluster.shutdown().await;
}
