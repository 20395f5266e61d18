//! Who may enter.

use admin_api::{AdminTokens, operations};
use reqwest::Method;

use crate::client::{Client, TOKEN, problem};
use crate::org::{ADA, KEY, LIMIT, ORG, acme};

/// The path of an operation, with an organisation that is there, and what is in it.
fn with_ids(method: &Method, path: &str) -> String {
    let verb = |verb| if *method == Method::POST { verb } else { "" };
    path.replace("{org}", &ORG.to_string())
        .replace("{key}", &format!("{KEY}{}", verb(":revoke")))
        .replace("{member}", &format!("{ADA}{}", verb(":remove-access")))
        .replace("{limit}", &LIMIT.to_string())
}

#[tokio::test]
async fn every_operation_refuses_a_request_without_a_token() {
    let client = Client::of(acme().await).await;
    let mut walked = 0;
    for (method, path) in operations() {
        let answer = client.bare(method.clone(), &with_ids(&method, path)).send().await.unwrap();
        assert_eq!(answer.headers()["www-authenticate"], "Bearer", "{method} {path}");
        let (status, problem) = problem(answer).await;
        assert_eq!((status, &problem["code"]), (401, &"invalid_credential".into()));
        walked += 1;
    }
    assert!(walked >= 15, "the table of operations is walked");
}

#[tokio::test]
async fn every_operation_is_served_to_the_bearer_of_a_token() {
    let client = Client::of(acme().await).await;
    for (method, path) in operations() {
        let answer = client.request(method.clone(), &with_ids(&method, path)).send().await.unwrap();
        let status = answer.status().as_u16();
        assert!(![401, 404, 405].contains(&status), "{method} {path}: {status}");
    }
}

#[tokio::test]
async fn what_is_not_exactly_a_token_opens_nothing() {
    let client = Client::of(acme().await).await;
    let cases = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        TOKEN.to_owned(),
        format!("Basic {TOKEN}"),
        format!("Bearer {TOKEN}x"),
        format!("Bearer {}", &TOKEN[..TOKEN.len() - 1]),
        format!("Bearer {}", TOKEN.to_lowercase()),
        format!("Bearer {TOKEN} {TOKEN}"),
        format!("Bearer {TOKEN},bursar_a_another"),
        "Bearer bursar_u_4fNv0Qm2bS8xKJ7tWcYpL1dRz9hGe33sT5Ua".to_owned(),
    ];
    for header in cases {
        let request = client.bare(Method::GET, "/api/v1/orgs").header("authorization", &header);
        let (status, problem) = problem(request.send().await.unwrap()).await;
        assert_eq!((status, &problem["code"]), (401, &"invalid_credential".into()), "{header}");
        assert!(!problem.to_string().contains("4fNv"), "a credential is never repeated: {problem}");
    }
}

#[tokio::test]
async fn any_of_the_tokens_opens_in_any_spelling_of_the_scheme() {
    let client = Client::of(acme().await).await;
    for header in [format!("bearer {TOKEN}"), "BEARER bursar_a_another".to_owned()] {
        let request = client.bare(Method::GET, "/api/v1/orgs").header("authorization", &header);
        assert_eq!(request.send().await.unwrap().status(), 200, "{header}");
    }
}

#[tokio::test]
async fn two_tokens_are_one_too_many_even_when_both_are_right() {
    let client = Client::of(acme().await).await;
    let request = client.request(Method::GET, "/api/v1/orgs").header("authorization", "Bearer x");
    let (status, problem) = problem(request.send().await.unwrap()).await;
    assert_eq!((status, &problem["code"]), (400, &"ambiguous_credential".into()));
}

#[tokio::test]
async fn paths_that_are_not_there_are_not_told_to_strangers() {
    let client = Client::of(acme().await).await;
    let answer = client.bare(Method::GET, "/api/v1/nothing").send().await.unwrap();
    assert_eq!(answer.status(), 401);
}

#[test]
fn tokens_are_not_printed() {
    let tokens = AdminTokens::new([TOKEN.to_owned()]);
    assert_eq!(format!("{tokens:?}"), "AdminTokens([redacted])");
}
