//! The keys that are handed out, each to show something.

use ledger::{Instant, KeyStanding, KeyStatus, Surface};
use store::{Key, KeyHasher, KeyKind, PlainKey, Rates};

use super::ids::Ids;

/// A key and what it shows.
pub(in super::super) struct KeyRow {
    pub(in super::super) name: &'static str,
    /// The handle of the member whose key it is.
    pub(in super::super) owner: &'static str,
    pub(in super::super) note: &'static str,
    kind: KeyKind,
    status: KeyStatus,
    pub(super) surface: Surface,
    project: Option<&'static str>,
}

const fn key(name: &'static str, owner: &'static str, note: &'static str) -> KeyRow {
    let (kind, status, surface) = (KeyKind::Member, KeyStatus::Active, Surface::Api);
    KeyRow { name, owner, note, kind, status, surface, project: None }
}

/// In the order they are handed out: the one to try first is first.
pub(in super::super) const KEYS: [KeyRow; 12] = [
    key("plain", "priya", "ample credits, no limit"),
    key("fifty", "yuki", "credits for exactly 50 calls of mock-flat"),
    key("empty", "oskar", "no credits: 402 credits_exhausted"),
    key("capped", "jonas", "its own limit is used up: 402 limit_reached"),
    key("removed", "felix", "its member's access is removed: 403 access_removed"),
    KeyRow {
        status: KeyStatus::Blocked,
        ..key("blocked", "lena", "an admin has blocked it: 403 key_blocked")
    },
    key("held", "dana", "credits for one mock-slow call of 4096 tokens at a time"),
    KeyRow {
        kind: KeyKind::ServiceAccount,
        project: Some("atlas-rebrand"),
        ..key("service", "pipeline", "a service account with a seat of its own")
    },
    KeyRow {
        surface: Surface::Platform,
        project: Some("harbour-festival"),
        ..key("samuel", "samuel", "a designer with a limit a day")
    },
    KeyRow {
        surface: Surface::Extension,
        ..key("ines", "ines", "a copywriter with a limit a week for the chatbot")
    },
    KeyRow {
        surface: Surface::Workspace,
        ..key("mira", "mira", "the design lead, whose group has a limit a month")
    },
    key("theo", "theo", "the marketing lead, whose group has a limit a month"),
];

impl KeyRow {
    pub(in super::super) const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key as the store has it.
    pub(super) fn key(
        &self,
        ids: &Ids,
        hasher: &KeyHasher,
        plain: &PlainKey,
        created: Instant,
    ) -> Key {
        Key {
            org: ids.org(),
            name: self.name.to_owned(),
            hint: plain.hint(),
            surface: self.surface,
            created,
            standing: KeyStanding {
                id: ids.key(self.name),
                member: ids.member(self.owner),
                status: self.status,
                expires: Instant::MAX,
                group: None,
                project: self.project.map(|slug| ids.project(slug)),
                tools: None,
            },
            models: None,
            ips: None,
            rates: Rates::default(),
            secrets: vec![hasher.secret(plain, created)],
            version: 0,
        }
    }
}
