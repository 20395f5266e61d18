//! How deep a JSON text is nested, told before anything recurses into it.

use memchr::memchr;

/// Whether arrays and objects stand more than `most` deep in each other.
///
/// What is not JSON gets an answer too; the parser refuses it afterwards.
pub(super) fn is_deeper_than(json: &[u8], most: usize) -> bool {
    let (mut at, mut depth) = (0, 0usize);
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' if depth == most => return true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => at = after_string(json, at),
            _ => {}
        }
    }
    false
}

/// Where the string ends whose first character stands at `start`: after the first quote before which
/// there is no backslash, or an even number of them.
fn after_string(json: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(found) = json.get(at..).and_then(|rest| memchr(b'"', rest)) {
        let text = &json[start..at + found];
        let escapes = text.iter().rev().take_while(|byte| **byte == b'\\').count();
        at += found + 1;
        if escapes.is_multiple_of(2) {
            return at;
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_arrays_and_objects_alike() {
        assert!(!is_deeper_than(b"{\"a\":[{}]}", 3));
        assert!(is_deeper_than(b"{\"a\":[{}]}", 2));
        assert!(!is_deeper_than(b"[[],[],[]]", 2));
    }

    #[test]
    fn brackets_in_strings_are_text() {
        assert!(!is_deeper_than(br#"{"a":"[[[[","b":"\"[[[","c":"\\"}"#, 1));
        assert!(is_deeper_than(br#"{"a":"\\",["#, 1));
        assert!(!is_deeper_than(br#"{"a":"\\\",["#, 1));
        assert!(is_deeper_than(br#"{"a":"\\\\",["#, 1));
    }

    #[test]
    fn a_text_that_breaks_off_is_no_deeper_than_what_is_there() {
        for broken in [&b""[..], b"\"", b"\"\\", b"]]]", b"[\"abc\\"] {
            assert!(!is_deeper_than(broken, 1));
        }
    }
}
