//! A YAML text as a tree whose every node knows its line.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, Spanned};

use crate::place::{Place, Step};
use crate::problem::{Problem, Report};

/// Levels of nesting: the deepest field of a config is at eight.
const DEPTH: usize = 32;

/// Nodes, aliases expanded: a price book of ten thousand models, and the end of an alias bomb.
const NODES: usize = 250_000;

/// A node and the line it begins on, from 1.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) content: Content,
}

/// What a node holds.
#[derive(Clone)]
pub(crate) enum Content {
    /// Nothing, a truth value or a number.
    Plain(Value),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file; a key may stand twice.
    Map(Vec<Entry>),
}

/// A key and what it stands for.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// The line of the key, from 1.
    pub(crate) line: usize,
    pub(crate) node: Node,
}

/// Reads a text of one document; what is no YAML is one problem, since nothing after it is known.
pub(crate) fn parse(text: &str) -> Result<Node, Problem> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: DEPTH, max_nodes: NODES, max_documents: 1 },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: NODES },
    };
    let root = serde_saphyr::from_str_with_options::<Spanned<Content>>(text, options);
    root.map(Node::from).map_err(|error| {
        let error = error.without_snippet();
        let line = error.location().map_or(1, |location| line(location.line()));
        Problem { line, path: String::new(), message: format!("is not YAML: {error}") }
    })
}

fn line(line: u64) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX)
}

impl Node {
    /// The tree as JSON; of a key that stands twice, the first.
    pub(crate) fn to_json(&self) -> Value {
        match &self.content {
            Content::Plain(value) => value.clone(),
            Content::Text(text) => Value::String(text.clone()),
            Content::List(items) => items.iter().map(Self::to_json).collect(),
            Content::Map(entries) => {
                let pairs = entries.iter().rev().map(|entry| (&entry.key, &entry.node));
                Value::Object(pairs.map(|(key, node)| (key.clone(), node.to_json())).collect())
            }
        }
    }

    /// The line of a place, or of the last step on the way to it that is there.
    pub(crate) fn line_of(&self, place: &Place) -> usize {
        let (mut node, mut line) = (self, self.line);
        for step in place.steps() {
            match (&node.content, step) {
                (Content::Map(entries), Step::Key(key)) => {
                    let Some(entry) = entries.iter().find(|entry| entry.key == *key) else { break };
                    (node, line) = (&entry.node, entry.line);
                }
                (Content::List(items), Step::Index(index)) => {
                    let Some(item) = items.get(*index) else { break };
                    (node, line) = (item, item.line);
                }
                _ => break,
            }
        }
        line
    }

    /// Makes nothing of what stands at a place,.
    pub(crate) fn erase(&mut self, place: &Place) {
        let mut node = self;
        for step in place.steps() {
            let below = match (&mut node.content, step) {
                (Content::Map(entries), Step::Key(key)) => {
                    entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.node)
                }
                (Content::List(items), Step::Index(index)) => items.get_mut(*index),
                _ => None,
            };
            let Some(below) = below else { return };
            node = below;
        }
        node.content = Content::Plain(Value::Null);
    }

    /// Reports every key that stands twice in one mapping.
    pub(crate) fn report_duplicates(&self, place: &Place, report: &mut Report<'_>) {
        match &self.content {
            Content::Plain(_) | Content::Text(_) => {}
            Content::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.report_duplicates(&place.index(index), report);
                }
            }
            Content::Map(entries) => {
                for (n, entry) in entries.iter().enumerate() {
                    let place = place.key(&entry.key);
                    let mut earlier = entries.iter().take(n);
                    if let Some(first) = earlier.find(|earlier| earlier.key == entry.key) {
                        let message = format!("stands twice, first on line {}", first.line);
                        report.add_at(entry.line, &place, message);
                    }
                    entry.node.report_duplicates(&place, report);
                }
            }
        }
    }
}

impl From<Spanned<Content>> for Node {
    fn from(spanned: Spanned<Content>) -> Self {
        Self { line: line(spanned.referenced.line()), content: spanned.value }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, a truth value, a list or a mapping")
    }

    fn visit_unit<E: Error>(self) -> Result<Content, E> {
        Ok(Content::Plain(Value::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Content, E> {
        self.visit_unit()
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Plain(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Plain(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Plain(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Plain(value.into()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Content, E> {
        Ok(Content::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Content>>()? {
            list.push(item.into());
        }
        Ok(Content::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Content, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = pairs.next_key::<Spanned<String>>()? {
            let line = line(key.referenced.line());
            let node = pairs.next_value::<Spanned<Content>>()?.into();
            map.push(Entry { key: key.value, line, node });
        }
        Ok(Content::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Place {
        text.split('.').fold(Place::root(), |place, step| match step.parse() {
            Ok(index) => place.index(index),
            Err(_) => place.key(step),
        })
    }

    #[test]
    fn every_node_knows_its_line() {
        let tree = parse("# a\nx: {k: 1, l: two}\ny:\n  - a: 1\n    b: 2\n  -\n    - c\n").unwrap();
        let lines = ["x", "x.l", "y", "y.0", "y.0.b", "y.1.0", "y.0.gone", "y.9"];
        let lines = lines.map(|place| tree.line_of(&key(place)));
        assert_eq!(lines, [2, 2, 3, 4, 5, 7, 4, 3]);
    }

    #[test]
    fn a_key_may_be_a_number_and_a_text_may_look_like_one() {
        let json = parse("{1: a, b: \"2\", c: 2.5, d: ~, e: no}").unwrap().to_json();
        let expected = serde_json::json!({"1": "a", "b": "2", "c": 2.5, "d": null, "e": "no"});
        assert_eq!(json, expected);
    }

    #[test]
    fn every_duplicate_key_is_reported_on_its_own_line_and_the_first_counts() {
        let tree = parse("a: 1\nb:\n  - c: 1\n    c: 2\na: 2\n").unwrap();
        let mut report = Report::new(&tree);
        tree.report_duplicates(&Place::root(), &mut report);
        let problems = report.into_problems("f").unwrap_err().to_string();
        let expected = "f:4: b[0].c: stands twice, first on line 3\n\
                        f:5: a: stands twice, first on line 1";
        assert_eq!(problems, expected);
        assert_eq!(tree.to_json()["a"], 1);
    }

    #[test]
    fn an_alias_bomb_and_a_tower_of_lists_are_refused() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..20 {
            let p = n - 1;
            bomb += &format!("a{n}: &a{n} [*a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}, *a{p}]\n");
        }
        assert!(parse(&bomb).is_err());
        assert!(parse(&format!("{}{}", "[".repeat(DEPTH + 1), "]".repeat(DEPTH + 1))).is_err());
    }
}
