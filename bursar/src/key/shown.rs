//! A key, as the admin API shows it.

use serde::Deserialize;
use serde_json::Value;

/// A part of the list.
#[derive(Deserialize)]
pub(super) struct Page {
    pub(super) data: Vec<Value>,
    pub(super) next_cursor: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) hint: String,
    pub(super) member: String,
    pub(super) surface: String,
    pub(super) status: String,
    pub(super) group: Option<String>,
    pub(super) project: Option<String>,
    pub(super) tools: Option<Vec<String>>,
    pub(super) models: Option<Vec<String>>,
    pub(super) ips: Option<Vec<String>>,
    pub(super) rates: Rates,
    pub(super) created: Option<String>,
    pub(super) expires: Option<String>,
    pub(super) secrets: Vec<KeySecret>,
    /// Where the change is in force, if there was one.
    pub(super) applied: Option<Applied>,
    /// What opens it, if it was just made.
    pub(super) secret: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Rates {
    pub(super) per_second: Option<u32>,
    pub(super) per_minute: Option<u32>,
    pub(super) concurrent: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct KeySecret {
    pub(super) hint: String,
    pub(super) not_after: Option<String>,
    pub(super) last_used: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Applied {
    pub(super) nodes: u32,
    pub(super) of: u32,
    pub(super) missing: Vec<String>,
}
