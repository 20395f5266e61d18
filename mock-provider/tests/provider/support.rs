//! A running provider and the few ways in which the tests call it.

use mock_provider::{Line, MockProvider, Options};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

pub(crate) struct Fixture {
    pub(crate) provider: MockProvider,
    client: reqwest::Client,
}

/// A server-sent event.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: Option<String>,
    pub(crate) data: String,
}

impl Event {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap()
    }
}

impl Fixture {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let provider = MockProvider::start(options).await.unwrap();
        // A pool would keep connections, and timers, that no test is about.
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        Self { provider, client }
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.provider.url()))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.provider.url())).json(body)
    }

    pub(crate) async fn send(&self, path: &str, body: &Value) -> Response {
        self.post(path, body).send().await.unwrap()
    }

    /// The JSON of an answer that must be a 200.
    pub(crate) async fn json(&self, path: &str, body: &Value) -> Value {
        let response = self.send(path, body).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// The events of an answer that must be a 200 and end well.
    pub(crate) async fn events(&self, path: &str, body: &Value) -> Vec<Event> {
        let response = self.send(path, body).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
        events(&response.text().await.unwrap())
    }

    /// The only line of the bill, once there is one.
    pub(crate) async fn only_line(&self) -> Line {
        let bill = self.provider.bill_when(|bill| bill.requests > 0).await;
        assert_eq!(bill.lines.len(), 1);
        bill.lines.into_iter().next().unwrap()
    }
}

/// The whole events in a text.
pub(crate) fn events(text: &str) -> Vec<Event> {
    let Some((whole, _partial)) = text.rsplit_once("\n\n") else { return Vec::new() };
    let field = |block: &str, name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned))
    };
    let event = |block: &str| Event {
        name: field(block, "event: "),
        data: field(block, "data: ").unwrap(),
    };
    whole.split("\n\n").map(event).collect()
}

/// Reads until the connection is dropped, and returns what came; a clean end is a failure.
pub(crate) async fn read_until_cut(mut response: Response) -> String {
    let mut text = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => text.extend_from_slice(&chunk),
            Ok(None) => panic!("the answer came to its end"),
            Err(_) => return String::from_utf8(text).unwrap(),
        }
    }
}
