//! `bursar org import`: an organisation from a file, whose keys open a gateway.

use mock_provider::{MockProvider, Options};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Process, bursar, chat, get, run};

const PEOPLE: &str = r#"{
    "name": "Acme",
    "groups": [{"name": "lab", "managers": ["ada"]}],
    "members": [{"name": "ada", "role": "manager", "groups": ["lab"]},
                {"name": "robot", "service_account": true, "groups": ["lab"]}],
    "keys": [{"name": "laptop", "member": "ada"}, {"name": "nightly", "member": "robot"}],
    "grants": [{"kind": "top_up", "amount": "2", "groups": ["lab"]}],
    "limits": [{"scope": "key", "of": "nightly", "period": "total", "amount": "1"}]
}"#;

/// A folder with a config, whose store is in it.
struct House {
    folder: TempDir,
}

impl House {
    fn new(provider: &MockProvider) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            r#"
version: 1
listen: {{gateway: "127.0.0.1:0", admin: "127.0.0.1:0", operations: "127.0.0.1:0"}}
data_dir: {}
secrets:
  peppers: {{current: 1, versions: {{1: "${{SECRET}}"}}}}
  admin_tokens: ["${{SECRET}}"]
tools: [chatbot]
providers:
  openai:
    prefix: /openai
    dialect: openai
    base_url: {}
    routes: [{{method: POST, path: /v1/chat/completions, tool: chatbot, meter: openai-chat}}]
price_book: {{version: "1", prices: [{{provider: openai, model: mock-flat, per_request: "1"}}]}}
"#,
            folder.path().display(),
            provider.url()
        );
        std::fs::write(folder.path().join("bursar.yaml"), config).unwrap();
        Self { folder }
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = bursar(arguments);
        command.arg("--config").arg(self.folder.path().join("bursar.yaml"));
        command.env("SECRET", "as-long-as-a-pepper-has-to-be-or-longer");
        command.env("BURSAR_LOG_FORMAT", "json");
        command
    }

    fn import(&self, people: &str) -> (i32, String, String) {
        let file = self.folder.path().join("people.json");
        std::fs::write(&file, people).unwrap();
        run(self.command(&["org", "import"]).arg(file))
    }
}

#[tokio::test]
async fn the_keys_of_an_imported_organisation_spend_its_credits_up_to_its_limits() {
    let provider = MockProvider::start(Options::default()).await.unwrap();
    let house = House::new(&provider);
    let (code, said, errors) = house.import(PEOPLE);
    assert_eq!(code, 0, "{errors}");
    let imported: Value = serde_json::from_str(&said).unwrap();
    let key = |index: usize| imported["keys"][index]["key"].as_str().unwrap();
    assert!(key(0).starts_with("bursar_u_") && key(1).starts_with("bursar_s_"), "{said}");
    assert!(imported["limits"][0].as_str().unwrap().starts_with("lim_"), "{said}");

    let mut serving = Process::start(&mut house.command(&["serve"]));
    let line: Value = serde_json::from_str(&serving.says("\"ready\"").await).unwrap();
    let gateway = format!("http://{}", line["fields"]["gateway"].as_str().unwrap());
    assert_eq!(chat(&gateway, key(1), "mock-flat").await.0, 200);
    assert_eq!(chat(&gateway, key(1), "mock-flat").await.0, 402, "its limit");
    assert_eq!(chat(&gateway, key(0), "mock-flat").await.0, 200);
    assert_eq!(chat(&gateway, key(0), "mock-flat").await.0, 402, "the grant of both");
    assert_eq!(serving.end("TERM").await, (0, Vec::new()));
}

