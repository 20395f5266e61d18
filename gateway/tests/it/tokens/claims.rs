//! What the claims of a token say is what its calls are charged to.

use ledger::{Charge, GroupId, MemberId, Surface};
use reqwest::Response;
use serde_json::{Value, json};
use store::{Member, Store};

use super::{Desk, NAMED, and, no, yes};
use crate::calls::{CHAT, IMAGES, MODELS, chat};
use crate::edits::{bounds, patience, price};
use crate::house::House;
use crate::people::{Caller, member_row};
use crate::watch::{micros, request_id};

/// The charge of a flat call.
async fn charged(house: &House, bearer: &Caller) -> Charge {
    let response = house.call(bearer, CHAT, &chat("mock-flat")).await;
    assert_eq!(response.status(), 200);
    charge_of(house, &response).await
}

/// The charge of the call that was answered so.
async fn charge_of(house: &House, response: &Response) -> Charge {
    let id = request_id(response).parse().unwrap();
    loop {
        match house.store.charge(house.org, id).await.unwrap() {
            Some(charge) => break charge,
            None => tokio::task::yield_now().await,
        }
    }
}

async fn group(desk: &Desk, name: &str) -> GroupId {
    let id = GroupId::from_u128(desk.house.next());
    let (org, name, managers) = (desk.house.org, name.to_owned(), Vec::new());
    desk.house.store.put_group(&store::Group { id, org, name, managers }).await.unwrap();
    desk.house.take_in().await;
    id
}

#[tokio::test]
async fn the_charge_goes_to_the_first_of_the_tokens_groups_that_the_member_is_in() {
    let desk = Desk::new().await;
    let (home, lab, other) =
        (group(&desk, "home").await, group(&desk, "lab").await, group(&desk, "other").await);
    let mut ada = desk.member("ada").await;
    ada.standing.home = Some(home);
    ada.standing.groups = vec![home, lab];
    desk.put(&ada).await;
    let with = |groups: Value| desk.bearer(&and(desk.claims("ada"), json!({"groups": groups})));
    for (groups, expected) in [
        (json!(["nowhere", "other", "lab", "home"]), lab),
        (json!([lab.to_string()]), lab),
        (json!([other.to_string()]), home),
        (json!(["LAB"]), home),
        (json!([]), home),
    ] {
        let charge = charged(&desk.house, &with(groups.clone())).await;
        assert_eq!(charge.group, Some(expected), "{groups}");
    }
    // Who leaves a group no longer charges it, though the token is remembered.
    let bearer = with(json!(["lab"]));
    assert_eq!(charged(&desk.house, &bearer).await.group, Some(lab));
    ada.standing.groups = vec![home];
    desk.put(&ada).await;
    assert_eq!(charged(&desk.house, &bearer).await.group, Some(home));
}

