//! Finds where the events of a stream end, wherever its chunks are cut.

use memchr::memchr2;

/// Where in its lines a stream stands. An event ends with an empty line; a line ends with LF, CR or
/// both.
#[derive(Debug)]
pub(super) struct Splitter {
    /// Nothing of the present line has come.
    line_is_empty: bool,
    /// A CR came last, and an LF may follow that belongs to it: of an empty line, or of another?
    after_cr: Option<bool>,
}

impl Splitter {
    pub(super) fn new() -> Self {
        Self { line_is_empty: true, after_cr: None }
    }

    /// How many of these bytes, which follow on those before, still belong to the present event;
    /// `None` when all do and it is not over.
    ///
    /// A CR that comes last leaves it open until the next byte.
    pub(super) fn end_of_event(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            if let Some(was_empty) = self.after_cr {
                if *bytes.get(at)? == b'\n' {
                    at += 1;
                }
                self.after_cr = None;
                self.line_is_empty = true;
                if was_empty {
                    return Some(at);
                }
            }
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(length) = memchr2(b'\n', b'\r', rest) else {
                self.line_is_empty &= rest.is_empty();
                return None;
            };
            let was_empty = self.line_is_empty && length == 0;
            at += length + 1;
            if rest.get(length) == Some(&b'\r') {
                self.after_cr = Some(was_empty);
                continue;
            }
            self.line_is_empty = true;
            if was_empty {
                return Some(at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a stream that comes in these chunks.
    fn events(chunks: &[&str]) -> Vec<String> {
        let (mut splitter, mut events, mut event) = (Splitter::new(), Vec::new(), String::new());
        for chunk in chunks {
            let mut rest = *chunk;
            while let Some(end) = splitter.end_of_event(rest.as_bytes()) {
                event.push_str(&rest[..end]);
                events.push(std::mem::take(&mut event));
                rest = &rest[end..];
            }
            event.push_str(rest);
        }
        events.push(event);
        events
    }

    #[test]
    fn an_empty_line_ends_an_event_whatever_ends_a_line() {
        assert_eq!(events(&["a\nb\n\nc\n\n"]), ["a\nb\n\n", "c\n\n", ""]);
        assert_eq!(events(&["a\r\nb\r\n\r\nc"]), ["a\r\nb\r\n\r\n", "c"]);
        assert_eq!(events(&["a\rb\r\rc"]), ["a\rb\r\r", "c"]);
        assert_eq!(events(&["a\n\r\nb\r\n\nc"]), ["a\n\r\n", "b\r\n\n", "c"]);
        assert_eq!(events(&["\n\na"]), ["\n", "\n", "a"]);
    }

    #[test]
    fn a_cr_that_comes_last_waits_for_its_lf() {
        assert_eq!(events(&["a\r\n\r"]), ["a\r\n\r"]);
        assert_eq!(events(&["a\r\n\r", "\nb"]), ["a\r\n\r\n", "b"]);
        assert_eq!(events(&["a\r\n\r", "b"]), ["a\r\n\r", "b"]);
        assert_eq!(events(&["a\r", "\n", "\r", "\n", "b"]), ["a\r\n\r\n", "b"]);
    }
}
