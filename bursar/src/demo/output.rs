//! What the demo says: text for a person, or one line of JSON for a program.

use std::io::Write;

use serde::Serialize;

use super::memory::KeyEntry;

/// Everything that a caller needs, as `--json` prints it.
#[derive(Serialize)]
pub(super) struct Ready {
    pub(super) gateway: String,
    pub(super) admin: String,
    pub(super) operations: String,
    pub(super) provider: String,
    pub(super) admin_token: String,
    pub(super) org: String,
    pub(super) keys: Vec<KeyEntry>,
}

impl Ready {
    /// Says it on stdout.
    ///
    /// # Errors
    /// Stdout cannot be written to.
    pub(super) fn say(&self, json: bool) -> anyhow::Result<()> {
        let text = if json { serde_json::to_string(self)? + "\n" } else { self.text() };
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }

    fn text(&self) -> String {
        let Self { gateway, admin, operations, provider, admin_token, org, keys } = self;
        let (first, second, last) = (self.chat(), self.message(), self.refused());
        let width = keys.iter().map(|key| key.name.len()).max().unwrap_or(0);
        let row = |key: &KeyEntry| format!("  {:width$}  {}  {}\n", key.name, key.key, key.note);
        let keys: String = keys.iter().map(row).collect();
        format!(
            "Bursar is ready: Northwind Studio, thirty days of usage, a mock provider.

  gateway     {gateway}
  admin       {admin}/api/v1/orgs/{org}
              token {admin_token}
  operations  {operations}/metrics
  provider    {provider}/bill

Keys
{keys}
A call, a stream that ends with what it was charged, and a refusal:

{first}

{second}

{last}

Ctrl-C ends it.
"
        )
    }

    fn key(&self, name: &str) -> &str {
        self.keys.iter().find(|key| key.name == name).map_or("", |key| &key.key)
    }

    fn chat(&self) -> String {
        let (gateway, key) = (&self.gateway, self.key("plain"));
        format!(
            "curl -sS {gateway}/openai/v1/chat/completions -H 'authorization: Bearer {key}' \
             -H 'content-type: application/json' \
             -d '{{\"model\":\"mock-chat\",\"messages\":[{MESSAGE}]}}'"
        )
    }

    fn message(&self) -> String {
        let (gateway, key) = (&self.gateway, self.key("plain"));
        format!(
            "curl -sSN {gateway}/anthropic/v1/messages -H 'x-api-key: {key}' \
             -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' \
             -d '{{\"model\":\"mock-chat\",\"max_tokens\":64,\"stream\":true,\
             \"messages\":[{MESSAGE}]}}'"
        )
    }

    fn refused(&self) -> String {
        let (gateway, key) = (&self.gateway, self.key("empty"));
        format!(
            "curl -sS -i {gateway}/openai/v1/chat/completions -H 'authorization: Bearer {key}' \
             -H 'content-type: application/json' \
             -d '{{\"model\":\"mock-chat\",\"messages\":[{MESSAGE}]}}'"
        )
    }
}

const MESSAGE: &str = r#"{"role":"user","content":"What is a credit?"}"#;
