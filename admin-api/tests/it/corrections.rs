//! What a request was charged can be lowered, and by nothing else than a sound request.

use std::sync::Arc;

use ledger::{
    Access, Charge, Credits, Ending, Grant, GrantId, GrantKind, HoldId, Instant, Line, LineSource,
    MemberId, NodeId, OrgId, Surface, Tool, Usage,
};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use store::{Model, Money, Org, Plan, Refill, Registration, Spend, Store, SyncRequest};

use crate::client::{Client, NOW, paths, problem};

const ORG: OrgId = OrgId::from_u128(0x019a_ae0c_5e2b_7c13_a5f0_d1c2_b3a4_9586);
const GRANT: GrantId = GrantId::from_u128(1);

fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

/// A store whose organisation was charged 2 credits for one request.
async fn charged() -> (Model, HoldId) {
    let store = Model::default();
    let price = Money { minor: 0, currency: "EUR".to_owned() };
    let plan = Plan { name: "team".to_owned(), allocation: Credits::ZERO, price };
    let (name, contact) = ("Acme".to_owned(), String::new());
    let time_zone = "UTC".to_owned();
    let (require_project, rates) = (false, store::Rates::default());
    let (anchor_day, created) = (1, NOW);
    let org = Org {
        id: ORG,
        name,
        plan,
        time_zone,
        anchor_day,
        contact,
        created,
        require_project,
        rates,
    };
    store.put_org(&org).await.unwrap();
    let (kind, amount, end, access) =
        (GrantKind::TopUp, credits("10"), Instant::MAX, Access::Everyone);
    let grant = Grant { id: GRANT, kind, amount, start: NOW, end, created: NOW, access };
    store.put_grant(ORG, &grant, None, NOW).await.unwrap();
    let node = NodeId(1);
    let registration = Registration { node, journal: 1, last_lsn: 0, now: NOW, control: None };
    let epoch = store.register(&registration).await.unwrap().epoch;
    let call = |seq| SyncRequest {
        node,
        epoch,
        shard: ORG.shard(),
        seq,
        lsn: seq,
        now: NOW,
        report: Vec::new(),
        give_back: Vec::new(),
        regranted: Vec::new(),
        ask: Vec::new(),
        refill: Vec::new(),
        events: Vec::new(),
        keyed: Vec::new(),
    };
    let refill = vec![Refill::everything(GRANT.into())];
    store.sync(&SyncRequest { refill, ..call(1) }).await.unwrap();
    let charge = charge(HoldId { node, epoch, n: 1 });
    let report = vec![Spend { account: GRANT.into(), amount: charge.charged }];
    let hold = charge.hold;
    store.sync(&SyncRequest { report, events: vec![charge], ..call(2) }).await.unwrap();
    (store, hold)
}

fn charge(hold: HoldId) -> Charge {
    let amount = credits("2");
    let line = Line { account: GRANT.into(), source: LineSource::Grant(GrantKind::TopUp), amount };
    Charge {
        hold,
        org: ORG,
        member: MemberId::from_u128(1),
        key: None,
        group: None,
        project: None,
        surface: Surface::Api,
        tool: Tool::new("chatbot"),
        provider: Arc::from("openai"),
        model: Arc::from("mock-chat"),
        admitted: NOW,
        ended: NOW,
        ending: Ending::Indeterminate,
        usage: Usage::default(),
        outputs: 1,
        held: amount,
        charged: amount,
        overrun: Credits::ZERO,
        lines: [line].into_iter().collect(),
        price_book: Arc::from("1"),
        body_hash: [0; 32],
        status: 200,
    }
}

async fn adjust(client: &Client, request: &str, name: Option<&str>, body: &Value) -> Response {
    let path = format!("/api/v1/orgs/{ORG}/requests/{request}");
    let mut asked = client.request(Method::POST, &path).json(body);
    if let Some(name) = name {
        asked = asked.header("idempotency-key", name);
    }
    asked.send().await.unwrap()
}

#[tokio::test]
async fn a_lowered_charge_is_answered_with_where_it_is_in_force() {
    let (store, hold) = charged().await;
    let client = Client::of(store).await;
    let body = json!({ "charge": "0.5", "reason": "the answer was cut" });
    for _ in 0..2 {
        let answer = adjust(&client, &format!("{hold}:adjust"), Some("ticket-1"), &body).await;
        assert_eq!(answer.status(), 200);
        let expected = json!({
            "request": hold.to_string(),
            "charged_before": "2",
            "charged": "0.5",
            "applied": { "nodes": 1, "of": 2, "missing": ["node_2"] },
        });
        assert_eq!(answer.json::<Value>().await.unwrap(), expected);
    }
    let org = client.get(&format!("/api/v1/orgs/{ORG}")).await;
    assert_eq!(org["grants"][0]["spent"], "0.5");
    let [first, again] = client.changes_applied()[..] else { panic!("told twice") };
    assert_eq!(first, again);
}

#[tokio::test]
async fn a_correction_that_cannot_be_is_told_why() {
    let (store, hold) = charged().await;
    let client = Client::of(store).await;
    let action = format!("{hold}:adjust");
    let sound = json!({ "charge": "1", "reason": "cut" });
    let (status, said) =
        problem(adjust(&client, &action, None, &json!({ "charge": 1 })).await).await;
    assert_eq!((status, paths(&said)), (400, vec!["charge", "reason"]));
    let more = json!({ "charge": "2.000001", "reason": "cut" });
    let (status, said) = problem(adjust(&client, &action, None, &more).await).await;
    assert_eq!((status, &said["code"]), (409, &"conflict".into()));
    for unknown in [hold.to_string(), format!("{hold}:raise"), "req_1-1-9:adjust".to_owned()] {
        let (status, said) = problem(adjust(&client, &unknown, None, &sound).await).await;
        assert_eq!((status, &said["code"]), (404, &"not_found".into()), "{unknown}");
    }
    assert_eq!(adjust(&client, &action, Some("ticket-1"), &sound).await.status(), 200);
    let other = json!({ "charge": "0.9", "reason": "cut" });
    let (status, said) = problem(adjust(&client, &action, Some("ticket-1"), &other).await).await;
    assert_eq!((status, &said["code"]), (422, &"idempotency_mismatch".into()));
}
