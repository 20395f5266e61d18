//! What became of a request: as the gateway tells it, and as it must be whatever happened.

use ledger::Credits;
use serde_json::Value;

use crate::house::House;
use crate::people::Caller;

/// An amount as it is told.
#[track_caller]
pub(crate) fn credits(told: &Value) -> Credits {
    let text = told.as_str().unwrap_or_else(|| panic!("{told} is no amount"));
    text.parse().unwrap_or_else(|_| panic!("{text} is no amount"))
}

/// So many micro-credits.
pub(crate) fn micros(micros: u64) -> Credits {
    Credits::from_micros(micros).unwrap()
}

/// The id by which a request is asked about.
pub(crate) fn request_id(response: &reqwest::Response) -> String {
    header(response, "x-request-id").expect("every answer has an id").to_owned()
}

pub(crate) fn header<'a>(response: &'a reqwest::Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

/// What comes of an answer, whether it ends or is broken off.
pub(crate) async fn rest(mut response: reqwest::Response) -> String {
    let mut rest = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        rest.extend_from_slice(&chunk);
    }
    String::from_utf8(rest).unwrap()
}

impl House {
    pub(crate) async fn get(&self, caller: &Caller, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).bearer_auth(&caller.secret).send().await.unwrap()
    }

    pub(crate) async fn balance(&self, caller: &Caller) -> Value {
        self.get(caller, "/bursar/v1/balance").await.json().await.unwrap()
    }

    /// What the caller could spend now.
    pub(crate) async fn remaining(&self, caller: &Caller) -> Credits {
        credits(&self.balance(caller).await["remaining"])
    }

    /// What the gateway says of a request now.
    pub(crate) async fn request(&self, caller: &Caller, id: &str) -> Value {
        self.get(caller, &format!("/bursar/v1/requests/{id}")).await.json().await.unwrap()
    }

    /// What became of a request, once it has ended.
    pub(crate) async fn ended(&self, caller: &Caller, id: &str) -> Value {
        loop {
            let request = self.request(caller, id).await;
            if request["state"] != "running" {
                return request;
            }
            tokio::task::yield_now().await;
        }
    }

    /// What a request was charged, once nothing runs any more; of the caller's credits that, and
    /// nothing else, is gone.
    pub(crate) async fn charged(&self, caller: &Caller, id: &str, granted: &str) -> Value {
        let request = self.ended(caller, id).await;
        self.quiet().await;
        let charged = credits(&request["charged"]);
        assert!(charged <= credits(&request["held"]), "{request}");
        self.assert_spent(caller, granted, charged).await;
        request
    }

    /// Nothing is held any more, and what is gone of the caller's credits is what it was charged.
    pub(crate) async fn assert_spent(&self, caller: &Caller, granted: &str, charged: Credits) {
        let granted: Credits = granted.parse().unwrap();
        let balance = self.balance(caller).await;
        for account in ["grants", "limits"].iter().flat_map(|k| balance[k].as_array().unwrap()) {
            assert_eq!(account["held"], "0", "{balance}");
        }
        let left = granted.checked_sub(charged).unwrap();
        assert_eq!(credits(&balance["remaining"]), left, "{balance}");
    }

    /// Waits until no request holds anything, by the gateway's own metrics.
    pub(crate) async fn quiet(&self) {
        while self.metric("bursar_holds_open").await != 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until so many requests wait for credits.
    pub(crate) async fn waiting(&self, requests: u64) {
        while self.metric("bursar_waiting").await != requests {
            tokio::task::yield_now().await;
        }
    }

    /// All samples of a series whose line begins so, added up.
    pub(crate) async fn metric(&self, begins: &str) -> u64 {
        let text = self.operations("/metrics").await.text().await.unwrap();
        let lines = text.lines().filter(|line| line.starts_with(begins));
        let values: Vec<u64> =
            lines.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
        assert!(!values.is_empty(), "no {begins} in {text}");
        values.iter().sum()
    }

    /// A sample of a series that has one label.
    pub(crate) async fn metric_of(&self, series: &str, label: &str) -> u64 {
        let text = self.operations("/metrics").await.text().await.unwrap();
        let label = format!("=\"{label}\"}} ");
        let mut samples = text.lines().filter(|line| line.starts_with(series));
        let sample = samples.find_map(|line| line.split_once(&label));
        sample.unwrap_or_else(|| panic!("no {series} {label} in {text}")).1.parse().unwrap()
    }

    /// A page of the operations listener.
    pub(crate) async fn operations(&self, path: &str) -> reqwest::Response {
        let url = format!("http://{}{path}", self.gateway.operations_address());
        self.client.get(url).send().await.unwrap()
    }
}
