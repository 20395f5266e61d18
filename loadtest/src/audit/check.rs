//! One comparison, and the table of all of them.

use std::fmt;

use serde::Serialize;

use crate::table::Table;

/// How many differences of a check are shown.
const SHOWN: usize = 5;

/// A rule, what it expects and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    pub(crate) rule: &'static str,
    pub(crate) expected: String,
    pub(crate) found: String,
    holds: bool,
    /// What breaks the rule, one by one.
    differences: Vec<String>,
}

impl Check {
    /// What was found is what was expected.
    pub(crate) fn same(rule: &'static str, expected: impl ToString, found: impl ToString) -> Self {
        let (expected, found) = (expected.to_string(), found.to_string());
        Self { rule, holds: expected == found, expected, found, differences: Vec::new() }
    }

    /// Nothing breaks the rule.
    pub(crate) fn none(rule: &'static str, differences: Vec<String>) -> Self {
        let found = differences.len().to_string();
        Self { rule, expected: "0".to_owned(), found, holds: differences.is_empty(), differences }
    }

    /// It is so many or fewer.
    pub(crate) fn at_most(rule: &'static str, most: u64, found: u64) -> Self {
        let holds = found <= most;
        let expected = format!("<= {most}");
        Self { rule, expected, found: found.to_string(), holds, differences: Vec::new() }
    }

    /// It is so many or more.
    pub(crate) fn at_least(rule: &'static str, least: u64, found: u64) -> Self {
        let holds = found >= least;
        let expected = format!(">= {least}");
        Self { rule, expected, found: found.to_string(), holds, differences: Vec::new() }
    }

    /// Whether the rule was kept.
    pub(crate) fn holds(&self) -> bool {
        self.holds
    }
}

/// The checks of a run, as they are printed: a table, then what breaks each rule that is broken.
pub(crate) struct Report<'a>(pub(crate) &'a [Check]);

impl fmt::Display for Report<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(["audit", "#expected", "#found", "holds"]);
        for check in self.0 {
            let holds = if check.holds { "yes" } else { "NO" };
            let cells = [check.rule, &check.expected, &check.found, holds];
            table.row(cells.map(str::to_owned));
        }
        writeln!(out, "{table}")?;
        for check in self.0.iter().filter(|check| !check.differences.is_empty()) {
            writeln!(out, "{}:", check.rule)?;
            for difference in check.differences.iter().take(SHOWN) {
                writeln!(out, "- {difference}")?;
            }
            let rest = check.differences.len().saturating_sub(SHOWN);
            if rest > 0 {
                writeln!(out, "- and {rest} more")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_holds_by_its_own_measure() {
        assert!(Check::same("a", 3, "3").holds() && !Check::same("a", 3, 4).holds());
        assert!(Check::none("a", vec![]).holds() && !Check::none("a", vec![String::new()]).holds());
        assert!(Check::at_most("a", 3, 3).holds() && !Check::at_most("a", 3, 4).holds());
        assert!(Check::at_least("a", 3, 3).holds() && !Check::at_least("a", 3, 2).holds());
    }

    #[test]
    fn what_breaks_a_rule_is_shown_below_the_table() {
        let differences = (1..=7).map(|n| format!("request {n}")).collect();
        let text =
            Report(&[Check::none("lost", differences), Check::same("sum", 1, 1)]).to_string();
        assert!(text.contains("| lost  |        0 |     7 | NO    |"), "{text}");
        assert!(text.ends_with("lost:\n- request 1\n- request 2\n- request 3\n- request 4\n- request 5\n- and 2 more\n\n"));
    }
}
