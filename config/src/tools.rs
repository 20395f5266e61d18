//! The tools there are, by name.

use ledger::Tool;

use crate::place::Place;
use crate::problem::Report;
use crate::raw::{Field, Text};

/// Checks the names of the tools; a wrong one still counts as known, so that it is told once.
pub(crate) fn check(raw: &[Field<Text>], place: &Place, report: &mut Report<'_>) -> Vec<Tool> {
    let mut tools = Vec::new();
    for (index, tool) in raw.iter().enumerate() {
        let place = place.index(index);
        let Some(Text(name)) = tool.given() else { continue };
        let tool = Tool::new(name);
        if name == "none" {
            report.add(&place, "stands for no tool; take another name");
        }
        if tools.contains(&tool) {
            report.add(&place, "is listed already");
        }
        report.check(&place, check_name(name));
        tools.push(tool);
    }
    tools
}

/// Checks the name of a tool or provider: it is a label of metrics and a part of addresses.
pub(crate) fn check_name(name: &str) -> Result<(), &'static str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = (1..=64).contains(&name.len()) && name.bytes().all(plain);
    if good { Ok(()) } else { Err("must be a name of 1 to 64 lower-case letters, digits and -") }
}

/// What to say of a tool that is not listed.
pub(crate) fn unknown(tool: &Tool, tools: &[Tool]) -> String {
    let known: Vec<String> = tools.iter().map(|tool| format!("`{}`", tool.name())).collect();
    format!("`{}` is no tool; the tools are {}", tool.name(), known.join(", "))
}
