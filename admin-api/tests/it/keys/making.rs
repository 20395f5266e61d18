//! `POST /api/v1/orgs/{org}/keys`.

use std::sync::Arc;

use ledger::MemberStatus;
use reqwest::Method;
use serde_json::{Value, json};
use store::{Member, PlainKey, Store};

use super::{key_with, make, shown};
use crate::client::{Client, hasher, paths, problem};
use crate::org::{ADA, DESIGN, KEY, ORG, ROBOT, SALES, SITE, acme, ada};

fn everything() -> Value {
    json!({
        "name": " ci ", "member": ADA.to_string(), "surface": "workspace",
        "project": SITE.to_string(), "group": SALES.to_string(),
        "tools": ["chatbot", "text-to-image"], "models": ["gpt-5", "claude-*", "*"],
        "ips": ["192.0.2.7", "10.0.0.0/8", "2001:db8::/32", "::ffff:198.51.100.9"],
        "rates": {"per_second": 5, "concurrent": 2}, "expires": "2027-01-01T01:00:00+01:00",
        "limits": [{"period": "month", "amount": "20"},
                   {"tool": "chatbot", "period": "month", "amount": "12.5"}],
    })
}

#[tokio::test]
async fn a_key_is_made_with_all_that_is_said_of_it() {
    let client = Client::of(acme().await).await;
    let answer = make(&client, &everything()).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["etag"]),
        (201, &"\"1\"".parse().unwrap())
    );
    let mut made: Value = answer.json().await.unwrap();
    let secret = made["secret"].as_str().unwrap().to_owned();
    let id = made["id"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("bursar_u_") && PlainKey::parse(&secret).is_some(), "{secret}");
    let hint = &secret[..13];
    let expected = json!({
        "id": id, "name": "ci", "hint": hint, "member": ADA.to_string(), "surface": "workspace",
        "status": "active", "group": SALES.to_string(), "project": SITE.to_string(),
        "tools": ["chatbot", "text-to-image"], "models": ["gpt-5", "claude-*", "*"],
        "ips": ["192.0.2.7/32", "10.0.0.0/8", "2001:db8::/32", "198.51.100.9/32"],
        "rates": {"per_second": 5, "per_minute": null, "concurrent": 2},
        "created": "2026-11-23T12:00:00Z", "expires": "2027-01-01T00:00:00Z",
        "secrets": [{"hint": hint, "created": "2026-11-23T12:00:00Z", "not_after": null,
                     "last_used": null, "pepper": 2}],
        "version": 1,
    });
    let answered = made.as_object_mut().unwrap();
    assert!(answered.remove("secret").is_some());
    assert_eq!(answered.remove("applied").unwrap()["missing"], json!(["node_2"]));
    assert_eq!(made, expected);
    assert_eq!(shown(&client, &id).await, expected);

    let org = client.get(&format!("/api/v1/orgs/{ORG}")).await;
    let own: Vec<_> =
        org["limits"].as_array().unwrap().iter().filter(|limit| limit["scope_id"] == id).collect();
    assert_eq!(own.len(), 2);
    assert_eq!((&own[1]["tool"], &own[1]["amount"]), (&"chatbot".into(), &"12.5".into()));
}

#[tokio::test]
async fn what_opens_a_key_is_stored_as_a_hash_with_the_pepper_of_today() {
    let store = Arc::new(acme().await);
    let client = Client::over(store.clone()).await;
    let (id, secret) = key_with(&client, json!({"name": "ci", "member": ADA.to_string()})).await;
    let (pepper, hash) = hasher().hash(&PlainKey::parse(&secret).unwrap());
    assert_eq!(pepper, 2);
    assert_eq!(store.identity(&hash).await.unwrap().unwrap().key.to_string(), id);
}

#[tokio::test]
async fn a_service_account_has_a_key_of_its_own_kind_and_no_two_are_alike() {
    let client = Client::of(acme().await).await;
    let robots = json!({"name": "nightly", "member": ROBOT.to_string()});
    let (first, one) = key_with(&client, robots.clone()).await;
    let (second, other) = key_with(&client, robots).await;
    assert!(one.starts_with("bursar_s_") && other.starts_with("bursar_s_"));
    assert!(first != second && one != other);
}

#[tokio::test]
async fn what_is_left_out_or_null_restricts_nothing() {
    let client = Client::of(acme().await).await;
    let nothing = json!({
        "name": "ci", "member": ADA.to_string(), "surface": null, "project": null, "group": null,
        "tools": null, "models": null, "ips": null, "rates": null, "expires": null, "limits": null,
    });
    for body in [json!({"name": "ci", "member": ADA.to_string()}), nothing] {
        let (key, _) = key_with(&client, body).await;
        let shown = shown(&client, &key).await;
        for field in ["project", "group", "tools", "models", "ips", "expires"] {
            assert_eq!(shown[field], Value::Null, "{field}");
        }
        let unbounded = json!({"per_second": null, "per_minute": null, "concurrent": null});
        assert_eq!((&shown["surface"], &shown["rates"]), (&"api".into(), &unbounded));
    }
}

