//! `PATCH /api/v1/orgs/{org}/members/{member}`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ledger::MemberStatus;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use store::Member;

use super::verb;
use crate::client::{Client, paths, problem};
use crate::meddled::Meddled;
use crate::org::{ADA, ORG, ROBOT, SALES, acme};

async fn edit(client: &Client, body: &Value) -> Response {
    let path = format!("/api/v1/orgs/{ORG}/members/{ADA}");
    client.request(Method::PATCH, &path).json(body).send().await.unwrap()
}

#[tokio::test]
async fn a_member_is_edited_field_by_field() {
    let client = Client::of(acme().await).await;
    let path = format!("/api/v1/orgs/{ORG}");
    let mut expected = client.get(&path).await["members"][0].clone();
    let subjects = json!([{"issuer": "https://login.example.com/", "subject": "u-1"}]);
    for changes in [
        json!({"name": "Ada L.", "tools": ["chatbot"], "rates": {"per_minute": 60}}),
        json!({"subjects": subjects, "job_role": null}),
        json!({"groups": [SALES.to_string()], "home_group": SALES.to_string()}),
        json!({"groups": null, "home_group": null, "tools": null, "subjects": null}),
        json!({}),
    ] {
        let answer = edit(&client, &changes).await;
        assert_eq!(answer.status(), 200, "{changes}");
        expected.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        for emptied in ["groups", "subjects"] {
            if expected[emptied].is_null() {
                expected[emptied] = json!([]);
            }
        }
        expected["rates"] = json!({"per_second": null, "per_minute": 60, "concurrent": null});
        let mut answered: Value = answer.json().await.unwrap();
        assert!(answered.as_object_mut().unwrap().remove("applied").is_some());
        assert_eq!(answered, expected, "{changes}");
        assert_eq!(client.get(&path).await["members"][0], expected, "{changes}");
    }
}

#[tokio::test]
async fn what_a_member_cannot_become_is_told_at_once_and_not_done() {
    let client = Client::of(acme().await).await;
    let body = json!({
        "name": null, "tools": [], "role": "owner", "status": "active",
        "rates": {"per_second": 1.5}, "groups": [SALES.to_string(), SALES.to_string(), "grp_1"],
        "subjects": [{"issuer": "a", "subject": "b"}, {"issuer": "a"}, {"issuer": "", "subject": "c", "email": "d"}],
    });
    let (code, told) = problem(edit(&client, &body).await).await;
    let mut places = paths(&told);
    places.sort_unstable();
    let expected = [
        "groups[1]",
        "groups[2]",
        "name",
        "rates.per_second",
        "role",
        "status",
        "subjects[1].subject",
        "subjects[2].email",
        "subjects[2].issuer",
        "tools",
    ];
    assert_eq!((code, places), (400, expected.to_vec()));
    for (body, place) in [
        (json!({"groups": [SALES.to_string()]}), "home_group"),
        (
            json!({"subjects": [{"issuer": "a", "subject": "b"}, {"issuer": "a", "subject": "b"}]}),
            "subjects[1]",
        ),
    ] {
        let (code, told) = problem(edit(&client, &body).await).await;
        assert_eq!((code, paths(&told)), (400, vec![place]));
    }
    assert_eq!(client.changes_applied(), []);
}

#[tokio::test]
async fn nobody_gets_the_subject_of_another_member() {
    let client = Client::of(acme().await).await;
    let subjects =
        json!({"subjects": [{"issuer": "https://login.example.com/", "subject": "u-1"}]});
    assert_eq!(edit(&client, &subjects).await.status(), 200);
    let path = format!("/api/v1/orgs/{ORG}/members/{ROBOT}");
    let answer = client.request(Method::PATCH, &path).json(&subjects).send().await.unwrap();
    assert_eq!(problem(answer).await.0, 409);
}

#[tokio::test]
async fn edits_and_verbs_of_a_member_at_the_same_time_all_happen() {
    let client = Client::of(acme().await).await;
    for n in 1..=20 {
        let rates = json!({"rates": {"per_second": n}});
        let status = if n % 2 == 0 { "restore-access" } else { "remove-access" };
        let named = json!({"name": format!("Ada {n}")});
        let (one, two, done) =
            tokio::join!(edit(&client, &rates), edit(&client, &named), verb(&client, status));
        assert_eq!((one.status().as_u16(), two.status().as_u16()), (200, 200));
        let ada = client.get(&format!("/api/v1/orgs/{ORG}")).await["members"][0].clone();
        assert_eq!((&ada["rates"]["per_second"], &ada["name"]), (&json!(n), &named["name"]));
        assert_eq!(ada["status"], done["status"]);
    }
}

/// Ada, who loses what she has once, while she is edited.
async fn losing(lose: fn(&mut Member)) -> Client {
    let once = AtomicBool::new(true);
    let meddled = Meddled::with_member(acme().await, move |mut member| {
        lose(&mut member);
        once.swap(false, Ordering::SeqCst).then_some(member)
    });
    Client::over(Arc::new(meddled)).await
}

#[tokio::test]
async fn an_edit_does_not_give_back_the_access_that_was_removed_meanwhile() {
    let client = losing(|member| member.standing.status = MemberStatus::AccessRemoved).await;
    let answer = edit(&client, &json!({"name": "Ada L."})).await;
    assert_eq!(answer.status(), 200);
    let answered: Value = answer.json().await.unwrap();
    assert_eq!(
        (&answered["name"], &answered["status"]),
        (&"Ada L.".into(), &"access_removed".into())
    );
}

#[tokio::test]
async fn a_member_that_is_deactivated_keeps_its_subjects_also_when_it_is_meanwhile() {
    let client = losing(|member| member.standing.status = MemberStatus::Deactivated).await;
    let subjects = json!([{"issuer": "corp", "subject": "ada"}]);
    let answer = edit(&client, &json!({"subjects": subjects})).await;
    assert_eq!(answer.status(), 200);
    for fewer in [json!([]), json!([{"issuer": "corp", "subject": "eve"}])] {
        let (code, told) = problem(edit(&client, &json!({"subjects": fewer})).await).await;
        assert_eq!((code, paths(&told)), (400, vec!["subjects"]));
    }
    let more = json!([{"issuer": "corp", "subject": "ada"}, {"issuer": "idp", "subject": "7"}]);
    assert_eq!(edit(&client, &json!({"subjects": more})).await.status(), 200);
}

#[tokio::test]
async fn a_member_stays_in_the_group_that_one_of_its_keys_charges() {
    let client = Client::of(acme().await).await;
    let only_sales = json!({"groups": [SALES.to_string()], "home_group": null});
    assert_eq!(edit(&client, &only_sales).await.status(), 200);
    let path = format!("/api/v1/orgs/{ORG}/keys");
    let body = json!({"name": "sales", "member": ADA.to_string(), "group": SALES.to_string()});
    let made: Value =
        client.request(Method::POST, &path).json(&body).send().await.unwrap().json().await.unwrap();
    let leave = json!({"groups": []});
    let (code, told) = problem(edit(&client, &leave).await).await;
    assert_eq!((code, paths(&told)), (400, vec!["groups"]));
    let revoke = format!("{path}/{}:revoke", made["id"].as_str().unwrap());
    assert_eq!(client.request(Method::POST, &revoke).send().await.unwrap().status(), 200);
    assert_eq!(edit(&client, &leave).await.status(), 200);
}
