//! `bursar org import`: an organisation from a file, whose keys open a gateway.

use mock_provider::{MockProvider, Options};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Process, bursar, chat, run};

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