#[tokio::test]
async fn all_mistakes_are_told_at_once_each_by_its_path() {
    let client = Client::of(acme().await).await;
    let body = json!({
        "name": "", "member": "mem_00000000000000000000000000000099", "surface": "web",
        "project": "prj_00000000000000000000000000000099", "group": "sales",
        "tools": [], "models": ["gpt-5", "a*b", ""], "ips": ["10.0.0.1/8", "local", "::ffff:0:0/96"],
        "rates": {"per_second": 0, "per_minute": "5", "concurrent": 4_294_967_296_u64, "daily": 1},
        "expires": "2026-11-23T12:00:00Z",
        "limits": [{"period": "month", "amount": "1"}, {"period": "month", "amount": 1, "scope": "org"},
                   {"tool": "chatbot"}, 7],
        "secret": "mine",
    });
    let (status, problem) = problem(make(&client, &body).await).await;
    assert_eq!((status, &problem["code"]), (400, &"invalid_request".into()));
    let mut told = paths(&problem);
    told.sort_unstable();
    let expected = [
        "expires",
        "group",
        "ips[0]",
        "ips[1]",
        "ips[2]",
        "limits[1].amount",
        "limits[1].scope",
        "limits[2].amount",
        "limits[2].period",
        "limits[3]",
        "member",
        "models[1]",
        "models[2]",
        "name",
        "project",
        "rates.concurrent",
        "rates.daily",
        "rates.per_minute",
        "rates.per_second",
        "secret",
        "surface",
        "tools",
    ];
    assert_eq!(told, expected, "{problem}");
    assert_eq!(client.changes_applied(), []);
}

#[tokio::test]
async fn a_key_is_told_what_it_cannot_have() {
    let client = Client::of(acme().await).await;
    let many: Vec<_> = (0..101).map(|n| format!("model-{n}")).collect();
    let cases = [
        (json!({"member": ROBOT.to_string(), "group": DESIGN.to_string()}), "group", "is not in"),
        (json!({"ips": ["10.0.0.1/8"]}), "ips[0]", "is 10.0.0.0/8 meant?"),
        (json!({"models": many}), "models", "at most 100"),
        (json!({"tools": ["Chat Bot"]}), "tools[0]", "lower-case"),
        (json!({"expires": "tomorrow"}), "expires", "RFC 3339"),
        (
            json!({"limits": [{"period": "day", "amount": "1"}, {"period": "day", "amount": "2"}]}),
            "limits[1]",
            "the tool and the period of one before",
        ),
    ];
    for (more, path, why) in cases {
        let mut body = json!({"name": "ci", "member": ADA.to_string()});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, problem) = problem(make(&client, &body).await).await;
        assert_eq!((status, paths(&problem)), (400, vec![path]), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(why), "{problem}");
    }
}

#[tokio::test]
async fn a_project_is_one_that_the_member_may_charge() {
    let store = acme().await;
    let data = store.load(ORG).await.unwrap().unwrap();
    let site = data.projects[0].clone();
    let closed = store::Project { members: Some(vec![ROBOT]), ..site.clone() };
    store.put_project(&closed).await.unwrap();
    let client = Client::of(store).await;
    for (member, status) in [(ADA, 400), (ROBOT, 201)] {
        let body = json!({"name": "ci", "member": member.to_string(), "project": SITE.to_string()});
        assert_eq!(make(&client, &body).await.status(), status);
    }
}

#[tokio::test]
async fn a_deactivated_member_gets_no_key_and_no_secret() {
    let store = acme().await;
    let mut standing = ada().standing;
    standing.status = MemberStatus::Deactivated;
    store.put_member(&Member { standing, ..ada() }).await.unwrap();
    let client = Client::of(store).await;
    let made = make(&client, &json!({"name": "ci", "member": ADA.to_string()})).await;
    let rotated = super::rotate(&client, &KEY.to_string(), &json!({})).await;
    for answer in [made, rotated] {
        let (status, problem) = problem(answer).await;
        assert_eq!((status, &problem["code"]), (409, &"conflict".into()));
        assert!(problem["detail"].as_str().unwrap().contains("deactivated"), "{problem}");
    }
    assert_eq!(client.changes_applied(), []);
}

#[tokio::test]
async fn a_key_whose_limits_cannot_be_is_not_made_either() {
    let client = Client::of(acme().await).await;
    let each = |limit: fn(&str) -> Value| PERIODS.into_iter().map(limit).collect::<Vec<_>>();
    for period in PERIODS {
        let limit = json!({"scope": "org", "tool": "chatbot", "period": period, "amount": "1"});
        let path = format!("/api/v1/orgs/{ORG}/limits");
        let put = client.request(Method::PUT, &path).json(&limit).send().await.unwrap();
        assert_eq!(put.status(), 200);
    }
    let mut limits = each(|period| json!({"period": period, "amount": "1"}));
    limits.extend(each(|period| json!({"period": period, "amount": "1", "tool": "chatbot"})));
    let body = json!({"name": "ci", "member": ADA.to_string(), "limits": limits});
    let path = format!("/api/v1/orgs/{ORG}");
    let before = client.get(&path).await;
    let (status, problem) = problem(make(&client, &body).await).await;
    assert_eq!((status, &problem["code"]), (409, &"conflict".into()));
    assert!(problem["detail"].as_str().unwrap().contains("more than 16"), "{problem}");
    assert_eq!(client.get(&path).await, before);
}

const PERIODS: [&str; 5] = ["day", "week", "month", "cycle", "total"];
