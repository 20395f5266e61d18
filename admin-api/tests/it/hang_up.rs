//! What goes on while a gateway takes its time, and what does not.

use std::sync::Arc;
use std::time::Duration;

use admin_api::{AppliedBy, Nodes};
use async_trait::async_trait;
use store::ChangeSeq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};

use crate::client::{Client, TOKEN};
use crate::org::{ORG, acme};

/// A gateway that takes a change in when it is let to.
struct SlowNode {
    asked: Notify,
    go_on: Notify,
    ended: mpsc::UnboundedSender<Ended>,
}

/// How a call of the gateway ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Applied,
    Abandoned,
}

#[async_trait]
impl Nodes for SlowNode {
    async fn apply(&self, _: ChangeSeq) -> AppliedBy {
        let mut call = Call { node: self, so_far: Ended::Abandoned };
        self.asked.notify_one();
        self.go_on.notified().await;
        call.so_far = Ended::Applied;
        AppliedBy { nodes: 1, of: 1, missing: vec![] }
    }
}

/// Tells how a call ended, also when it is dropped halfway.
struct Call<'a> {
    node: &'a SlowNode,
    so_far: Ended,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        // Nobody listens once the test is over.
        let _ = self.node.ended.send(self.so_far);
    }
}

fn slow_node() -> (Arc<SlowNode>, mpsc::UnboundedReceiver<Ended>) {
    let (ended, calls) = mpsc::unbounded_channel();
    (Arc::new(SlowNode { asked: Notify::new(), go_on: Notify::new(), ended }), calls)
}

/// A connection on which a grant is asked for, once the gateway is at work on it.
async fn asking(client: &Client<SlowNode>, node: &SlowNode) -> TcpStream {
    let body = r#"{"kind":"promo","amount":"1"}"#;
    let length = body.len();
    let head = format!(
        "POST /api/v1/orgs/{ORG}/grants HTTP/1.1\r\nhost: admin\r\n\
         authorization: Bearer {TOKEN}\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    let mut connection = TcpStream::connect(client.address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    node.asked.notified().await;
    connection
}

#[tokio::test]
async fn a_grant_is_applied_although_its_client_has_hung_up() {
    let (node, mut calls) = slow_node();
    let client = Client::with(acme().await, node.clone()).await;
    let mut connection = asking(&client, &node).await;
    connection.shutdown().await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    assert!(answer.is_empty(), "the connection is given up without an answer");

    node.go_on.notify_one();
    assert_eq!(calls.recv().await, Some(Ended::Applied));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_does_not_end_does_not_keep_the_process() {
    let (node, mut calls) = slow_node();
    let client = Client::with(acme().await, node.clone()).await;
    let _connection = asking(&client, &node).await;
    let bound = Duration::from_secs(10);
    tokio::time::timeout(bound, client.stop()).await.unwrap().unwrap();
    assert!(calls.try_recv().is_err(), "the gateway is still at work");
}
