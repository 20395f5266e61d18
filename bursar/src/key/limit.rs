//! A limit on the command line: `chatbot:2.5/day`.

use std::str::FromStr;

use ledger::{Credits, Period};
use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    tool: Option<String>,
    amount: Credits,
    period: Period,
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "write it like 20/month, or chatbot:2.5/day".to_owned();
        let (of, period) = text.rsplit_once('/').ok_or_else(form)?;
        let (tool, amount) = match of.split_once(':') {
            Some((tool, amount)) => (Some(tool.to_owned()), amount),
            None => (None, of),
        };
        let periods = || format!("a period is one of {}", Period::ALL.map(Period::name).join(", "));
        Ok(Self {
            tool,
            amount: amount.parse().map_err(|error| format!("{error}"))?,
            period: Period::from_name(period).ok_or_else(periods)?,
        })
    }
}

impl Limit {
    /// As the admin API takes it.
    pub(super) fn body(&self) -> Value {
        let Self { tool, amount, period } = self;
        json!({"tool": tool, "amount": amount.to_string(), "period": period.name()})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_for_one_tool_or_for_all() {
        let body = |text: &str| text.parse::<Limit>().unwrap().body();
        assert_eq!(body("20/month"), json!({"tool": null, "amount": "20", "period": "month"}));
        let daily = json!({"tool": "text-to-image", "amount": "2.5", "period": "day"});
        assert_eq!(body("text-to-image:2.50/day"), daily);
    }

    #[test]
    fn what_is_no_limit_is_told() {
        for (text, why) in [
            ("20", "20/month"),
            ("20/year", "one of"),
            ("much/day", "decimal"),
            ("-1/day", "decimal"),
            ("a:b:1/day", "decimal"),
        ] {
            let error = text.parse::<Limit>().unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
