//! `GET /api/v1/orgs` and `GET /api/v1/orgs/{org}`.

use ledger::OrgId;
use reqwest::Method;
use serde_json::Value;
use store::{Model, Store};

use crate::client::{Client, paths, problem};
use crate::org::{ORG, acme, org};

/// A control plane with so many organisations.
async fn with_orgs(count: u128) -> Client {
    let store = Model::default();
    for n in 1..=count {
        store.put_org(&org(OrgId::from_u128(n), &format!("Org {n}"))).await.unwrap();
    }
    Client::of(store).await
}

fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|org| org["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_pages_of_a_list_hold_everything_once_and_in_order() {
    let client = with_orgs(7).await;
    let (mut path, mut seen, mut pages) = ("/api/v1/orgs?limit=3".to_owned(), vec![], 0);
    loop {
        let page = client.get(&path).await;
        seen.extend(names(&page).into_iter().map(str::to_owned));
        pages += 1;
        assert_eq!(page["has_more"], !page["next_cursor"].is_null());
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/orgs?cursor={next}&limit=3");
    }
    let all: Vec<String> = (1..=7).map(|n| format!("Org {n}")).collect();
    assert_eq!((seen, pages), (all, 3));
}

#[tokio::test]
async fn a_list_that_ends_with_its_page_has_no_more() {
    let client = with_orgs(50).await;
    let page = client.get("/api/v1/orgs").await;
    assert_eq!((names(&page).len(), &page["has_more"]), (50, &false.into()));
    assert_eq!(page["next_cursor"], Value::Null);
    let all = client.get("/api/v1/orgs?limit=100").await;
    assert_eq!(all, page);
}

