//! A call is charged to a project that its caller may use, whoever named it.

use ledger::{KeyStanding, ProjectId};
use reqwest::Response;
use serde_json::{Value, json};
use store::{Org, Project, ProjectStatus, Store};

use crate::calls::{CHAT, MODELS, chat};
use crate::edits::{bounds, patience, price};
use crate::house::{House, organisation};
use crate::people::Caller;
use crate::watch::{micros, request_id};

const PROJECT: &str = "x-bursar-project";

async fn told(response: Response) -> (u16, String, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    let said = |field: &str| body["error"][field].as_str().unwrap_or_default().to_owned();
    (status, said("code"), said("message"))
}

/// Status and code of a flat call with such project headers.
async fn named(house: &House, caller: &Caller, slugs: &[&str]) -> (u16, String) {
    let call = house.post(caller, CHAT, &chat("mock-flat"));
    let call = slugs.iter().fold(call, |call, slug| call.header(PROJECT, *slug));
    let (status, code, _) = told(call.send().await.unwrap()).await;
    (status, code)
}

/// Changes a project.
async fn put(house: &House, id: ProjectId, slug: &str, change: impl FnOnce(&mut Project)) {
    let mut project = Project {
        id,
        org: house.org,
        slug: slug.to_owned(),
        client: "A client".to_owned(),
        status: ProjectStatus::Active,
        members: None,
    };
    change(&mut project);
    house.store.put_project(&project).await.unwrap();
    house.take_in().await;
}

fn archived(project: &mut Project) {
    project.status = ProjectStatus::Archived;
}

async fn require_project(house: &House, require_project: bool) {
    let org = Org { require_project, ..organisation(house.org) };
    house.store.put_org(&org).await.unwrap();
    house.take_in().await;
}

fn no(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn yes() -> (u16, String) {
    no(200, "")
}

#[tokio::test]
async fn a_header_names_one_project_that_its_caller_may_use() {
    let house = House::new().await;
    let (caller, other) = (house.caller("10").await, house.caller("10").await);
    let old = house.project("old", None).await;
    put(&house, old, "old", archived).await;
    house.project("new", None).await;
    house.project("theirs", Some(&[&other])).await;
    for (slugs, expected) in [
        (&["new"][..], yes()),
        (&[" new "], yes()),
        (&["nwe"], no(400, "invalid_request")),
        (&["NEW"], no(400, "invalid_request")),
        (&[""], no(400, "invalid_request")),
        (&["  "], no(400, "invalid_request")),
        (&["new", "new"], no(400, "invalid_request")),
        (&["new", "theirs"], no(400, "invalid_request")),
        (&["old"], no(403, "project_not_allowed")),
        (&["theirs"], no(403, "project_not_allowed")),
    ] {
        assert_eq!(named(&house, &caller, slugs).await, expected, "{slugs:?}");
        let models = house.client.get(house.url(MODELS)).bearer_auth(&caller.secret);
        let models = slugs.iter().fold(models, |call, slug| call.header(PROJECT, *slug));
        assert_eq!(models.send().await.unwrap().status().as_u16(), expected.0, "{slugs:?}");
    }
    assert_eq!(named(&house, &other, &["theirs"]).await, yes());
    assert_eq!(house.provider.bill().models["mock-flat"].answered, 3);
}

#[tokio::test]
async fn the_project_of_a_key_has_to_be_usable_too() {
    let house = House::new().await;
    let group = house.group(&[]).await;
    let project = house.project("retainer", None).await;
    house.project("other", None).await;
    let caller = house.caller_of(group, project).await;
    let keeps = |key: &mut KeyStanding| key.project = Some(project);
    assert_eq!(named(&house, &caller, &[]).await, yes());
    let nobody = |project: &mut Project| project.members = Some(Vec::new());
    for (change, why) in [(archived as fn(&mut Project), "archived"), (nobody, "not among")] {
        put(&house, project, "retainer", change).await;
        let (status, code, message) =
            told(house.call(&caller, CHAT, &chat("mock-flat")).await).await;
        assert_eq!((status, &*code), (403, "project_not_allowed"));
        assert!(message.contains("of this key, `retainer`") && message.contains(why), "{message}");
        // What costs nothing is charged to nobody, and another project is another matter.
        assert_eq!(house.get(&caller, MODELS).await.status(), 200);
        assert_eq!(named(&house, &caller, &["other"]).await, yes());
        put(&house, project, "retainer", |_| {}).await;
        assert_eq!(named(&house, &caller, &[]).await, yes());
    }
    put(&house, project, "retainer", |project| project.members = Some(vec![caller.member])).await;
    assert_eq!(named(&house, &caller, &[]).await, yes());
    house.change_key(&caller, keeps).await;
    assert_eq!(named(&house, &caller, &[]).await, yes());
}

#[tokio::test]
async fn an_organisation_may_require_a_project_from_one_call_to_the_next() {
    let house = House::new().await;
    let group = house.group(&[]).await;
    let project = house.project("retainer", None).await;
    let (caller, keyed) = (house.caller("10").await, house.caller_of(group, project).await);
    assert_eq!(named(&house, &caller, &[]).await, yes());
    require_project(&house, true).await;
    let response = house.call(&caller, CHAT, &chat("mock-flat")).await;
    let told: Value = response.json().await.unwrap();
    assert_eq!(told["error"]["code"], "project_required");
    assert_eq!(
        (&told["error"]["param"], &told["error"]["retryable"]),
        (&json!(PROJECT), &json!(false))
    );
    assert!(told["error"]["ask"].is_string());
    assert_eq!(named(&house, &caller, &[]).await, no(400, "project_required"));
    assert_eq!(house.get(&caller, MODELS).await.status(), 200);
    assert_eq!(named(&house, &caller, &["retainer"]).await, yes());
    assert_eq!(named(&house, &keyed, &[]).await, yes());
    let house = house.restarted().await;
    assert_eq!(named(&house, &caller, &[]).await, no(400, "project_required"));
    require_project(&house, false).await;
    assert_eq!(named(&house, &caller, &[]).await, yes());
}

#[tokio::test]
async fn a_project_that_is_archived_while_its_call_waits_is_not_charged() {
    let slow = "provider: openai, model: \"mock-slow:9\", per_request: \"1\"";
    let house =
        House::with(|text| price(slow)(patience("60s")(bounds("hold_wait: 60s")(text)))).await;
    let caller = house.caller("1").await;
    let project = house.project("new", None).await;
    let running = house.post(&caller, CHAT, &chat("mock-slow:9")).header("x-mock-delay-ms", 50_000);
    let running = tokio::spawn(running.send());
    house.provider.requests_when(|requests| !requests.is_empty()).await;
    let waiting = house.post(&caller, CHAT, &chat("mock-flat")).header(PROJECT, "new");
    let waiting = tokio::spawn(waiting.send());
    house.waiting(1).await;
    put(&house, project, "new", archived).await;
    running.abort();
    let response = waiting.await.unwrap().unwrap();
    let id = request_id(&response);
    assert_eq!(told(response).await.1, "project_not_allowed");
    assert_eq!(house.get(&caller, &format!("/bursar/v1/requests/{id}")).await.status(), 404);
    house.quiet().await;
    house.assert_spent(&caller, "1", micros(0)).await;
    assert!(!house.provider.bill().models.contains_key("mock-flat"));
}
