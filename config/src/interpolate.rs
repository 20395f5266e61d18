//! `${VAR}`, `${VAR:-default}` and `${file:path}` inside texts, replaced after the YAML is read.
//!
//! A value can therefore never change the structure of the file. `$${` stands for a plain `${`.

use std::path::Path;

use serde_json::Value;

use crate::environment::Environment;
use crate::place::Place;
use crate::problem::Report;
use crate::tree::{Content, Node};

/// Where the values come from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) env: &'a dyn Environment,
    /// What relative paths start at.
    pub(crate) base_dir: &'a Path,
}

/// Replaces what stands in the texts at and below a node; what cannot be replaced is reported, and
/// becomes nothing, so that no check stumbles over it again.
pub(crate) fn interpolate(
    node: &mut Node,
    place: &Place,
    source: Source<'_>,
    report: &mut Report<'_>,
) {
    match &mut node.content {
        Content::Plain(_) => {}
        Content::Text(text) => match expand(text, source) {
            Ok(expanded) => *text = expanded,
            Err(message) => {
                report.add_at(node.line, place, message);
                node.content = Content::Plain(Value::Null);
            }
        },
        Content::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                interpolate(item, &place.index(index), source, report);
            }
        }
        Content::Map(entries) => {
            for entry in entries {
                interpolate(&mut entry.node, &place.key(&entry.key), source, report);
            }
        }
    }
}

fn expand(text: &str, source: Source<'_>) -> Result<String, String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(escaped) = before.strip_suffix('$') {
            expanded.push_str(escaped);
            expanded.push_str("${");
            rest = after;
            continue;
        }
        let (reference, behind) = after
            .split_once('}')
            .ok_or("has a `${` without its `}`; write `$${` for a plain one")?;
        expanded.push_str(before);
        expanded.push_str(&resolve(reference, source)?);
        rest = behind;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn resolve(reference: &str, source: Source<'_>) -> Result<String, String> {
    if let Some(path) = reference.strip_prefix("file:") {
        let path = source.base_dir.join(path);
        let text = source.env.read_file(&path);
        let text = text.map_err(|e| format!("the file {} cannot be read: {e}", path.display()))?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        return Ok(line.strip_suffix('\r').unwrap_or(line).to_owned());
    }
    let (name, default) = match reference.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (reference, None),
    };
    if !is_name(name) {
        return Err("has a `${` without the name of a variable behind it".to_owned());
    }
    match (source.env.var(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(format!(
            "the variable {name} is not set; set it, or give a default: `${{{name}:-...}}`"
        )),
    }
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Fake;

    fn expanded(text: &str) -> Result<String, String> {
        let env = Fake::default().var("A", "1").var("EMPTY", "").file("/etc/bursar/pepper", "p\n");
        expand(text, Source { env: &env, base_dir: Path::new("/etc/bursar") })
    }

    #[test]
    fn references_are_replaced_wherever_they_stand() {
        for (text, expected) in [
            ("plain", "plain"),
            ("${A}", "1"),
            ("a${A}b${A}", "a1b1"),
            ("${B:-x}", "x"),
            ("${EMPTY:-x}${EMPTY}", "x"),
            ("${B:-}", ""),
            ("${file:pepper}", "p"),
            ("${file:/etc/bursar/pepper}", "p"),
            ("$5 and $${A}", "$5 and ${A}"),
        ] {
            assert_eq!(expanded(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_replaced_says_why() {
        for (text, expected) in [
            ("${B}", "the variable B is not set; set it, or give a default: `${B:-...}`"),
            ("${A", "has a `${` without its `}`; write `$${` for a plain one"),
            ("${}", "has a `${` without the name of a variable behind it"),
            ("${A B}", "has a `${` without the name of a variable behind it"),
            ("${file:no}", "the file /etc/bursar/no cannot be read: entity not found"),
        ] {
            assert_eq!(expanded(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_value_is_never_looked_into() {
        let env = Fake::default().var("A", "${B}").var("B", "2");
        let source = Source { env: &env, base_dir: Path::new("") };
        assert_eq!(expand("${A}", source).as_deref(), Ok("${B}"));
    }
}