#[tokio::test]
async fn what_a_file_says_of_keys_members_and_the_organisation_is_in_force() {
    let provider = MockProvider::start(Options::default()).await.unwrap();
    let house = House::new(&provider);
    let (code, said, errors) = house.import(RESTRICTED);
    assert_eq!(code, 0, "{errors}");
    let imported: Value = serde_json::from_str(&said).unwrap();
    let mut serving = Process::start(&mut house.command(&["serve"]));
    let line: Value = serde_json::from_str(&serving.says("\"ready\"").await).unwrap();
    let at = |name: &str| format!("http://{}", line["fields"][name].as_str().unwrap());
    let org = format!("{}/api/v1/orgs/{}", at("admin"), imported["org"].as_str().unwrap());
    let (_, org) = get(&org, "as-long-as-a-pepper-has-to-be-or-longer").await;

    assert_eq!((&org["require_project"], &org["rates"]["concurrent"]), (&true.into(), &9.into()));
    let ada = org["members"].as_array().unwrap().iter().find(|member| member["name"] == "ada");
    let ada = ada.unwrap();
    assert_eq!(
        (&ada["subjects"][0]["subject"], &ada["tools"][0]),
        (&"u-1".into(), &"chatbot".into())
    );
    assert_eq!(ada["rates"]["per_minute"], 60);
    let laptop =
        org["keys"].as_array().unwrap().iter().find(|key| key["name"] == "laptop").unwrap();
    assert_eq!(laptop["project"], org["projects"][0]["id"]);
    assert_eq!(laptop["group"], org["groups"][0]["id"]);
    assert_eq!(laptop["surface"], "workspace");
    assert_eq!(laptop["ips"], serde_json::json!(["127.0.0.1/32", "10.0.0.0/8"]));
    assert_eq!(laptop["expires"], "2036-01-01T00:00:00Z");
    assert_eq!((&laptop["tools"][0], &laptop["models"][0]), (&"chatbot".into(), &"mock-*".into()));

    let key = |index: usize| imported["keys"][index]["key"].as_str().unwrap();
    let code = |answer: &Value| answer["error"]["code"].as_str().unwrap_or_default().to_owned();
    let gateway = at("gateway");
    assert_eq!(chat(&gateway, key(0), "mock-flat").await.0, 200);
    let (status, answer, _) = chat(&gateway, key(1), "mock-flat").await;
    assert_eq!((status, code(&answer).as_str()), (400, "project_required"));
    assert_eq!(serving.end("TERM").await, (0, Vec::new()));
}

const RESTRICTED: &str = r#"{
    "name": "Acme", "require_project": true, "rates": {"concurrent": 9},
    "groups": [{"name": "lab"}],
    "members": [{"name": "ada", "groups": ["lab"], "tools": ["chatbot"], "rates": {"per_minute": 60},
                 "subjects": [{"issuer": "https://login.example.com/", "subject": "u-1"}]}],
    "projects": [{"slug": "site", "client": "Zenith", "members": ["ada"]}],
    "keys": [{"name": "laptop", "member": "ada", "surface": "workspace", "group": "lab",
              "project": "site", "tools": ["chatbot"], "models": ["mock-*"],
              "ips": ["127.0.0.1", "10.0.0.0/8"], "rates": {"per_second": 50},
              "expires": "2036-01-01T00:00:00Z"},
             {"name": "bare", "member": "ada"}],
    "grants": [{"kind": "top_up", "amount": "20"}],
    "limits": [{"scope": "project", "of": "site", "period": "total", "amount": "10"}]
}"#;

#[tokio::test]
async fn a_key_is_not_given_what_its_member_may_not_use() {
    let provider = MockProvider::start(Options::default()).await.unwrap();
    let house = House::new(&provider);
    for (from, to, why) in [
        ("\"groups\": [\"lab\"]", "\"groups\": []", "is not in the group `lab`"),
        ("\"members\": [\"ada\"]", "\"members\": []", "may not use the project"),
        ("\"project\": \"site\"", "\"project\": \"side\"", "no project `side`"),
    ] {
        let (code, _, errors) = house.import(&RESTRICTED.replace(from, to));
        assert_eq!(code, 1);
        assert!(errors.contains(why), "{errors}");
    }
}

#[tokio::test]
async fn a_name_that_nobody_has_is_told() {
    let provider = MockProvider::start(Options::default()).await.unwrap();
    let house = House::new(&provider);
    let (code, _, errors) =
        house.import(&PEOPLE.replace("\"member\": \"ada\"", "\"member\": \"bob\""));
    assert_eq!(code, 1);
    assert!(errors.contains("there is no member `bob` in the file"), "{errors}");
    let twice = PEOPLE.replace("\"name\": \"robot\"", "\"name\": \"ada\"");
    assert!(house.import(&twice).2.contains("there are two of the name `ada`"));
}
