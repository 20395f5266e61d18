//! Gateways live, fall silent, and leave.

use ledger::{Credits, Epoch, GrantKind, NodeId};

use super::asks::shared;
use super::fixture::{NOW, credits, grant, grant_id, settle_in};
use super::node::Node;
use super::refused;
use crate::{Audit, Error, Heartbeat, NodeState, SILENT_AFTER_MICROS};

/// Whoever is not the node's last start is told so by every sign of life, too.
pub async fn a_sign_of_life_of_an_earlier_start_is_fenced<S: Audit>(store: &S) {
    let mut node = Node::start(store, 7).await;
    let earlier = node.beat();
    node.restart(store).await;
    let current = Epoch(2);
    refused!(store.heartbeat(&earlier).await, Error::Fenced { current: Epoch(2) });
    refused!(store.leave(node.id, Epoch(1), NOW).await, Error::Fenced { current: Epoch(2) });
    let unknown = Heartbeat { node: NodeId(8), ..earlier };
    refused!(store.heartbeat(&unknown).await, Error::Fenced { current: Epoch(0) });
    refused!(store.leave(NodeId(8), Epoch(1), NOW).await, Error::Fenced { current: Epoch(0) });
    let last = Heartbeat { epoch: current, ..earlier };
    assert_eq!(store.heartbeat(&last).await.expect("a sign of life").live, 1);
}

/// The one that asks among them; a start is a sign of life, and a sync is none.
pub async fn gateways_that_were_heard_of_are_counted<S: Audit>(store: &S) {
    let org = settle_in(store, 1).await;
    let mut nodes = Vec::new();
    for (id, after) in [(7, 0), (8, 0), (9, 1)] {
        let mut node = Node::new(id);
        node.now = NOW.plus_micros(after);
        node.restart(store).await;
        nodes.push(node);
    }
    for (after, expected) in [(0, 3), (SILENT_AFTER_MICROS, 3), (SILENT_AFTER_MICROS + 1, 2)] {
        let now = NOW.plus_micros(after);
        nodes[1].now = now;
        store.sync(&nodes[1].call(org)).await.expect("a call");
        let alive = store.heartbeat(&Heartbeat { now, ..nodes[0].beat() }).await;
        let alive = alive.expect("a sign of life");
        assert_eq!((alive.live, alive.frozen), (expected, false), "after {after}");
        assert_eq!(alive.stamp, store.stamp().await.expect("a stamp"));
    }
    // A clock that is behind makes nobody silent who was heard of.
    store.heartbeat(&nodes[0].beat()).await.expect("a sign of life");
    nodes[2].now = NOW.plus_micros(SILENT_AFTER_MICROS + 1);
    assert_eq!(store.heartbeat(&nodes[2].beat()).await.expect("a sign of life").live, 2);
}

/// An alert, and no more: what it has is where it was, whatever the time.
pub async fn a_gateway_is_suspect_after_ten_seconds_of_silence<S: Audit>(store: &S) {
    let (org, mut node, _) = shared(store, &[100]).await;
    node.lease(store, org, grant_id(1), 60).await;
    for (after, state) in [
        (SILENT_AFTER_MICROS, NodeState::Live),
        (SILENT_AFTER_MICROS + 1, NodeState::Suspect),
        (400 * 24 * super::fixture::HOUR, NodeState::Suspect),
    ] {
        let nodes = store.nodes(NOW.plus_micros(after)).await.expect("gateways");
        assert_eq!(nodes.iter().map(|it| it.state).collect::<Vec<_>>(), [state; 2]);
        assert_eq!((nodes[0].node, nodes[0].leased), (node.id, credits(60)));
    }
    let account = store.accounts(org).await.expect("figures").remove(0);
    assert_eq!(account.leased, credits(60));
    node.now = NOW.plus_micros(SILENT_AFTER_MICROS + 1);
    store.heartbeat(&node.beat()).await.expect("a sign of life");
    let nodes = store.nodes(node.now).await.expect("gateways");
    assert_eq!(nodes[0].state, NodeState::Live);
}

