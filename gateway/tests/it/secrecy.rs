//! A secret that a client sends is in nothing that the gateway prints, counts or answers.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use ledger::KeyStatus;
use parking_lot::Mutex;
use reqwest::RequestBuilder;
use serde_json::json;

use crate::calls::{CHAT, MESSAGES, MODELS, chat, streamed};
use crate::edits::{price, replaced};
use crate::house::{House, OPERATORS_KEY};
use crate::people::Caller;
use crate::wire::Wire;

/// Everything that was printed: all that the gateway logs, at whatever level, and of the libraries what
/// the binary lets through.
#[derive(Clone, Default)]
pub(crate) struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Printed {
    /// From here on all that is logged is printed here: a process has one log.
    pub(crate) fn everything() -> Self {
        static PRINTED: OnceLock<Printed> = OnceLock::new();
        let printed = PRINTED.get_or_init(|| {
            let printed = Self::default();
            let writer = printed.clone();
            let filter = "trace,pingora=warn,sqlx=warn,hyper=warn,rustls=warn";
            let subscriber = tracing_subscriber::fmt().with_env_filter(filter);
            subscriber.with_writer(move || writer.clone()).init();
            printed
        });
        printed.clone()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).into_owned()
    }
}

/// Sends a request, and keeps all of its answer.
pub(crate) async fn answer(request: RequestBuilder, answers: &mut String) -> u16 {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    answers.push_str(&format!("{:?}\n", response.headers()));
    answers.push_str(&response.text().await.unwrap_or_default());
    status
}

/// No twelve characters of a secret are in a text.
#[track_caller]
fn assert_silent(secret: &str, text: &str, place: &str) {
    assert_no_part(&secret["bursar_u_".len()..], text, place);
}

#[track_caller]
pub(crate) fn assert_no_part(digits: &str, text: &str, place: &str) {
    for part in digits.as_bytes().windows(12) {
        let part = str::from_utf8(part).unwrap();
        let line = text.lines().find(|line| line.contains(part));
        assert!(line.is_none(), "{place}: {}", line.unwrap());
    }
}

/// A header that is none, with a secret in it: it is refused before anybody has read it.
async fn malformed(house: &House, secret: &str, answers: &mut String) {
    for broken in ["b\x01ad: 1", "no colon at all", ": none"] {
        let mut wire = Wire::to(house.gateway.address()).await;
        let head =
            format!("GET {MODELS} HTTP/1.1\r\nhost: g\r\nx-api-key: {secret}\r\n{broken}\r\n\r\n");
        wire.send(head).await;
        if let Some(told) = wire.message().await {
            answers.push_str(&format!("{told:?}\n"));
        }
    }
}

/// Every way in which a client sends a secret, right and wrong.
async fn every_way(house: &House, caller: &Caller, answers: &mut String) {
    let secret = &caller.secret;
    let typo = format!("{}x", &secret[..secret.len() - 1]);
    let get = |query: &str| house.client.get(house.url(&format!("{MODELS}?{query}")));
    let post = |path, body| house.client.post(house.url(path)).json(&body);
    for request in [
        get(&format!("key={secret}")),
        get(&format!("key={secret}")).bearer_auth(secret),
        get("").bearer_auth(&typo),
        get("").bearer_auth(format!("{secret} ")),
        get("").header("authorization", secret),
        get("").header("authorization", format!("Basic {secret}")),
        get("").header("authorization", format!("Bearer {secret}.{secret}.{secret}")),
        get("").header("x-api-key", secret).header("api-key", &typo),
        post(CHAT, chat("mock-flat")).bearer_auth(secret),
        post(CHAT, streamed("mock-chat")).bearer_auth(secret),
        post(CHAT, chat("mock-unheard-of")).bearer_auth(secret),
        post(CHAT, json!([])).bearer_auth(secret),
        post(MESSAGES, chat("mock-flat")).header("x-api-key", secret),
        post("/openai/v1/nowhere", json!({})).bearer_auth(secret),
        // A provider that is not there, which is an error that is logged.
        post(&format!("/away/v1/chat/completions?key={secret}"), chat("m")).bearer_auth(secret),
        post(&format!("/away/v1/chat/completions?key={secret}"), chat("m")).bearer_auth(&typo),
    ] {
        answer(request, answers).await;
    }
    malformed(house, secret, answers).await;
}

const AWAY: &str = "providers:
  away:
    prefix: /away
    dialect: openai
    base_url: http://127.0.0.1:1
    credential: \"${PROVIDER_KEY}\"
    routes: [{method: POST, path: /v1/chat/completions, tool: chatbot, meter: openai-chat}]
";

#[tokio::test]
async fn no_part_of_a_secret_is_told_to_anybody() {
    let printed = Printed::everything();
    let house = House::with(|text| {
        let text = price("provider: away, model: m, per_request: \"1\"")(text);
        replaced(&text, "providers:\n", AWAY)
    })
    .await;
    let (caller, blocked, revoked) =
        (house.caller("100").await, house.caller("10").await, house.caller("10").await);
    house.change_key(&blocked, |key| key.status = KeyStatus::Blocked).await;
    house.change_key(&revoked, |key| key.status = KeyStatus::Revoked).await;
    let mut answers = String::new();
    for caller in [&caller, &blocked, &revoked] {
        every_way(&house, caller, &mut answers).await;
    }
    answers.push_str(&house.operations("/metrics").await.text().await.unwrap());
    let secrets = [caller.secret, blocked.secret, revoked.secret];
    house.gateway.shutdown().await.unwrap();
    let printed = printed.text();
    assert!(printed.contains("key_malformed") && answers.contains("invalid_credential"));
    for secret in &secrets {
        assert_silent(secret, &printed, "printed");
        assert_silent(secret, &answers, "answered");
    }
    for text in [&printed, &answers] {
        assert!(!text.contains(OPERATORS_KEY), "the operator's own key");
    }
}
