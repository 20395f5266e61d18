//! What is shown of a key: everything but what opens it.

use ledger::{KeyStatus, Tool};
use serde::Serialize;
use store::{Key, KeySecret, PlainKey};

use crate::applied::InForce;
use crate::rates::RatesBody;
use crate::time;

/// A key; never a secret that opens it.
#[derive(Serialize)]
pub(crate) struct KeyBody {
    id: String,
    name: String,
    hint: String,
    member: String,
    surface: &'static str,
    status: &'static str,
    group: Option<String>,
    project: Option<String>,
    /// The only ones, or `null` for any; so are the next two.
    tools: Option<Vec<String>>,
    models: Option<Vec<String>>,
    ips: Option<Vec<String>>,
    rates: RatesBody,
    created: Option<String>,
    expires: Option<String>,
    secrets: Vec<SecretBody>,
    version: u64,
}

/// What is known of a secret.
#[derive(Serialize)]
struct SecretBody {
    hint: String,
    created: Option<String>,
    not_after: Option<String>,
    last_used: Option<String>,
    pepper: u16,
}

impl From<Key> for KeyBody {
    fn from(key: Key) -> Self {
        let standing = key.standing;
        Self {
            id: standing.id.to_string(),
            name: key.name,
            hint: key.hint,
            member: standing.member.to_string(),
            surface: key.surface.name(),
            status: name(standing.status),
            group: standing.group.map(|group| group.to_string()),
            project: standing.project.map(|project| project.to_string()),
            tools: standing.tools.map(|tools| tools.iter().map(tool).collect()),
            models: key.models,
            ips: key.ips.map(|ips| ips.iter().map(ToString::to_string).collect()),
            rates: key.rates.into(),
            created: time::print(key.created),
            expires: time::print(standing.expires),
            secrets: key.secrets.into_iter().map(Into::into).collect(),
            version: key.version,
        }
    }
}

impl From<KeySecret> for SecretBody {
    fn from(secret: KeySecret) -> Self {
        Self {
            hint: secret.hint,
            created: time::print(secret.created),
            not_after: time::print(secret.not_after),
            last_used: secret.last_used.and_then(time::print),
            pepper: secret.pepper,
        }
    }
}

fn tool(tool: &Tool) -> String {
    tool.name().to_owned()
}

/// Every status, by its name on the wire.
pub(super) const STATUSES: [(&str, KeyStatus); 3] = [
    ("active", KeyStatus::Active),
    ("blocked", KeyStatus::Blocked),
    ("revoked", KeyStatus::Revoked),
];

pub(super) const fn name(status: KeyStatus) -> &'static str {
    match status {
        KeyStatus::Active => "active",
        KeyStatus::Blocked => "blocked",
        KeyStatus::Revoked => "revoked",
    }
}

/// A key with a secret that was just made: the only answer that has it.
#[derive(Serialize)]
pub(crate) struct Opened {
    #[serde(flatten)]
    key: InForce<KeyBody>,
    secret: String,
}

impl Opened {
    pub(super) fn with(key: InForce<KeyBody>, secret: &PlainKey) -> Self {
        Self { key, secret: secret.expose().to_owned() }
    }
}
