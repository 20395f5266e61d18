//! A running `bursar`, and what it says.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// Longer than anything takes that does not hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// The binary with these arguments, in an environment that says nothing about it.
pub(crate) fn bursar(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bursar"));
    command.args(arguments).stdin(Stdio::null());
    for name in
        ["BURSAR_LOG", "BURSAR_LOG_FORMAT", "BURSAR_ADMIN", "BURSAR_ADMIN_TOKEN", "BURSAR_ORG"]
    {
        command.env_remove(name);
    }
    command
}

/// The exit code, and what was said on stdout and stderr.
pub(crate) fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// A process that is killed when the test is over.
pub(crate) struct Process {
    child: Child,
    stdout: UnboundedReceiver<String>,
    stderr: UnboundedReceiver<String>,
    printed: Printed,
}

/// All that was said on both, whoever has heard it.
type Printed = Arc<Mutex<String>>;

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let printed = Printed::default();
        let stdout = lines(child.stdout.take().unwrap(), &printed);
        let stderr = lines(child.stderr.take().unwrap(), &printed);
        Self { child, stdout, stderr, printed }
    }

    /// The next line on stdout.
    pub(crate) async fn line(&mut self) -> String {
        let line = timeout(PATIENCE, self.stdout.recv()).await.unwrap();
        match line {
            Some(line) => line,
            None => unreachable!("it ended without a word: {}", self.rest_of_stderr().await),
        }
    }

    /// The next line on stderr with these words in it.
    pub(crate) async fn says(&mut self, words: &str) -> String {
        let search = async {
            while let Some(line) = self.stderr.recv().await {
                if line.contains(words) {
                    return Some(line);
                }
            }
            None
        };
        timeout(PATIENCE, search).await.unwrap().expect(words)
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Sends a signal that ends it; the exit code, and what else was said on stdout.
    pub(crate) async fn end(self, signal: &str) -> (i32, Vec<String>) {
        self.signal(signal);
        self.ended().await
    }

    /// Waits for the end; the exit code, and what else was said on stdout.
    pub(crate) async fn ended(mut self) -> (i32, Vec<String>) {
        let mut rest = Vec::new();
        // Stdout is closed by the end of the process and by nothing else.
        while let Some(line) = timeout(PATIENCE, self.stdout.recv()).await.unwrap() {
            rest.push(line);
        }
        (self.child.wait().unwrap().code().unwrap(), rest)
    }

    /// Sends a signal that ends it; all that it ever said.
    pub(crate) async fn all(mut self, signal: &str) -> String {
        self.signal(signal);
        let closed = async {
            while self.stdout.recv().await.is_some() || self.stderr.recv().await.is_some() {}
        };
        timeout(PATIENCE, closed).await.unwrap();
        self.printed.lock().unwrap().clone()
    }

    async fn rest_of_stderr(&mut self) -> String {
        let mut rest = String::new();
        while let Some(line) = self.stderr.recv().await {
            rest = rest + &line + "\n";
        }
        rest
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(from: impl Read + Send + 'static, printed: &Printed) -> UnboundedReceiver<String> {
    let (sender, receiver) = unbounded_channel();
    let printed = Arc::clone(printed);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            printed.lock().unwrap().extend([&*line, "\n"]);
            // The test may have heard enough.
            let _ = sender.send(line);
        }
    });
    receiver
}

/// A demo on free ports, and the line that it printed.
pub(crate) struct Demo {
    pub(crate) process: Process,
    pub(crate) printed: Value,
}

/// The arguments that put every listener on a free port.
pub(crate) const FREE_PORTS: [&str; 8] = [
    "--gateway",
    "127.0.0.1:0",
    "--admin",
    "127.0.0.1:0",
    "--operations",
    "127.0.0.1:0",
    "--provider",
    "127.0.0.1:0",
];

impl Demo {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let mut command = bursar(&["demo", "--json"]);
        let mut process = Process::start(command.args(FREE_PORTS).args(arguments));
        let printed = serde_json::from_str(&process.line().await).unwrap();
        Self { process, printed }
    }

    /// A URL that was printed, or the token or the organisation.
    pub(crate) fn printed(&self, name: &str) -> &str {
        self.printed[name].as_str().unwrap()
    }

    /// The secret of a key.
    pub(crate) fn key(&self, name: &str) -> &str {
        let keys = self.printed["keys"].as_array().unwrap();
        keys.iter().find(|key| key["name"] == name).unwrap()["key"].as_str().unwrap()
    }

    /// A chat call: its status, its answer, and the id of the request.
    pub(crate) async fn chat(&self, key: &str, model: &str) -> (u16, Value, String) {
        chat(self.printed("gateway"), self.key(key), model).await
    }

    /// What the gateway tells the holder of a key of itself.
    pub(crate) async fn own(&self, key: &str, path: &str) -> Value {
        get(&format!("{}/bursar/v1/{path}", self.printed("gateway")), self.key(key)).await.1
    }
}

/// A chat call: its status, its answer, and the id of the request.
pub(crate) async fn chat(gateway: &str, key: &str, model: &str) -> (u16, Value, String) {
    let body = serde_json::json!({
        "model": model,
        "messages": [{"role": "user", "content": "What is a credit?"}],
    });
    let url = format!("{gateway}/openai/v1/chat/completions");
    let request = reqwest::Client::new().post(url).bearer_auth(key).json(&body);
    let answer = request.send().await.unwrap();
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), answer.json().await.unwrap(), id)
}

/// The status of a GET, and its JSON.
pub(crate) async fn get(url: &str, token: &str) -> (u16, Value) {
    let answer = reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}
