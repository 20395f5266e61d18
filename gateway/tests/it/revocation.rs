//! A revocation on several gateways: each says when it is in force there, and then it is.

use gateway::Clock;
use ledger::KeyStatus;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use store::{ChangeSeq, Store};

use crate::calls::{chat, streamed, with};
use crate::cluster::{Cluster, Node, outcome};
use crate::edits::{control, patience};
use crate::people::{Caller, key_row};

const TOKEN: &str = "bursar_a_a-token-for-the-admin-api-of-tests";

/// Three gateways with a control endpoint, of which each has answered the caller.
async fn three(edit: impl FnOnce(String) -> String) -> (Cluster, Caller) {
    let cluster = Cluster::of(3, |text| control(edit(text))).await;
    let caller = cluster.caller(1).await;
    cluster.grant(1, "1000").await;
    for node in 0..3 {
        let (status, code) = cluster.call(node, &caller, &chat("mock-flat")).await;
        assert_eq!(status, 200, "{code}");
    }
    (cluster, caller)
}

async fn revoke(cluster: &Cluster, caller: &Caller) -> ChangeSeq {
    let mut row = key_row(cluster.org, caller.key, caller.member, cluster.clock.now());
    row.standing.status = KeyStatus::Revoked;
    cluster.store.put_key(&row, None).await.unwrap()
}

/// A gateway is told of a change.
fn telling(cluster: &Cluster, node: &Node, seq: ChangeSeq) -> RequestBuilder {
    let url = format!("http://{}/control/changes", node.gateway.operations_address());
    cluster.client.post(url).bearer_auth(TOKEN).json(&json!({"seq": seq.0}))
}

async fn told(cluster: &Cluster, node: &Node, seq: ChangeSeq) -> Value {
    let answer = telling(cluster, node, seq).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn what_three_gateways_acknowledge_is_in_force_on_three() {
    let (cluster, caller) = three(|text| text).await;
    let seq = revoke(&cluster, &caller).await;
    for (n, node) in cluster.nodes.iter().enumerate() {
        let name = format!("node_{}", n + 1);
        assert_eq!(told(&cluster, node, seq).await, json!({"node": name, "seq": seq.0}));
        let refused = cluster.call(n, &caller, &chat("mock-flat")).await;
        assert_eq!(refused, (401, "invalid_credential".to_owned()));
    }
    cluster.shutdown().await;
}

#[tokio::test]
async fn the_store_says_where_each_gateway_is_told() {
    let (cluster, _) = three(|text| text).await;
    let stored = cluster.store.nodes(cluster.clock.now()).await.unwrap();
    let stored: Vec<_> = stored.into_iter().map(|node| node.control.unwrap()).collect();
    let of = |node: &Node| node.gateway.operations_address().to_string();
    assert_eq!(stored, cluster.nodes.iter().map(of).collect::<Vec<_>>());
    cluster.shutdown().await;
}

#[tokio::test]
async fn the_streams_of_a_revoked_key_are_cut_on_every_gateway() {
    let (cluster, caller) = three(patience("60s")).await;
    let body = with(streamed("mock-slow"), "max_tokens", json!(1_000));
    let mut streams = Vec::new();
    for node in 0..3 {
        let call = cluster.post(node, &caller, &body).header("x-mock-delay-ms", 300);
        let mut stream = call.send().await.unwrap();
        assert_eq!(stream.status(), 200);
        stream.chunk().await.unwrap().unwrap();
        streams.push(stream);
    }
    let seq = revoke(&cluster, &caller).await;
    for node in &cluster.nodes {
        told(&cluster, node, seq).await;
    }
    for stream in streams {
        let last = last_event(stream).await;
        assert_eq!(last["error"]["code"], "invalid_credential", "{last}");
    }
    cluster.shutdown().await;
}

/// The last event of a stream, which is broken off after it.
async fn last_event(mut stream: Response) -> Value {
    let mut events = Vec::new();
    while let Ok(Some(chunk)) = stream.chunk().await {
        events.extend_from_slice(&chunk);
    }
    let events = String::from_utf8(events).unwrap();
    assert!(!events.contains("[DONE]"), "{events}");
    let (_, last) = events.trim_end().rsplit_once("data: ").unwrap();
    serde_json::from_str(last).unwrap()
}

#[tokio::test]
async fn many_who_ask_for_the_same_change_have_it_read_once() {
    let (cluster, caller) = three(|text| text).await;
    let node = &cluster.nodes[0];
    let reads = async || node.counts("bursar_store_calls_total").await[CHANGES];
    let seq = revoke(&cluster, &caller).await;
    told(&cluster, node, seq).await;
    let before = reads().await;
    for _ in 0..50 {
        told(&cluster, node, seq).await;
    }
    // Whatever the clock brings in the meantime: one look a second.
    assert!(reads().await - before < 25, "{before}");
    let refused = outcome(cluster.post(0, &caller, &chat("mock-flat"))).await;
    assert_eq!(refused.0, 401);
    cluster.shutdown().await;
}

/// The calls that read the feed.
const CHANGES: &str = "{operation=\"changes_since\"}";
