//! `bursar serve`: on an organisation that a demo has seeded, with a config of its own.

use std::path::Path;

use mock_provider::{MockProvider, Options};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Demo, Process, bursar, chat};

/// A folder with a seeded store in it, a provider, and a config for both.
pub(crate) struct Installation {
    folder: TempDir,
    provider: MockProvider,
    pub(crate) memory: Value,
}

impl Installation {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let demo = Demo::start(&["--data-dir", folder.path().to_str().unwrap()]).await;
        assert_eq!(demo.process.end("INT").await.0, 0);
        let memory = std::fs::read(folder.path().join("demo.json")).unwrap();
        let installation = Self {
            provider: MockProvider::start(Options::default()).await.unwrap(),
            memory: serde_json::from_slice(&memory).unwrap(),
            folder,
        };
        installation.price("1");
        installation.write(&installation.config());
        installation
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("bursar.yaml")
    }

    fn write(&self, config: &str) {
        std::fs::write(self.file(), config).unwrap();
    }

    /// Changes the price, which is in a file beside the config.
    fn price(&self, credits: &str) {
        std::fs::write(self.folder.path().join("price"), credits).unwrap();
    }

    fn config(&self) -> String {
        format!(
            r#"
version: 1
listen: {{gateway: "127.0.0.1:0", admin: "127.0.0.1:0", operations: "127.0.0.1:0"}}
data_dir: {folder}
secrets:
  peppers: {{current: 1, versions: {{1: "${{PEPPER}}"}}}}
  admin_tokens: ["${{ADMIN_TOKEN}}"]
tools: [chatbot]
providers:
  openai:
    prefix: /openai
    dialect: openai
    base_url: {provider}
    routes:
      - {{method: POST, path: /v1/chat/completions, tool: chatbot, meter: openai-chat}}
price_book:
  version: "1"
  prices:
    - {{provider: openai, model: mock-flat, per_request: "${{file:price}}"}}
    - {{provider: openai, model: mock-slow, per_request: "1"}}
"#,
            folder = self.folder.path().display(),
            provider = self.provider.url()
        )
    }

    pub(crate) fn command(&self) -> std::process::Command {
        let mut command = bursar(&["serve", "--config"]);
        command.arg(self.file()).env("BURSAR_LOG_FORMAT", "json");
        command.env("PEPPER", self.memory["pepper"].as_str().unwrap());
        command.env("ADMIN_TOKEN", self.memory["admin_token"].as_str().unwrap());
        command
    }

    pub(crate) fn key(&self) -> &str {
        self.memory["keys"][0]["key"].as_str().unwrap()
    }

    /// What a flat call is charged.
    async fn charged(&self, gateway: &str) -> String {
        let key = self.key();
        let (status, answer, id) = chat(gateway, key, "mock-flat").await;
        assert_eq!(status, 200, "{answer}");
        let url = format!("{gateway}/bursar/v1/requests/{id}");
        let (_, request) = crate::process::get(&url, key).await;
        request["charged"].as_str().unwrap().to_owned()
    }
}

/// The gateway's URL, from the log.
async fn ready(process: &mut Process) -> String {
    let [gateway, ..] = listening(process).await;
    gateway
}

/// The URLs of the gateway, of the admin API, and of the operations listener, from the log.
pub(crate) async fn listening(process: &mut Process) -> [String; 3] {
    let line: Value = serde_json::from_str(&process.says("\"ready\"").await).unwrap();
    let url = |name: &str| format!("http://{}", line["fields"][name].as_str().unwrap());
    ["gateway", "admin", "operations"].map(url)
}

