//! What a client met: an answer to its end, and what became of the request.

use reqwest::Response;
use serde_json::{Value, json};

use crate::calls::tokens;
use crate::house::House;
use crate::people::Caller;
use crate::watch::{credits, request_id};

pub(crate) const GRANTED: &str = "100";

/// What the client got of an answer, and what became of it.
pub(crate) struct Met {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
    /// Whether the body came to its end.
    pub(crate) whole: bool,
    pub(crate) request: Value,
}

impl Met {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{}", self.body))
    }

    /// Bytes of text in the events of a chat or a message.
    pub(crate) fn text(&self) -> u64 {
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
        let events = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
        let text = |event: Value| {
            let said = [&event["choices"][0]["delta"]["content"], &event["delta"]["text"]];
            said.iter().filter_map(|text| text.as_str()).map(|text| text.len() as u64).sum::<u64>()
        };
        events.map(text).sum()
    }

    pub(crate) fn assert_free(&self, cause: &str) {
        assert_eq!(self.request["state"], "released", "{}", self.request);
        assert_eq!(
            (&self.request["cause"], &self.request["charged"]),
            (&json!(cause), &json!("0"))
        );
    }

    pub(crate) fn assert_estimated(&self, input: u64, text: u64) {
        assert_eq!(self.request["state"], "settled", "{}", self.request);
        assert_eq!(self.request["estimated"], true);
        assert_eq!(
            credits(&self.request["charged"]),
            tokens(input, text.div_ceil(3)),
            "{}",
            self.request
        );
    }
}

/// Makes one call and lets it come to its end.
pub(crate) async fn meet(house: &House, path: &str, body: &Value) -> Met {
    let caller = house.caller(GRANTED).await;
    let response = house.call(&caller, path, body).await;
    met(house, &caller, response).await
}

pub(crate) async fn met(house: &House, caller: &Caller, mut response: Response) -> Met {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let (mut body, mut whole) = (Vec::new(), true);
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => {
                whole = false;
                break;
            }
        }
    }
    let request = house.charged(caller, &request_id(&response), GRANTED).await;
    let body = String::from_utf8(body).unwrap();
    Met { status, headers, body, whole, request }
}

/// How much input a body counts as, when nobody says.
pub(crate) fn counted(body: &Value) -> u64 {
    (serde_json::to_vec(body).unwrap().len() as u64).div_ceil(3)
}
