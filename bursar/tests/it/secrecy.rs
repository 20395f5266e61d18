//! No secret is in anything that the binary prints, however much it is asked to log.

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process::Process;
use crate::serve::{Installation, listening};

/// A secret, and all that was answered and printed.
struct Search {
    secrets: Vec<(&'static str, String)>,
    said: String,
}

impl Search {
    /// No twelve characters of a secret were said; what a key begins with is no secret.
    #[track_caller]
    fn finds_nothing(&self) {
        for (whose, secret) in &self.secrets {
            let digits = secret.strip_prefix("bursar_u_").unwrap_or(secret);
            for part in digits.as_bytes().windows(12) {
                let part = str::from_utf8(part).unwrap();
                let line = self.said.lines().find(|line| line.contains(part));
                assert!(line.is_none(), "{whose}: {}", line.unwrap());
            }
        }
    }

    async fn send(&mut self, request: RequestBuilder) -> u16 {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        self.said += &format!("{:?}\n", answer.headers());
        self.said += &answer.text().await.unwrap();
        status
    }
}

/// A key that an admin has just made: its id and its secret.
async fn made(admin: &str, org: &str, member: &str, token: &str) -> (String, String) {
    let url = format!("{admin}/api/v1/orgs/{org}/keys");
    let body = json!({"name": "canary", "member": member});
    let answer = Client::new().post(url).bearer_auth(token).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let made: Value = answer.json().await.unwrap();
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

/// Every way in which a client sends a key, right and wrong.
async fn every_way(search: &mut Search, gateway: &str, key: &str) {
    let client = Client::new();
    let url = format!("{gateway}/openai/v1/chat/completions");
    let typo = format!("{}x", &key[..key.len() - 1]);
    let chat =
        |model: &str| json!({"model": model, "messages": [{"role": "user", "content": "?"}]});
    let call = |model: &str| client.post(&url).json(&chat(model));
    let in_query = client.post(format!("{url}?key={key}")).json(&chat("mock-flat"));
    for (request, expected) in [
        (call("mock-flat").bearer_auth(key), 200),
        (call("mock-flat").header("x-api-key", key), 200),
        (call("mock-unheard-of").header("x-goog-api-key", key), 400),
        (in_query.try_clone().unwrap().bearer_auth(key), 200),
        (in_query, 401),
        (call("mock-flat").header("authorization", key), 401),
        (call("mock-flat").header("authorization", format!("Basic {key}")), 401),
        (call("mock-flat").bearer_auth(&typo), 401),
        (call("mock-flat").bearer_auth(format!("{key}.{key}.{key}")), 401),
        (call("mock-flat").bearer_auth(key).header("x-api-key", &typo), 400),
    ] {
        assert_eq!(search.send(request).await, expected);
    }
    // A path that is not there is told to whoever asked for it, and to nobody else.
    let nowhere = client.get(format!("{gateway}/{key}")).bearer_auth(key);
    assert_eq!(nowhere.send().await.unwrap().status(), 404);
}

/// A header that is none, with a secret in it: it is refused before anybody has read it.
async fn malformed(search: &mut Search, gateway: &str, key: &str) {
    let address = gateway.strip_prefix("http://").unwrap();
    for broken in ["b\x01ad: 1", "no colon at all", ": none"] {
        let mut wire = TcpStream::connect(address).await.unwrap();
        let head = format!("GET / HTTP/1.1\r\nhost: g\r\nx-api-key: {key}\r\n{broken}\r\n\r\n");
        wire.write_all(head.as_bytes()).await.unwrap();
        wire.shutdown().await.unwrap();
        // Whether it is answered at all is not asked here.
        let _ = wire.read_to_string(&mut search.said).await;
    }
}

#[tokio::test]
async fn no_secret_is_printed_answered_or_counted() {
    let installation = Installation::new().await;
    let mut serving = Process::start(installation.command().env("BURSAR_LOG", "trace"));
    let [gateway, admin, operations] = listening(&mut serving).await;
    let memory = |name: &str| installation.memory[name].as_str().unwrap().to_owned();
    let (org, token) = (memory("org"), memory("admin_token"));
    let member = installation.memory["keys"][0]["member"].as_str().unwrap();
    let (id, canary) = made(&admin, &org, member, &token).await;
    let mut search = Search {
        secrets: vec![
            ("the key that was made", canary.clone()),
            ("a key of the demo", installation.key().to_owned()),
            ("the admin token", token.clone()),
            ("the pepper", memory("pepper")),
        ],
        said: String::new(),
    };
    every_way(&mut search, &gateway, &canary).await;
    malformed(&mut search, &gateway, &canary).await;
    let client = Client::new();
    let key = format!("{admin}/api/v1/orgs/{org}/keys/{id}");
    let wrong = format!("{token}x");
    for (request, expected) in [
        (client.get(&key).bearer_auth(&token), 200),
        (client.get(&key).bearer_auth(&wrong), 401),
        (client.get(&key).bearer_auth(&canary), 401),
        (client.post(format!("{key}:revoke")).bearer_auth(&token), 200),
        (client.get(format!("{operations}/metrics")), 200),
    ] {
        assert_eq!(search.send(request).await, expected);
    }
    let printed = serving.all("TERM").await;
    assert!(printed.contains("\"DEBUG\"") && printed.contains("\"ready\""), "{printed}");
    search.said += &printed;
    search.finds_nothing();
}