#[tokio::test]
async fn a_hangup_puts_the_files_of_today_in_force_and_a_wrong_one_changes_nothing() {
    let installation = Installation::new().await;
    let mut serving = Process::start(&mut installation.command());
    let gateway = ready(&mut serving).await;
    assert_eq!(installation.charged(&gateway).await, "1");

    // Nothing but the hangup makes it look at that file.
    installation.price("2.5");
    serving.signal("HUP");
    serving.says("config reloaded").await;
    assert_eq!(installation.charged(&gateway).await, "2.5");

    installation.write("version: 1\nprice_bok: {}\n");
    serving.says("price_bok").await;
    assert_eq!(installation.charged(&gateway).await, "2.5");
    assert_eq!(serving.end("TERM").await, (0, Vec::new()));
}

#[tokio::test]
async fn a_file_that_changes_is_read_without_a_signal() {
    let installation = Installation::new().await;
    let mut serving = Process::start(&mut installation.command());
    let gateway = ready(&mut serving).await;
    installation.write(&installation.config().replace("${file:price}", "4"));
    serving.says("config reloaded").await;
    assert_eq!(installation.charged(&gateway).await, "4");
    assert_eq!(serving.end("INT").await, (0, Vec::new()));
}

/// A slow stream that has begun: some forty words, each after a tenth of `delay_ms`.
async fn begun_stream(gateway: &str, key: &str, delay_ms: u32) -> reqwest::Response {
    let body = serde_json::json!({
        "model": "mock-slow",
        "stream": true,
        "messages": [{"role": "user", "content": "Take your time."}],
    });
    let request = reqwest::Client::new().post(format!("{gateway}/openai/v1/chat/completions"));
    let request = request.bearer_auth(key).header("x-mock-delay-ms", delay_ms).json(&body);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer
}

#[tokio::test]
async fn a_running_request_ends_before_the_process_does() {
    let installation = Installation::new().await;
    let mut serving = Process::start(&mut installation.command());
    let gateway = ready(&mut serving).await;
    let answer = begun_stream(&gateway, installation.key(), 200).await;
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    serving.signal("TERM");
    serving.says("\"ending\"").await;
    let text = answer.text().await.unwrap();
    assert!(text.contains("data: [DONE]"), "{text}");
    assert_eq!(serving.ended().await, (0, Vec::new()));

    let mut serving = Process::start(&mut installation.command());
    let url = format!("{}/bursar/v1/requests/{id}", ready(&mut serving).await);
    let (_, request) = crate::process::get(&url, installation.key()).await;
    assert_eq!((&request["state"], &request["charged"]), (&"settled".into(), &"1".into()));
    assert_eq!(serving.end("INT").await.0, 0);
}

#[tokio::test]
async fn whoever_asks_twice_does_not_wait_for_running_requests() {
    let installation = Installation::new().await;
    let mut serving = Process::start(&mut installation.command());
    let gateway = ready(&mut serving).await;
    let running = begun_stream(&gateway, installation.key(), 1_000).await;
    serving.signal("INT");
    serving.says("\"ending\"").await;
    assert_eq!(serving.end("INT").await.0, 1);
    assert!(running.text().await.is_err(), "the stream was cut");
}

#[tokio::test]
async fn an_address_that_is_taken_is_told() {
    let installation = Installation::new().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for listener in ["gateway", "admin", "operations"] {
        let free = format!("{listener}: \"127.0.0.1:0\"");
        let wanted = format!("{listener}: \"{address}\"");
        installation.write(&installation.config().replace(&free, &wanted));
        let (code, _, error) = crate::process::run(&mut installation.command());
        assert_eq!(code, 1, "{error}");
        assert!(error.contains(&format!("cannot listen on {address}")), "{error}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_told() {
    let installation = Installation::new().await;
    let folder = format!("data_dir: {}", installation.folder.path().display());
    let config = installation.config().replace(&folder, "data_dir: /proc/bursar");
    installation.write(&config);
    let (code, _, error) = crate::process::run(&mut installation.command());
    assert_eq!(code, 1);
    assert!(error.contains("cannot make the data folder /proc/bursar"), "{error}");
    assert!(!Path::new("/proc/bursar").exists());
}
