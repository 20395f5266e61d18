//! `bursar node`: the gateways of a store, and giving one up.

use std::path::Path;

use jiff::Timestamp;
use ledger::{Access, Credits, Grant, GrantId, GrantKind, Instant, NodeId, OrgId};
use serde_json::{Value, json};
use store::{Money, Org, Plan, Rates, Refill, Registration, Store, SyncRequest};
use store_sqlite::SqliteStore;

use crate::process::{bursar, run};

const ORG: OrgId = OrgId::from_u128(7);

fn ago(seconds: i64) -> Instant {
    Instant::from_seconds(Timestamp::now().as_second() - seconds)
}

/// A store in which a gateway, heard of so many seconds ago, has leased 60 credits of 100.
async fn leased(path: &Path, seconds: i64) {
    let store = SqliteStore::open(path).await.unwrap();
    let now = ago(seconds);
    let credits = |text: &str| text.parse::<Credits>().unwrap();
    let price = Money { minor: 0, currency: "EUR".to_owned() };
    let plan = Plan { name: "Studio".to_owned(), allocation: credits("0"), price };
    let org = Org {
        id: ORG,
        name: "Org".to_owned(),
        plan,
        time_zone: "UTC".to_owned(),
        anchor_day: 1,
        contact: "owner@example.test".to_owned(),
        created: now,
        require_project: false,
        rates: Rates::default(),
    };
    store.put_org(&org).await.unwrap();
    let grant = Grant {
        id: GrantId::from_u128(9),
        kind: GrantKind::TopUp,
        amount: credits("100"),
        start: now,
        end: Instant::MAX,
        created: now,
        access: Access::Everyone,
    };
    store.put_grant(ORG, &grant, None, now).await.unwrap();
    let (node, control) = (NodeId(0xab), Some("10.0.0.7:9464".to_owned()));
    let registration = Registration { node, journal: 1, last_lsn: 0, now, control };
    let epoch = store.register(&registration).await.unwrap().epoch;
    let refill = Refill { wanted: credits("60"), ..Refill::everything(grant.id.into()) };
    let call = SyncRequest {
        node,
        epoch,
        shard: ORG.shard(),
        seq: 1,
        lsn: 0,
        now,
        report: Vec::new(),
        give_back: Vec::new(),
        regranted: Vec::new(),
        ask: Vec::new(),
        refill: vec![refill],
        events: Vec::new(),
        keyed: Vec::new(),
    };
    store.sync(&call).await.unwrap();
    store.close().await;
}

/// What the binary prints with these words about the store.
fn said(path: &Path, words: &[&str]) -> (i32, String, String) {
    run(bursar(&["node"]).args(words).args(["--store", path.to_str().unwrap()]))
}

fn printed(path: &Path, words: &[&str]) -> Value {
    let (code, said, error) = said(path, words);
    assert_eq!((code, error.as_str()), (0, ""));
    serde_json::from_str(&said).unwrap()
}

#[tokio::test]
async fn what_a_gateway_had_that_is_given_up_is_told_and_made_up_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    leased(&path, 3_600).await;
    let listed = printed(&path, &["list", "--json"]);
    assert_eq!(listed[0]["node"], "node_ab");
    assert_eq!((&listed[0]["state"], &listed[0]["in_doubt"]), (&json!("suspect"), &json!("60")));
    assert_eq!(listed[0]["control"], "10.0.0.7:9464");

    let (code, _, error) = said(&path, &["retire", "node_ab"]);
    assert_eq!(code, 1);
    assert!(error.contains("--yes"), "{error}");
    let (code, _, error) = said(&path, &["retire", "node_ac", "--yes"]);
    assert_eq!(code, 1);
    assert!(error.contains("node_ac") && error.contains("node list"), "{error}");

    let retired = printed(&path, &["retire", "node_ab", "--yes", "--json"]);
    assert_eq!((&retired["node"], &retired["epoch"]), (&json!("node_ab"), &json!(2)));
    assert_eq!(retired["written_off"][0]["amount"], "60");
    assert_eq!(retired["written_off"][0]["limit"], Value::Null);
    assert_eq!(retired["compensations"][0]["org"], ORG.to_string());
    assert_eq!(retired["compensations"][0]["amount"], "60");
    let (code, text, _) = said(&path, &["list"]);
    assert_eq!(code, 0);
    assert!(text.contains("retired"), "{text}");
    let (code, text, _) = said(&path, &["retire", "node_ab", "--yes"]);
    assert_eq!(code, 0);
    assert!(text.contains("had nothing"), "{text}");
    let (code, said, error) = run(&mut bursar(&["reconcile", "--store", path.to_str().unwrap()]));
    assert_eq!((code, error.as_str()), (0, ""), "{said}");
}

#[tokio::test]
async fn a_gateway_that_was_just_heard_of_is_not_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bursar.db");
    // An hour ahead of us: whatever the time that the test takes.
    leased(&path, -3_600).await;
    let (code, _, error) = said(&path, &["retire", "node_ab", "--yes", "--assume-spent"]);
    assert_eq!(code, 1);
    assert!(error.contains("was heard of"), "{error}");
    assert_eq!(printed(&path, &["list", "--json"])[0]["state"], "live");
}
