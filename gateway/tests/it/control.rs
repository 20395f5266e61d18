//! Who has committed a change asks for it, and is told when it is in force; nobody else is.

use ledger::KeyStatus;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use store::ChangeSeq;

use crate::calls::MODELS;
use crate::edits::control;
use crate::flaky::Reach;
use crate::house::House;
use crate::people::Caller;

const TOKEN: &str = "bursar_a_a-token-for-the-admin-api-of-tests";

impl House {
    /// A request for the control endpoint.
    fn control(&self, method: Method) -> RequestBuilder {
        let at = self.gateway.operations_address();
        self.client.request(method, format!("http://{at}/control/changes"))
    }

    /// What the gateway says that is told of a change.
    async fn told(&self, seq: ChangeSeq) -> Response {
        let body = json!({"seq": seq.0});
        self.control(Method::POST).bearer_auth(TOKEN).json(&body).send().await.unwrap()
    }

    /// Revokes a key without the gateway's knowledge.
    async fn revoke_unseen(&self, caller: &Caller) -> ChangeSeq {
        self.change_key_unseen(caller, |key| key.status = KeyStatus::Revoked).await
    }
}

async fn json_of(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The status and code of a no, which has the form of a problem.
async fn problem(response: Response) -> (u16, String) {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let (status, problem) = json_of(response).await;
    assert_eq!(problem["status"], status);
    (status, problem["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_is_answered_for_is_in_force() {
    let house = House::with(control).await;
    let caller = house.caller("1").await;
    assert_eq!(house.get(&caller, MODELS).await.status(), 200);
    let seq = house.revoke_unseen(&caller).await;
    let answer = json_of(house.told(seq).await).await;
    assert_eq!(answer, (200, json!({"node": "node_1", "seq": seq.0})));
    assert_eq!(house.get(&caller, MODELS).await.status(), 401);
    assert_eq!(json_of(house.told(seq).await).await, answer, "asked again, it says the same");
}

#[tokio::test]
async fn a_change_that_there_is_not_yet_is_not_said_to_be_in_force() {
    let house = House::with(control).await;
    let seq = house.seq().await;
    let (status, answer) = json_of(house.told(ChangeSeq(seq.0 + 1)).await).await;
    assert_eq!((status, &answer["seq"]), (200, &json!(seq.0)));
}

#[tokio::test]
async fn only_the_bearer_of_the_token_is_answered() {
    let house = House::with(control).await;
    let body = json!({"seq": 1}).to_string();
    let ask = || house.control(Method::POST).body(body.clone());
    for (asked, words) in [
        (ask(), "no token"),
        (ask().bearer_auth("bursar_a_another"), "another"),
        (ask().bearer_auth(&TOKEN[..TOKEN.len() - 1]), "the beginning of it"),
        (ask().bearer_auth(format!("{TOKEN}x")), "more than it"),
        (ask().header("authorization", TOKEN), "no scheme"),
        (ask().header("authorization", format!("Basic {TOKEN}")), "another scheme"),
        (ask().bearer_auth(TOKEN).bearer_auth(TOKEN), "two"),
        (house.control(Method::GET), "another method"),
        (ask().body(vec![b' '; 4 << 10]), "a long body"),
    ] {
        let response = asked.send().await.unwrap();
        assert_eq!(response.headers()["www-authenticate"], "Bearer", "{words}");
        assert_eq!(problem(response).await, (401, "invalid_credential".to_owned()), "{words}");
    }
}

#[tokio::test]
async fn what_is_no_number_of_a_change_is_refused() {
    let house = House::with(control).await;
    for body in ["", "7", "{}", r#"{"seq": -1}"#, r#"{"seq": "7"}"#, r#"{"seq": 7, "org": 1}"#] {
        let asked = house.control(Method::POST).bearer_auth(TOKEN).body(body);
        let told = problem(asked.send().await.unwrap()).await;
        assert_eq!(told, (400, "invalid_request".to_owned()), "{body}");
    }
    let long = format!("{{\"seq\": 7{}}}", " ".repeat(1_024));
    let asked = house.control(Method::POST).bearer_auth(TOKEN).body(long);
    let told = problem(asked.send().await.unwrap()).await;
    assert_eq!(told, (413, "body_too_large".to_owned()));
    let asked = house.control(Method::PUT).bearer_auth(TOKEN).body(r#"{"seq": 7}"#);
    let response = asked.send().await.unwrap();
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(problem(response).await, (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn what_cannot_be_read_is_not_said_to_be_in_force() {
    let house = House::with(control).await;
    let caller = house.caller("1").await;
    let seq = house.revoke_unseen(&caller).await;
    house.reach(Reach::Nothing);
    let told = problem(house.told(seq).await).await;
    assert_eq!(told, (503, "ledger_unavailable".to_owned()));
    house.reach(Reach::All);
    assert_eq!(house.told(seq).await.status(), 200);
}

#[tokio::test]
async fn a_key_is_revoked_while_others_wait_for_their_leases() {
    let house = House::with(control).await;
    let (caller, other) = (house.caller("1").await, house.caller("0").await);
    assert_eq!(house.get(&caller, MODELS).await.status(), 200);
    house.reach(Reach::NoSync);
    house.grant_unseen(&other, "5").await;
    let seq = house.revoke_unseen(&caller).await;
    assert_eq!(house.told(seq).await.status(), 200);
    assert_eq!(house.get(&caller, MODELS).await.status(), 401);
}

#[tokio::test]
async fn the_endpoint_is_nowhere_without_a_token_and_never_on_the_clients_port() {
    let house = House::new().await;
    assert_eq!(house.told(ChangeSeq(1)).await.status(), 404);
    let house = House::with(control).await;
    let caller = house.caller("1").await;
    for secret in [TOKEN, &caller.secret] {
        let asked = house.client.post(house.url("/control/changes")).bearer_auth(secret);
        let status = asked.json(&json!({"seq": 1})).send().await.unwrap().status();
        assert!([401, 404].contains(&status.as_u16()), "{status}");
    }
}
