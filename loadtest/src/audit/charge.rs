//! The gateway's charges, as `bursar ledger charges --json` lists them.

use anyhow::{Context, Result, bail};
use ledger::Credits;
use serde::Deserialize;

use super::Books;
use crate::balance::amount;

/// What was taken for one request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Charge {
    pub(crate) request: String,
    pub(crate) member: String,
    pub(crate) key: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) tool: String,
    /// Microseconds since the epoch.
    pub(crate) admitted: i64,
    pub(crate) ended: i64,
    pub(crate) ending: Ending,
    #[serde(deserialize_with = "amount")]
    pub(crate) held: Credits,
    #[serde(deserialize_with = "amount")]
    pub(crate) charged: Credits,
    #[serde(deserialize_with = "amount")]
    pub(crate) overrun: Credits,
    pub(crate) lines: Vec<Paid>,
}

/// What one account paid of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Paid {
    pub(crate) account: String,
    pub(crate) source: String,
    #[serde(deserialize_with = "amount")]
    pub(crate) amount: Credits,
}

/// How its hold ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(crate) enum Ending {
    Settled,
    Estimated,
    Indeterminate,
    /// For this cause.
    Released(String),
}

impl From<String> for Ending {
    fn from(name: String) -> Self {
        match name.as_str() {
            "settled" => Self::Settled,
            "estimated" => Self::Estimated,
            "indeterminate" => Self::Indeterminate,
            _ => Self::Released(name),
        }
    }
}

impl Ending {
    /// Its name, or its cause.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Settled => "settled",
            Self::Estimated => "estimated",
            Self::Indeterminate => "indeterminate",
            Self::Released(cause) => cause,
        }
    }
}

impl Charge {
    /// What the grants paid together, and what is on each line of a limit.
    pub(crate) fn adds_up(&self) -> bool {
        let of_limit = |line: &&Paid| line.source == "limit";
        let grants = self.lines.iter().filter(|line| !of_limit(line)).map(|line| line.amount);
        let grants = grants.into_iter().try_fold(Credits::ZERO, Credits::checked_add);
        let mut limits = self.lines.iter().filter(of_limit);
        grants == Some(self.charged) && limits.all(|line| line.amount == self.charged)
    }
}

/// Every charge in the store.
///
/// # Errors
/// The program fails, or says something else.
pub(crate) fn charges(books: &Books) -> Result<Vec<Charge>> {
    let mut command = books.ask(&["ledger", "charges", "--json"]);
    let output = command.output().context("cannot run bursar ledger charges")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("bursar ledger charges ended with {}: {said}", output.status);
    }
    read(&String::from_utf8(output.stdout).context("charges that are no text")?)
}

fn read(text: &str) -> Result<Vec<Charge>> {
    let line =
        |line: &str| serde_json::from_str(line).with_context(|| format!("no charge: {line}"));
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHARGE: &str = r#"{"request":"req_1","org":"org_1","member":"mem_1","key":"key_1","group":null,"project":"prj_1","tool":"chatbot","provider":"openai","model":"mock-chat","admitted":1,"ended":2,"ending":"client_gone","status":200,"held":"1.5","charged":"0.5","overrun":"0","lines":[{"account":"acc_1","source":"limit","amount":"0.5"},{"account":"acc_2","source":"seat","amount":"0.2"},{"account":"acc_3","source":"top_up","amount":"0.3"}],"usage":{"input_token":3}}"#;

    #[test]
    fn a_charge_is_read_with_its_lines() {
        let charges = read(&format!("{CHARGE}\n{CHARGE}\n")).unwrap();
        assert_eq!(charges.len(), 2);
        let charge = &charges[0];
        assert_eq!(charge.ending, Ending::Released("client_gone".to_owned()));
        assert_eq!(charge.lines[2].amount, "0.3".parse().unwrap());
        assert!(charge.adds_up());
    }

    #[test]
    fn lines_that_do_not_add_up_are_seen() {
        let broken = |from: &str, to: &str| !read(&CHARGE.replace(from, to)).unwrap()[0].adds_up();
        assert!(broken(r#""amount":"0.2""#, r#""amount":"0.1""#), "a grant paid too little");
        assert!(broken(r#""limit","amount":"0.5""#, r#""limit","amount":"0.4""#), "a limit");
    }

    #[test]
    fn a_charge_below_nothing_cannot_be_read() {
        assert!(read(&CHARGE.replace(r#""charged":"0.5""#, r#""charged":"-0.5""#)).is_err());
    }
}