#[tokio::test]
async fn no_organisations_are_an_empty_list() {
    let page = with_orgs(0).await.get("/api/v1/orgs").await;
    assert_eq!(page, serde_json::json!({ "data": [], "next_cursor": null, "has_more": false }));
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused_with_all_its_mistakes() {
    let client = with_orgs(1).await;
    let cases: [(&str, &[&str]); 10] = [
        ("limit=0", &["limit"]),
        ("limit=101", &["limit"]),
        ("limit=-1", &["limit"]),
        ("limit=ten", &["limit"]),
        ("limit=", &["limit"]),
        ("limit=5&limit=5", &["limit"]),
        ("cursor=", &["cursor"]),
        ("cursor=cur_zz", &["cursor"]),
        ("cursor=cur_0000000000000000000000000000000A", &["cursor"]),
        ("limit=0&cursor=x&offset=3", &["limit", "cursor", "offset"]),
    ];
    for (query, places) in cases {
        let path = format!("/api/v1/orgs?{query}");
        let answer = client.request(Method::GET, &path).send().await.unwrap();
        let (status, problem) = problem(answer).await;
        assert_eq!((status, &problem["code"]), (400, &"invalid_request".into()), "{query}");
        assert_eq!(paths(&problem), places, "{query}");
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "the whole answer, line by line")]
async fn an_organisation_is_shown_with_its_people_keys_grants_and_limits() {
    let client = Client::of(acme().await).await;
    let shown = client.get(&format!("/api/v1/orgs/{ORG}")).await;
    insta::assert_json_snapshot!(shown, @r#"
    {
      "anchor_day": 15,
      "contact": "it@acme.example",
      "created": "2026-11-23T12:00:00Z",
      "grants": [
        {
          "amount": "1000",
          "available": "1000",
          "created": "2026-11-23T12:00:00Z",
          "end": "2026-12-23T12:00:00Z",
          "everyone": true,
          "groups": [],
          "id": "gra_00000000000000000000000000000050",
          "kind": "allocation",
          "leased": "0",
          "members": [],
          "spent": "0",
          "start": "2026-11-23T12:00:00Z"
        },
        {
          "amount": "12.5",
          "available": "12.5",
          "created": "2026-11-23T12:00:00Z",
          "end": null,
          "everyone": false,
          "groups": [
            "grp_00000000000000000000000000000011"
          ],
          "id": "gra_00000000000000000000000000000051",
          "kind": "top_up",
          "leased": "0",
          "members": [
            "mem_00000000000000000000000000000021"
          ],
          "spent": "0",
          "start": "2026-11-23T12:00:00Z"
        }
      ],
      "groups": [
        {
          "id": "grp_00000000000000000000000000000010",
          "managers": [
            "mem_00000000000000000000000000000020"
          ],
          "name": "Design"
        },
        {
          "id": "grp_00000000000000000000000000000011",
          "managers": [],
          "name": "Sales"
        }
      ],
      "id": "org_0000000000000000000000000000000a",
      "keys": [
        {
          "created": "2026-11-23T12:00:00Z",
          "expires": null,
          "group": null,
          "hint": "bursar_u_4fNv",
          "id": "key_00000000000000000000000000000040",
          "ips": null,
          "member": "mem_00000000000000000000000000000020",
          "models": null,
          "name": "laptop",
          "project": null,
          "rates": {
            "concurrent": null,
            "per_minute": null,
            "per_second": null
          },
          "secrets": [
            {
              "created": "2026-11-23T12:00:00Z",
              "hint": "bursar_u_4fNv",
              "last_used": null,
              "not_after": null,
              "pepper": 1
            }
          ],
          "status": "active",
          "surface": "api",
          "tools": null,
          "version": 1
        }
      ],
      "limits": [
        {
          "amount": "500",
          "id": "lim_00000000000000000000000000000060",
          "period": "cycle",
          "scope": "org",
          "scope_id": null,
          "tool": null
        },
        {
          "amount": "0.25",
          "id": "lim_00000000000000000000000000000061",
          "period": "day",
          "scope": "member",
          "scope_id": "mem_00000000000000000000000000000020",
          "tool": "text-to-image"
        }
      ],
      "members": [
        {
          "groups": [
            "grp_00000000000000000000000000000010",
            "grp_00000000000000000000000000000011"
          ],
          "home_group": "grp_00000000000000000000000000000010",
          "id": "mem_00000000000000000000000000000020",
          "job_role": "designer",
          "name": "Ada",
          "rates": {
            "concurrent": null,
            "per_minute": null,
            "per_second": null
          },
          "role": "manager",
          "service_account": false,
          "status": "active",
          "subjects": [],
          "tokens_valid_after": null,
          "tools": null
        },
        {
          "groups": [],
          "home_group": null,
          "id": "mem_00000000000000000000000000000021",
          "job_role": null,
          "name": "Robot",
          "rates": {
            "concurrent": null,
            "per_minute": null,
            "per_second": null
          },
          "role": "member",
          "service_account": true,
          "status": "access_removed",
          "subjects": [],
          "tokens_valid_after": null,
          "tools": null
        }
      ],
      "name": "Acme",
      "plan": {
        "allocation": "1000",
        "name": "team",
        "price": {
          "currency": "EUR",
          "minor": 49900
        }
      },
      "projects": [
        {
          "client": "Zenith",
          "id": "prj_00000000000000000000000000000030",
          "members": null,
          "slug": "site",
          "status": "active"
        }
      ],
      "rates": {
        "concurrent": null,
        "per_minute": null,
        "per_second": null
      },
      "require_project": false,
      "time_zone": "Europe/Berlin"
    }
    "#);
}

#[tokio::test]
async fn nothing_that_opens_a_key_is_shown() {
    let client = Client::of(acme().await).await;
    let shown = client.get(&format!("/api/v1/orgs/{ORG}")).await;
    let key = shown["keys"][0].as_object().unwrap();
    let fields: Vec<_> = key.keys().map(String::as_str).collect();
    let known = "created expires group hint id ips member models name project rates secrets status \
                 surface tools version";
    assert_eq!(fields, known.split_whitespace().collect::<Vec<_>>());
    let secret = key["secrets"][0].as_object().unwrap();
    let fields: Vec<_> = secret.keys().map(String::as_str).collect();
    assert_eq!(fields, ["created", "hint", "last_used", "not_after", "pepper"]);
    assert!(!shown.to_string().contains("eeeeeeee"), "the hash is 0xEE all over");
}

#[tokio::test]
async fn an_organisation_that_is_not_there_is_not_found_and_the_reason_is_said() {
    let client = Client::of(acme().await).await;
    let free = OrgId::from_u128(0xff).to_string();
    let capital = ORG.to_string().replace('a', "A");
    let form = "is not the id of an organisation";
    let cases = [
        (free.as_str(), "there is no organisation"),
        ("acme", form),
        ("mem_00000000000000000000000000000020", form),
        ("org_0a", form),
        (capital.as_str(), form),
        ("%ff", "UTF-8"),
    ];
    for (id, why) in cases {
        let path = format!("/api/v1/orgs/{id}");
        let answer = client.request(Method::GET, &path).send().await.unwrap();
        let (status, problem) = problem(answer).await;
        assert_eq!((status, &problem["code"]), (404, &"not_found".into()), "{id}");
        assert!(problem["detail"].as_str().unwrap().contains(why), "{id}: {problem}");
    }
}
