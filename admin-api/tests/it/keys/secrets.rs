//! That what opens a key is told in one answer, and nowhere else.

use std::io::Write;
use std::sync::{Arc, Mutex};

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use super::{key_path, make, rotate};
use crate::client::Client;
use crate::org::{ADA, ORG, acme};

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Everything that an answer says, its headers included.
async fn said(answer: Response) -> String {
    let headers = format!("{:?}", answer.headers());
    headers + &answer.text().await.unwrap()
}

#[tokio::test]
async fn a_secret_is_in_the_answer_that_made_it_and_nowhere_else() {
    let log = Log::default();
    let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let subscriber = everything.with_writer(log.clone()).finish();
    // One more test that did this would hear of it.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let client = Client::of(acme().await).await;

    let answer = make(&client, &json!({"name": "ci", "member": ADA.to_string()})).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let made: Value = answer.json().await.unwrap();
    let key = made["id"].as_str().unwrap().to_owned();
    let rotated: Value = rotate(&client, &key, &json!({})).await.json().await.unwrap();
    let secrets = [&made, &rotated].map(|answer| answer["secret"].as_str().unwrap().to_owned());
    for (answer, secret) in [&made, &rotated].into_iter().zip(&secrets) {
        assert_eq!(answer.to_string().matches(secret.as_str()).count(), 1);
    }

    let org = format!("/api/v1/orgs/{ORG}");
    let mut heard = Vec::new();
    for (method, path, body) in [
        (Method::GET, org.clone(), json!({})),
        (Method::GET, format!("{org}/keys"), json!({})),
        (Method::GET, key_path(&key), json!({})),
        (Method::PATCH, key_path(&key), json!({"name": "other"})),
        (Method::POST, key_path(&format!("{key}:rotate")), json!({"grace": "24h"})),
        (Method::POST, key_path(&format!("{key}:block")), json!({})),
        (Method::POST, key_path(&format!("{key}:revoke")), json!({})),
        (Method::POST, key_path(&format!("{key}:unblock")), json!({})),
        // Whoever takes a secret for an id, a name or a token.
        (Method::GET, key_path(&secrets[0]), json!({})),
        (Method::GET, format!("{org}/keys/a/{}", secrets[0]), json!({})),
        (Method::GET, format!("{org}/keys?{}=1", secrets[0]), json!({})),
        (Method::POST, key_path(&format!("{}:revoke", secrets[0])), json!({})),
        (Method::POST, format!("{org}/keys"), json!({&*secrets[0]: 5, "name": [&secrets[0]]})),
        (Method::POST, format!("{org}/keys"), json!({"name": 5, "member": &secrets[0]})),
        (Method::POST, format!("{org}/tokens:revoke"), json!({"issuer": 1, "jti": &secrets[0]})),
    ] {
        let request = client.request(method, &path).header("if-match", "*").json(&body);
        heard.push(said(request.send().await.unwrap()).await);
    }
    let bare = client.bare(Method::GET, &org).bearer_auth(&secrets[1]).send().await.unwrap();
    heard.push(said(bare).await);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("key made") && log.contains("key rotated"), "the log is heard");
    for secret in &secrets {
        let random = &secret[13..];
        for said in heard.iter().chain([&log]) {
            assert!(!said.contains(random), "{said}");
        }
    }
}