#[tokio::test]
async fn a_token_names_a_project_that_its_bearer_may_use_and_the_header_another() {
    let desk = Desk::new().await;
    desk.member("ada").await;
    let (new, _) =
        (desk.house.project("new", None).await, desk.house.project("theirs", Some(&[])).await);
    let other = desk.house.project("other", None).await;
    let of = |slug: &str| desk.bearer(&and(desk.claims("ada"), json!({"project": slug})));
    assert_eq!(charged(&desk.house, &of("new")).await.project, Some(new));
    let call = desk.house.post(&of("new"), CHAT, &chat("mock-flat"));
    let response = call.header("x-bursar-project", "other").send().await.unwrap();
    let id = request_id(&response);
    assert_eq!(response.status(), 200);
    desk.house.ended(&of("new"), &id).await;
    desk.house.quiet().await;
    let charge = loop {
        match desk.house.store.charge(desk.house.org, id.parse().unwrap()).await.unwrap() {
            Some(charge) => break charge,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!(charge.project, Some(other));
    for slug in ["theirs", "unheard-of"] {
        let (status, code, told) = desk.told(&of(slug)).await;
        assert_eq!((status, &*code), (403, "project_not_allowed"));
        let message = told["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("of this token, `{slug}`")), "{message}");
        assert_eq!(desk.house.get(&of(slug), MODELS).await.status(), 200);
    }
}

#[tokio::test]
async fn a_token_restricts_its_bearer_to_tools_and_never_widens() {
    let desk = Desk::new().await;
    let mut ada = desk.member("ada").await;
    let with = |tools: Value| desk.bearer(&and(desk.claims("ada"), json!({"tools": tools})));
    let image = json!({"model": "mock-image", "prompt": "a cat", "n": 1});
    for (tools, chats, paints) in [
        (json!(["chatbot"]), 200, 403),
        (json!(["text-to-image", "unheard-of"]), 403, 200),
        (json!([]), 403, 403),
    ] {
        let bearer = with(tools.clone());
        assert_eq!(desk.call(&bearer).await.0, chats, "{tools}");
        assert_eq!(desk.house.call(&bearer, IMAGES, &image).await.status(), paints, "{tools}");
        assert_eq!(desk.house.get(&bearer, MODELS).await.status(), 200);
    }
    let chatbot = with(json!(["chatbot"]));
    ada.standing.tools = Some(vec![ledger::Tool::new("text-to-image")]);
    desk.put(&ada).await;
    assert_eq!(desk.call(&chatbot).await, no(403, "tool_not_allowed"));
}

#[tokio::test]
async fn a_token_says_where_its_calls_come_from() {
    let desk = Desk::new().await;
    desk.member("ada").await;
    let from = |surface: &str| desk.bearer(&and(desk.claims("ada"), json!({"surface": surface})));
    assert_eq!(charged(&desk.house, &from("extension")).await.surface, Surface::Extension);
    assert_eq!(charged(&desk.house, &from("workspace")).await.surface, Surface::Workspace);
    assert_eq!(desk.call(&from("elsewhere")).await, no(401, "invalid_credential"));
}

#[tokio::test]
async fn a_token_may_name_its_member_by_id() {
    let desk = Desk::with("    claims: {member: member}\n", |text| text).await;
    let id = MemberId::from_u128(desk.house.next());
    let ada: Member = member_row(desk.house.org, id, None);
    desk.put(&ada).await;
    let of = |member: String| desk.bearer(&and(desk.claims("whoever"), json!({"member": member})));
    assert_eq!(charged(&desk.house, &of(id.to_string())).await.member, id);
    let nobody = MemberId::from_u128(999).to_string();
    for member in [nobody, "ada".to_owned()] {
        assert_eq!(desk.call(&of(member)).await, no(401, "invalid_credential"));
    }
    assert_eq!(desk.call(&desk.bearer_of("whoever")).await, no(401, "invalid_credential"));
    assert_eq!(desk.call(&of(id.to_string())).await, yes());
}

#[tokio::test]
async fn a_token_names_an_organisation_that_its_issuer_may_speak_for() {
    let desk = Desk::with("", |text| text).await;
    desk.member("ada").await;
    let org = desk.house.org.to_string();
    let fixed = format!("    org: {org}\n");
    let claimed = format!("    orgs: {{claim: tenant, allowed: [\"{org}\"]}}\n");
    desk.house.reload(|text| crate::edits::replaced(&text, &fixed, &claimed));
    let of = |tenant: String| desk.bearer(&and(desk.claims("ada"), json!({"tenant": tenant})));
    assert_eq!(desk.call(&of(org)).await, yes());
    let other = ledger::OrgId::from_u128(8).to_string();
    assert_eq!(desk.call(&of(other)).await, no(401, "invalid_credential"));
    assert_eq!(desk.call(&desk.bearer_of("ada")).await, no(401, "invalid_credential"));
    assert_eq!(desk.faults("token_org").await, 1);
}

#[tokio::test]
async fn a_call_that_waited_is_charged_to_the_group_that_its_bearer_is_in_by_then() {
    let slow = "provider: openai, model: \"mock-slow:9\", per_request: \"100\"";
    let edit = |text| price(slow)(patience("60s")(bounds("hold_wait: 60s")(text)));
    let desk = Desk::with(NAMED, edit).await;
    let (home, lab) = (group(&desk, "home").await, group(&desk, "lab").await);
    let mut ada = desk.member("ada").await;
    ada.standing.home = Some(home);
    ada.standing.groups = vec![home, lab];
    desk.put(&ada).await;
    let bearer = desk.bearer(&and(desk.claims("ada"), json!({"groups": ["lab"]})));
    let running = desk.house.post(&bearer, CHAT, &chat("mock-slow:9"));
    let running = tokio::spawn(running.header("x-mock-delay-ms", 50_000).send());
    desk.house.provider.requests_when(|requests| !requests.is_empty()).await;
    let waiting = tokio::spawn(desk.house.post(&bearer, CHAT, &chat("mock-flat")).send());
    desk.house.waiting(1).await;
    ada.standing.groups = vec![home];
    desk.put(&ada).await;
    running.abort();
    let answered = waiting.await.unwrap().unwrap();
    assert_eq!(answered.status(), 200);
    assert_eq!(charge_of(&desk.house, &answered).await.group, Some(home));
    desk.house.quiet().await;
    desk.house.assert_spent(&bearer, "100", micros(1_000_000)).await;
}