/// It is neither counted nor missed, until it starts again.
pub async fn a_gateway_that_leaves_is_neither_live_nor_suspect<S: Audit>(store: &S) {
    let mut node = Node::start(store, 7).await;
    let mut stays = Node::start(store, 8).await;
    node.now = NOW.plus_micros(1);
    store.leave(node.id, node.epoch, node.now).await.expect("an end");
    for after in [1, SILENT_AFTER_MICROS + 2] {
        stays.now = NOW.plus_micros(after);
        assert_eq!(store.heartbeat(&stays.beat()).await.expect("a sign of life").live, 1);
        let nodes = store.nodes(stays.now).await.expect("gateways");
        assert_eq!((nodes[0].state, nodes[0].heard), (NodeState::Stopped, node.now));
    }
    node.now = stays.now;
    node.restart(store).await;
    assert_eq!(store.heartbeat(&stays.beat()).await.expect("a sign of life").live, 2);
    assert_eq!(store.nodes(stays.now).await.expect("gateways")[0].state, NodeState::Live);
}

/// So that it looks at them before its next turn: only those in which this start has a lease.
pub async fn a_sign_of_life_tells_the_shards_of_what_is_recalled<S: Audit>(store: &S) {
    let (org, mut node, mut other) = shared(store, &[100]).await;
    let elsewhere = settle_in(store, 3).await;
    store.put_grant(elsewhere, &grant(3, GrantKind::TopUp, 50), None, NOW).await.expect("a grant");
    for (org, account, amount) in [(org, grant_id(1), 100), (elsewhere, grant_id(3), 50)] {
        other.lease(store, org, account, amount).await;
        let ask = node.ask((&[], &[account.into()]), (10, 10));
        store.sync(&node.call(org).asking(ask)).await.expect("an ask");
    }
    let told = store.heartbeat(&node.beat()).await.expect("a sign of life");
    assert_eq!(told.recalled, [], "it has nothing");
    let mut both = vec![org.shard(), elsewhere.shard()];
    both.sort_unstable();
    let told = store.heartbeat(&other.beat()).await.expect("a sign of life");
    assert_eq!(told.recalled, both);
    store.sync(&other.call(org).giving_back(grant_id(1), 100)).await.expect("a return");
    let told = store.heartbeat(&other.beat()).await.expect("a sign of life");
    assert_eq!(told.recalled, [elsewhere.shard()]);
    other.restart(store).await;
    let told = store.heartbeat(&other.beat()).await.expect("a sign of life");
    assert_eq!(told.recalled, [], "an earlier start has it");
}

/// With where to tell it of changes, since when it runs, and what all its starts have of grants; what
/// they have of limits is no credits of anybody.
pub async fn gateways_are_listed_with_what_they_have<S: Audit>(store: &S) {
    let (org, mut node, other) = shared(store, &[100]).await;
    let limit = super::asks::a_limit(store, org, 1, 100).await;
    node.lease(store, org, grant_id(1), 60).await;
    node.now = NOW.plus_micros(5);
    node.restart(store).await;
    node.lease(store, org, grant_id(1), 30).await;
    node.lease(store, org, limit, 30).await;
    node.now = NOW.plus_micros(7);
    store.heartbeat(&node.beat()).await.expect("a sign of life");
    let nodes = store.nodes(node.now).await.expect("gateways");
    let [first, second] = &nodes[..] else { unreachable!("{nodes:?}") };
    assert_eq!((first.node, first.epoch, first.leased), (node.id, Epoch(2), credits(90)));
    assert_eq!((first.registered, first.heard), (NOW.plus_micros(5), node.now));
    assert_eq!(first.control, node.registration().control);
    assert_eq!((second.node, second.leased), (other.id, Credits::ZERO));
}
