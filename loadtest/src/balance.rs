//! What a caller may spend, as `GET /bursar/v1/balance` tells it.

use ledger::Credits;
use serde::{Deserialize, Deserializer};

/// The balance of one key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Balance {
    /// The id of the key.
    pub(crate) key: String,
    pub(crate) member: String,
    /// The most that it could spend now.
    #[serde(deserialize_with = "amount")]
    pub(crate) remaining: Credits,
    pub(crate) limits: Vec<LimitBalance>,
    pub(crate) grants: Vec<GrantBalance>,
}

/// One limit on its path, in the present period.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct LimitBalance {
    pub(crate) id: String,
    pub(crate) scope: String,
    pub(crate) tool: Option<String>,
    pub(crate) period: String,
    /// When the period ends.
    pub(crate) resets_at: Option<String>,
    #[serde(flatten)]
    pub(crate) figures: Standing,
}

/// One grant that it may burn.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct GrantBalance {
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) figures: Standing,
}

/// The figures of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Standing {
    #[serde(deserialize_with = "amount")]
    pub(crate) amount: Credits,
    #[serde(deserialize_with = "amount")]
    pub(crate) spent: Credits,
    #[serde(deserialize_with = "amount")]
    pub(crate) held: Credits,
    #[serde(deserialize_with = "amount")]
    pub(crate) remaining: Credits,
}

impl Balance {
    /// Every account in it, by the id of its limit or grant.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = (&str, Standing)> {
        let limits = self.limits.iter().map(|limit| (limit.id.as_str(), limit.figures));
        let grants = self.grants.iter().map(|grant| (grant.id.as_str(), grant.figures));
        limits.chain(grants)
    }
}

impl Standing {
    /// Whether the amount is all there: what is spent, what is held and what is left, no more and
    /// no less.
    pub(crate) fn adds_up(self) -> bool {
        let parts = [self.spent, self.held, self.remaining];
        let sum = parts.into_iter().try_fold(Credits::ZERO, Credits::checked_add);
        sum == Some(self.amount)
    }
}

impl GrantBalance {
    /// The account of the grant: a grant has one, which bears its digits.
    pub(crate) fn account(&self) -> String {
        format!("acc_{}", self.id.trim_start_matches("gra_"))
    }
}

/// A decimal string of credits; one below nothing is none.
pub(crate) fn amount<'de, D: Deserializer<'de>>(from: D) -> Result<Credits, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| serde::de::Error::custom(format!("no amount of credits: {text:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BALANCE: &str = r#"{"org":"org_1","member":"mem_1","key":"key_1","remaining":"1.5",
        "limits":[{"id":"lim_1","scope":"member","tool":null,"period":"day","amount":"20",
            "spent":"1","held":"0.5","remaining":"18.5","resets_at":null}],
        "grants":[{"id":"gra_0a","kind":"seat","restricted":true,"amount":"2","spent":"0.5",
            "held":"0","remaining":"1.5","ends_at":null}]}"#;

    #[test]
    fn a_balance_is_read_with_each_of_its_accounts() {
        let balance: Balance = serde_json::from_str(BALANCE).unwrap();
        assert!(balance.accounts().all(|(_, standing)| standing.adds_up()));
        assert_eq!(balance.accounts().map(|(id, _)| id).collect::<Vec<_>>(), ["lim_1", "gra_0a"]);
        assert_eq!(balance.grants[0].account(), "acc_0a");
    }

    #[test]
    fn a_balance_below_nothing_cannot_be_read() {
        let negative = BALANCE.replace("\"remaining\":\"18.5\"", "\"remaining\":\"-18.5\"");
        assert!(serde_json::from_str::<Balance>(&negative).is_err());
    }

    #[test]
    fn what_is_missing_or_too_much_does_not_add_up() {
        for figures in [("0.5", "0", "1.4"), ("0.5", "0.1", "1.5"), ("2.1", "0", "0")] {
            let [spent, held, remaining] =
                [figures.0, figures.1, figures.2].map(|f| f.parse().unwrap());
            let standing = Standing { amount: "2".parse().unwrap(), spent, held, remaining };
            assert!(!standing.adds_up(), "{figures:?}");
        }
    }
}
