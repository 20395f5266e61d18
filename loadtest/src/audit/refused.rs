//! The gateway's own log of its 402s: each with the accounts as the gateway saw them when it said no.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use ledger::Credits;
use serde::Deserialize;

use crate::balance::amount;

/// What makes the gateway log its 402s, an object a line: the variables of its environment.
pub(crate) const LOGGED: [(&str, &str); 2] =
    [("BURSAR_LOG", "warn,gateway::refused=info"), ("BURSAR_LOG_FORMAT", "json")];

const TARGET: &str = "gateway::refused";

/// A 402 as the gateway logged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) request: String,
    pub(crate) code: String,
    /// What the request would have needed.
    pub(crate) required: Credits,
    /// Microseconds since the epoch, after the decision.
    pub(crate) at: i64,
    /// The limit that was short, or every grant that could have been burnt.
    pub(crate) accounts: Vec<Seen>,
}

/// An account as the gateway saw it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Seen {
    pub(crate) account: String,
    #[serde(deserialize_with = "amount")]
    pub(crate) amount: Credits,
    #[serde(deserialize_with = "amount")]
    pub(crate) spent: Credits,
    #[serde(deserialize_with = "amount")]
    pub(crate) held: Credits,
}

#[derive(Deserialize)]
struct Event {
    target: String,
    fields: Fields,
}

#[derive(Deserialize)]
struct Fields {
    request: String,
    code: String,
    #[serde(deserialize_with = "amount")]
    required: Credits,
    at: i64,
    /// JSON in a text.
    accounts: String,
}

/// The 402s in a log; its other lines are somebody else's.
///
/// # Errors
/// The log cannot be read, or a 402 is not logged as agreed.
pub(crate) fn refused(log: &Path) -> Result<Vec<Refused>> {
    let text = fs::read(log).with_context(|| format!("no {}", log.display()))?;
    read(&String::from_utf8_lossy(&text))
}

fn read(text: &str) -> Result<Vec<Refused>> {
    let ours = text.lines().filter(|line| line.contains(TARGET));
    let refused = ours.map(|line| one(line).with_context(|| format!("no 402: {line}")));
    refused.filter_map(Result::transpose).collect()
}

fn one(line: &str) -> Result<Option<Refused>> {
    let event: Event = serde_json::from_str(line)?;
    if event.target != TARGET {
        return Ok(None);
    }
    let Fields { request, code, required, at, accounts } = event.fields;
    Ok(Some(Refused { request, code, required, at, accounts: serde_json::from_str(&accounts)? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","fields":{"message":"refused","request":"req_1","code":"credits_exhausted","required":"1","at":1700000000000000,"accounts":"[{\"account\":\"acc_1\",\"amount\":\"12.5\",\"spent\":\"12\",\"held\":\"0\",\"leased\":\"0.5\",\"version\":17}]"},"target":"gateway::refused"}"#;

    #[test]
    fn a_402_is_read_among_the_lines_of_others() {
        let log = format!("not even JSON\n{{\"target\":\"gateway\",\"fields\":{{}}}}\n{LINE}\n");
        let refused = read(&log).unwrap();
        assert_eq!(refused.len(), 1);
        assert_eq!((refused[0].request.as_str(), refused[0].at), ("req_1", 1_700_000_000_000_000));
        assert_eq!(refused[0].accounts[0].spent, "12".parse().unwrap());
    }

    #[test]
    fn a_402_that_is_not_logged_as_agreed_is_an_error() {
        assert!(read(&LINE.replace("\\\"spent\\\":\\\"12\\\",", "")).is_err());
    }
}
