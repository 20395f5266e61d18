//! Renders server-sent events.

use bytes::Bytes;
use serde::Serialize;

/// `data: {...}`, the form of chat completions.
pub(crate) fn data(value: &impl Serialize) -> Bytes {
    render(Vec::with_capacity(512), value)
}

/// `event: NAME` and its data, the form of responses and messages.
pub(crate) fn event(name: &str, value: &impl Serialize) -> Bytes {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.push(b'\n');
    render(out, value)
}

fn render(mut out: Vec<u8>, value: &impl Serialize) -> Bytes {
    out.extend_from_slice(b"data: ");
    serde_json::to_writer(&mut out, value).expect("an event of plain structs is always JSON");
    out.extend_from_slice(b"\n\n");
    Bytes::from(out)
}

/// An event rendered once, with a hole where each word goes.
pub(crate) struct Template {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Template {
    /// What to write in place of the word.
    pub(crate) const HOLE: &str = "{word}";

    pub(crate) fn new(event: &Bytes) -> Self {
        let hole = event
            .windows(Self::HOLE.len())
            .position(|window| window == Self::HOLE.as_bytes())
            .expect("a template is rendered with the hole as its word");
        Self { before: event[..hole].to_vec(), after: event[hole + Self::HOLE.len()..].to_vec() }
    }

    /// The event with `word`, which JSON would not escape, in the hole.
    pub(crate) fn fill(&self, word: &str) -> Bytes {
        Bytes::from([&self.before, word.as_bytes(), &self.after].concat())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_filled_template_is_the_event_with_that_word() {
        let template = Template::new(&event("delta", &json!({ "text": Template::HOLE })));
        assert_eq!(template.fill("all "), event("delta", &json!({ "text": "all " })));
    }
}
