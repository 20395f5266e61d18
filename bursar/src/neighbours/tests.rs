//! Who is told, who is named as missing, and what counts as an answer.

use gateway::SteadyClock;
use ledger::Instant;
use store::{Model, Registration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;

const TOKEN: &str = "a-token-for-neighbours";
const THIS: NodeId = NodeId(1);

/// Neighbours of a gateway, on a store of their own.
struct Street {
    store: Arc<Model>,
    clock: Arc<SteadyClock>,
    neighbours: Neighbours,
}

impl Street {
    async fn new() -> Self {
        let (store, clock) = (Arc::new(Model::shared()), Arc::new(SteadyClock::start()));
        let shared = Arc::clone(&store) as Arc<dyn Store>;
        let of_gateways = Arc::clone(&clock) as Arc<dyn Clock>;
        let token = Secret::new(TOKEN.to_owned());
        let neighbours = Neighbours::new(THIS, shared, of_gateways, token).unwrap();
        let street = Self { store, clock, neighbours };
        // Nobody answers there: it is never asked.
        street.moves_in(THIS, Some("127.0.0.1:1")).await;
        street
    }

    async fn moves_in(&self, node: NodeId, control: Option<&str>) -> ledger::Epoch {
        self.moved_in(node, control, self.clock.now()).await
    }

    async fn moved_in(&self, node: NodeId, control: Option<&str>, now: Instant) -> ledger::Epoch {
        let control = control.map(str::to_owned);
        let registration =
            Registration { node, journal: u128::from(node.0), last_lsn: 0, now, control };
        self.store.register(&registration).await.unwrap().epoch
    }

    /// Who was told, and whether the change is in force there.
    async fn told(&self) -> Vec<(String, bool)> {
        let told = self.neighbours.tell(ChangeSeq(7)).await.into_iter();
        told.map(|Told { name, in_force }| (name, in_force)).collect()
    }
}

/// A control endpoint that always says the same, and what it was asked.
async fn endpoint(status: &'static str, body: String) -> (String, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, asked) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            let _ = sender.send(String::from_utf8_lossy(&request).into_owned());
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n\
                 content-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, asked)
}

/// One that has the changes up to `seq` in force and calls itself `node`.
async fn answering(node: NodeId, seq: u64) -> (String, UnboundedReceiver<String>) {
    endpoint("200 OK", json!({"node": node.to_string(), "seq": seq}).to_string()).await
}

#[tokio::test]
async fn everybody_who_lives_is_told_with_the_token_and_the_number() {
    let street = Street::new().await;
    let (two, mut asked) = answering(NodeId(2), 7).await;
    let (three, _) = answering(NodeId(3), 9).await;
    street.moves_in(NodeId(3), Some(&three)).await;
    street.moves_in(NodeId(2), Some(&two)).await;
    let told = street.told().await;
    assert_eq!(told, [("node_2".to_owned(), true), ("node_3".to_owned(), true)]);
    let asked = asked.recv().await.unwrap();
    assert!(asked.starts_with("POST /control/changes HTTP/1.1"), "{asked}");
    assert!(asked.to_lowercase().contains(&format!("authorization: bearer {TOKEN}")), "{asked}");
    assert!(asked.ends_with(r#"{"seq":7}"#), "{asked}");
}

#[tokio::test]
async fn an_answer_that_is_not_that_the_change_is_in_force_there_is_none() {
    for (status, body) in [
        ("200 OK", json!({"node": "node_2", "seq": 6})),
        ("200 OK", json!({"node": "node_3", "seq": 7})),
        ("200 OK", json!({"seq": 7})),
        ("200 OK", json!("ok")),
        ("401 Unauthorized", json!({"node": "node_2", "seq": 7})),
        ("503 Service Unavailable", json!({})),
        ("307 Temporary Redirect", json!({"node": "node_2", "seq": 7})),
    ] {
        let street = Street::new().await;
        let (address, mut asked) = endpoint(status, body.to_string()).await;
        street.moves_in(NodeId(2), Some(&address)).await;
        assert_eq!(street.told().await, [("node_2".to_owned(), false)], "{status} {body}");
        assert!(asked.recv().await.is_some());
    }
}

#[tokio::test]
async fn one_that_cannot_be_reached_keeps_nobody_from_being_told() {
    let street = Street::new().await;
    // It takes the call and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (four, _) = answering(NodeId(4), 7).await;
    let silent_at = silent.local_addr().unwrap().to_string();
    street.moves_in(NodeId(2), Some(&silent_at)).await;
    street.moves_in(NodeId(3), Some(&closed.to_string())).await;
    street.moves_in(NodeId(4), Some(&four)).await;
    street.moves_in(NodeId(5), None).await;
    let told = street.told().await.into_iter();
    let in_force: Vec<_> = told.map(|(_, in_force)| in_force).collect();
    assert_eq!(in_force, [false, false, true, false]);
}

#[tokio::test]
async fn who_is_silent_is_named_without_a_call_and_who_has_left_is_not_counted() {
    let street = Street::new().await;
    let long_ago = street.clock.now().plus_micros(-store::SILENT_AFTER_MICROS - 1_000_000);
    let (two, mut asked) = answering(NodeId(2), 7).await;
    street.moved_in(NodeId(2), Some(&two), long_ago).await;
    let epoch = street.moves_in(NodeId(3), Some(&two)).await;
    street.store.leave(NodeId(3), epoch, street.clock.now()).await.unwrap();
    assert_eq!(street.told().await, [("node_2".to_owned(), false)]);
    assert!(asked.try_recv().is_err());
}
