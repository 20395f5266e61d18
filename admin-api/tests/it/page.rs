//! That the page about the control plane has all of it.

use admin_api::operations;
use reqwest::Method;

use crate::client::{Client, problem};
use crate::org::{ADA, KEY, ORG, acme};

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/admin-api.md");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn every_operation_is_in_the_table_of_the_page() {
    let page = page();
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| [`")).collect();
    for (method, path) in operations() {
        let end = |rest: &str| rest.starts_with('`') || rest.starts_with(':');
        let begins =
            |row: &&str| row[3..].strip_prefix(&format!("`{method} {path}")).is_some_and(end);
        assert!(rows.iter().any(begins), "{method} {path} is not on the page");
    }
    let named = |row: &str| {
        let name = row[4..].split(['`', ' ']).nth(1).unwrap_or_default();
        let plain = name.split_once("}:").map_or(name, |(thing, _)| thing);
        plain.trim_end_matches('}').to_owned()
    };
    for row in rows {
        let name = named(row);
        let known = |(_, path): (Method, &str)| path.trim_end_matches('}') == name;
        assert!(operations().any(known), "there is no {name}");
    }
}

#[tokio::test]
async fn every_verb_is_on_the_page() {
    let client = Client::of(acme().await).await;
    let page = page();
    let mut found = 0;
    for thing in [format!("keys/{KEY}"), format!("members/{ADA}")] {
        let path = format!("/api/v1/orgs/{ORG}/{thing}:nothing");
        let answer = client.request(Method::POST, &path).send().await.unwrap();
        let (_, told) = problem(answer).await;
        let (_, verbs) = told["detail"].as_str().unwrap().rsplit_once(':').unwrap();
        for verb in verbs.trim_matches('`').split('|') {
            assert!(page.contains(&format!(":{verb}`")), "{verb} is not on the page");
            found += 1;
        }
    }
    assert_eq!(found, 9);
}
