//! The calls that tests make, and what they cost.

use std::time::Duration;

use ledger::Credits;
use mock_provider::ModelBill;
use serde_json::{Value, json};

use crate::house::House;
use crate::people::Caller;
use crate::watch::{header, micros};

pub(crate) const CHAT: &str = "/openai/v1/chat/completions";
pub(crate) const RESPONSES: &str = "/openai/v1/responses";
pub(crate) const EMBEDDINGS: &str = "/openai/v1/embeddings";
pub(crate) const IMAGES: &str = "/openai/v1/images/generations";
pub(crate) const MODELS: &str = "/openai/v1/models";
pub(crate) const MESSAGES: &str = "/anthropic/v1/messages";
pub(crate) const COUNT_TOKENS: &str = "/anthropic/v1/messages/count_tokens";

/// The price of a call of `mock-flat`.
pub(crate) const FLAT: &str = "1";

/// A body that both chat completions and messages take.
pub(crate) fn chat(model: &str) -> Value {
    json!({"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": "Hello"}]})
}

/// The same, to be answered by a stream.
pub(crate) fn streamed(model: &str) -> Value {
    with(chat(model), "stream", json!(true))
}

/// A chat whose output the caller leaves unbounded.
pub(crate) fn unbounded(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hello"}]})
}

pub(crate) fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

/// What so many tokens of `mock-chat` cost: 3 and 15 credits a million.
pub(crate) fn tokens(input: u64, output: u64) -> Credits {
    micros(3 * input + 15 * output)
}

/// What the provider billed for a model, at the price of `mock-chat`.
pub(crate) fn priced(bill: &ModelBill) -> Credits {
    tokens(bill.input_tokens, bill.output_tokens)
}

impl House {
    /// A POST of a JSON body with the caller's key.
    pub(crate) fn post(
        &self,
        caller: &Caller,
        path: &str,
        body: &Value,
    ) -> reqwest::RequestBuilder {
        let request = self.client.post(self.url(path)).bearer_auth(&caller.secret);
        request.timeout(Duration::from_secs(60)).json(body)
    }

    pub(crate) async fn call(
        &self,
        caller: &Caller,
        path: &str,
        body: &Value,
    ) -> reqwest::Response {
        self.post(caller, path, body).send().await.unwrap()
    }

    /// What is held for such a call, and what it costs at the price of `mock-chat`.
    pub(crate) async fn measure(&self, path: &str, body: &Value) -> (Credits, Credits) {
        let caller = self.caller("1000").await;
        let response = self.call(&caller, path, body).await;
        let held = header(&response, "x-credits-held").unwrap().parse().unwrap();
        response.bytes().await.unwrap();
        let line = self.provider.bill().lines.pop().unwrap();
        (held, tokens(line.input_tokens, line.output_tokens))
    }

    /// The body that the provider received last.
    pub(crate) fn forwarded(&self) -> Value {
        let requests = self.provider.requests();
        serde_json::from_slice(&requests.last().unwrap().body).unwrap()
    }
}
