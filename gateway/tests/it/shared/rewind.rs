//! A store that goes back in time under running gateways, and while one is down.

use std::collections::BTreeSet;

use gateway::Clock;
use ledger::{Credits, KeyStanding, KeyStatus};
use store::{Key, Store};

use crate::calls::chat;
use crate::cluster::Cluster;
use crate::edits::bounds;
use crate::people::{Caller, key_row};
use crate::watch::micros;

const CREDIT: u64 = 1_000_000;

/// So many calls, one gateway after the other.
async fn serve(cluster: &Cluster, caller: &Caller, calls: usize) {
    for call in 0..calls {
        let node = call % cluster.nodes.len();
        let told = cluster.call(node, caller, &chat("mock-flat")).await;
        assert_eq!(told.0, 200, "{told:?}");
    }
}

/// Waits until the store knows that so many calls were served.
async fn until_told(cluster: &Cluster, calls: u64) {
    let spent = micros(calls * CREDIT);
    cluster
        .until(|accounts| {
            let all = accounts.iter().filter(|account| account.limit.is_none());
            all.fold(Credits::ZERO, |sum, account| sum.saturating_add(account.spent)) == spent
        })
        .await;
}

/// Calls every gateway until each has answered that nothing is left; how many were served.
async fn spend_the_rest(cluster: &Cluster, caller: &Caller) -> u64 {
    let (mut served, mut exhausted) = (0, BTreeSet::new());
    while exhausted.len() < cluster.nodes.len() {
        for node in 0..cluster.nodes.len() {
            match cluster.call(node, caller, &chat("mock-flat")).await {
                (200, _) => served += 1,
                (402, _) => {
                    exhausted.insert(node);
                }
                // Until every gateway has told what it had.
                (503 | 429, _) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    served
}

#[tokio::test]
async fn a_store_that_went_back_is_told_again_what_it_has_forgotten() {
    let cluster = Cluster::of(3, bounds("hold_wait: 50ms, max_offline: 1h")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "40").await;
    serve(&cluster, &caller, 9).await;
    until_told(&cluster, 9).await;
    let backup = cluster.store.backup();
    serve(&cluster, &caller, 12).await;
    until_told(&cluster, 21).await;
    cluster.store.restore(&backup);
    let served = spend_the_rest(&cluster, &caller).await;
    assert_eq!(served, 40 - 21);
    until_told(&cluster, 40).await;
    assert!(cluster.store.stamp().await.unwrap().incarnation > 1);
    cluster.shutdown().await;
}

#[tokio::test]
async fn a_grant_that_the_store_has_lost_is_put_back_by_who_spent_of_it() {
    let cluster = Cluster::of(2, bounds("hold_wait: 50ms, max_offline: 1h")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "4").await;
    serve(&cluster, &caller, 4).await;
    until_told(&cluster, 4).await;
    let backup = cluster.store.backup();
    cluster.grant(2, "6").await;
    cluster.limit(3, "9").await;
    serve(&cluster, &caller, 2).await;
    until_told(&cluster, 6).await;
    cluster.store.restore(&backup);
    assert_eq!(spend_the_rest(&cluster, &caller).await, 9 - 6);
    until_told(&cluster, 9).await;
    cluster.shutdown().await;
}

#[tokio::test]
async fn a_start_that_the_store_has_forgotten_goes_on() {
    let mut cluster = Cluster::of(2, bounds("hold_wait: 50ms, max_offline: 1h")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "20").await;
    serve(&cluster, &caller, 4).await;
    until_told(&cluster, 4).await;
    let backup = cluster.store.backup();
    let node = cluster.nodes.remove(0);
    let disk = node.disk();
    drop(node.gateway);
    let again = cluster.start(1, disk).await;
    cluster.nodes.push(again);
    serve(&cluster, &caller, 4).await;
    until_told(&cluster, 8).await;
    cluster.store.restore(&backup);
    assert_eq!(spend_the_rest(&cluster, &caller).await, 20 - 8);
    until_told(&cluster, 20).await;
    cluster.shutdown().await;
}

#[tokio::test]
async fn a_gateway_that_was_down_when_the_store_went_back_tells_it_at_its_start() {
    let mut cluster = Cluster::of(2, bounds("hold_wait: 50ms, max_offline: 1h")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "20").await;
    serve(&cluster, &caller, 4).await;
    until_told(&cluster, 4).await;
    let backup = cluster.store.backup();
    serve(&cluster, &caller, 4).await;
    until_told(&cluster, 8).await;
    let node = cluster.nodes.remove(0);
    let disk = node.disk();
    drop(node.gateway);
    cluster.store.restore(&backup);
    let again = cluster.start(1, disk).await;
    cluster.nodes.push(again);
    assert_eq!(spend_the_rest(&cluster, &caller).await, 20 - 8);
    until_told(&cluster, 20).await;
    cluster.shutdown().await;
}

#[tokio::test]
async fn a_key_that_the_store_has_lost_opens_nothing_more() {
    let cluster = Cluster::of(1, bounds("hold_wait: 50ms, max_offline: 1h")).await;
    let first = cluster.caller(1).await;
    cluster.grant(1, "20").await;
    serve(&cluster, &first, 1).await;
    until_told(&cluster, 1).await;
    let backup = cluster.store.backup();
    let second = cluster.caller(2).await;
    cluster.take_in().await;
    serve(&cluster, &second, 1).await;
    until_told(&cluster, 2).await;
    cluster.store.restore(&backup);
    let mut told = (200, String::new());
    while told.0 != 401 {
        told = cluster.call(0, &second, &chat("mock-flat")).await;
    }
    // Until the store is asked for more again.
    while told.0 != 200 {
        told = cluster.call(0, &first, &chat("mock-flat")).await;
        assert!([200, 503].contains(&told.0), "{told:?}");
    }
    cluster.shutdown().await;
}

#[tokio::test]
async fn a_start_that_the_store_has_forgotten_is_not_begun_twice() {
    let mut cluster = Cluster::of(2, bounds("hold_wait: 50ms, max_offline: 1h")).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "20").await;
    serve(&cluster, &caller, 2).await;
    until_told(&cluster, 2).await;
    let backup = cluster.store.backup();
    for starts in 1..=2 {
        let node = cluster.nodes.remove(0);
        let disk = node.disk();
        drop(node.gateway);
        let again = cluster.start(if starts == 1 { 1 } else { 2 }, disk).await;
        cluster.nodes.push(again);
        serve(&cluster, &caller, 2).await;
        until_told(&cluster, 2 + 2 * starts).await;
    }
    let started = |nodes: Vec<store::StoredNode>| -> Vec<_> {
        nodes.into_iter().map(|node| node.epoch).collect()
    };
    let now = Clock::now(&*cluster.clock);
    let before = started(cluster.store.nodes(now).await.unwrap());
    let node = cluster.nodes.remove(0);
    let disk = node.disk();
    drop(node.gateway);
    cluster.store.restore(&backup);
    let again = cluster.start(1, disk).await;
    cluster.nodes.push(again);
    let after = started(cluster.store.nodes(now).await.unwrap());
    assert!(after[0] > before[0], "{after:?} after {before:?}");
    assert_eq!(spend_the_rest(&cluster, &caller).await, 20 - 6);
    until_told(&cluster, 20).await;
    cluster.shutdown().await;
}

#[tokio::test]
async fn a_change_is_not_said_to_be_in_force_by_who_knows_another_life_of_the_store() {
    let cluster = Cluster::of(1, bounds("hold_wait: 50ms, max_offline: 1h")).await;
    let (first, second) = (cluster.caller(1).await, cluster.caller(2).await);
    cluster.grant(1, "20").await;
    serve(&cluster, &first, 1).await;
    serve(&cluster, &second, 1).await;
    until_told(&cluster, 2).await;
    let backup = cluster.store.backup();
    for _ in 0..3 {
        cluster.limit(3, "9").await;
    }
    cluster.store.restore(&backup);
    // Its number is one that the gateway has heard of before.
    let row = key_row(cluster.org, second.key, second.member, Clock::now(&*cluster.clock));
    let revoked = KeyStanding { status: KeyStatus::Revoked, ..row.standing.clone() };
    let seq = cluster.store.put_key(&Key { standing: revoked, ..row }, None).await.unwrap();
    // Until everything is read again, it does not say so; then it is.
    let node = &cluster.nodes[0];
    while !node.gateway.take_in(seq).await {
        tokio::task::yield_now().await;
    }
    assert_eq!(cluster.call(0, &second, &chat("mock-flat")).await.0, 401);
    serve(&cluster, &first, 1).await;
    cluster.shutdown().await;
}
