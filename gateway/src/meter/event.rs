//! One server-sent event: its name and its data.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// An event as its client sees it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event<'a> {
    /// The name; empty if it has none.
    pub(super) name: &'a [u8],
    /// The data, its lines joined by LF; `None` when it is but a comment or an empty line.
    pub(super) data: Option<Cow<'a, [u8]>>,
}

impl<'a> Event<'a> {
    /// Reads the lines of an event.
    pub(super) fn read(mut lines: &'a [u8]) -> Self {
        let mut event = Self { name: b"", data: None };
        while !lines.is_empty() {
            // An empty line, between CR and LF too, is no field.
            let end = memchr2(b'\n', b'\r', lines).unwrap_or(lines.len());
            event.take(&lines[..end]);
            lines = lines.get(end + 1..).unwrap_or_default();
        }
        event
    }

    fn take(&mut self, line: &'a [u8]) {
        let (field, value) = match memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &line[line.len()..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => self.name = value,
            b"data" => match &mut self.data {
                None => self.data = Some(Cow::Borrowed(value)),
                Some(data) => {
                    let data = data.to_mut();
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> (String, Option<String>) {
        let event = Event::read(lines.as_bytes());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (text(event.name), event.data.as_deref().map(text))
    }

    fn event(name: &str, data: &str) -> (String, Option<String>) {
        (name.to_owned(), Some(data.to_owned()))
    }

    #[test]
    fn a_field_is_what_stands_before_the_first_colon() {
        assert_eq!(read("event: ping\ndata: {\"a\":1}\n\n"), event("ping", "{\"a\":1}"));
        assert_eq!(read("data:{}\r\nevent:x\r\n\r\n"), event("x", "{}"));
        assert_eq!(read("data:  two spaces\r\r"), event("", " two spaces"));
        assert_eq!(read("id: 7\nretry: 10\nDATA: no\ndata: yes"), event("", "yes"));
    }

    #[test]
    fn lines_of_data_are_joined() {
        assert_eq!(read("data: {\ndata: \"a\":1\ndata\ndata:}\n\n"), event("", "{\n\"a\":1\n\n}"));
    }

    #[test]
    fn comments_and_empty_lines_have_no_data() {
        assert_eq!(read(": data: x\n\n"), (String::new(), None));
        assert_eq!(read("\n"), (String::new(), None));
    }
}
