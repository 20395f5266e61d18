//! The paths of routes: literal, or with segments that stand for any one.

use std::fmt;

/// A path whose segments are literal or, as `{name}`, any one segment.
///
/// What `{name}` stands for is not empty and is one segment however it is decoded: no `.` or `..`, no
/// backslash, no encoded dot, slash or backslash. So no spelling of a path that is free can reach, at
/// the provider, one that is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    text: Box<str>,
    segments: Box<[Segment]>,
    literal: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(Box<str>),
    Any,
}

impl PathPattern {
    /// Reads a path such as `/v1/models/{model}`.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let below = text.strip_prefix('/').ok_or("must begin with a slash")?;
        let segments: Result<Box<[_]>, _> = below.split('/').map(Segment::parse).collect();
        let segments = segments?;
        let literal = segments.iter().all(|segment| *segment != Segment::Any);
        Ok(Self { text: text.into(), segments, literal })
    }

    /// The path as it is written in the config: good as a label of metrics.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a path is this one, or one of these.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        if self.literal {
            return path == &*self.text;
        }
        let Some(below) = path.strip_prefix('/') else { return false };
        let mut segments = self.segments.iter();
        let fit = |text| segments.next().is_some_and(|segment| segment.matches(text));
        below.split('/').all(fit) && segments.next().is_none()
    }

    pub(crate) fn is_literal(&self) -> bool {
        self.literal
    }

    /// Whether some path is matched by both, and neither goes first.
    pub(crate) fn collides_with(&self, other: &Self) -> bool {
        let pairs = || self.segments.iter().zip(&other.segments);
        let any = |segment: &Segment| *segment == Segment::Any;
        self.literal == other.literal
            && self.segments.len() == other.segments.len()
            && pairs().all(|(one, two)| any(one) || any(two) || one == two)
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let named = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        if let Some(name) = named {
            let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            return if !name.is_empty() && name.bytes().all(good) {
                Ok(Self::Any)
            } else {
                Err("must have a name of letters, digits and _ in its braces")
            };
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:@!$&'()*+,;=".contains(&byte);
        if text.is_empty() || text == "." || text == ".." || !text.bytes().all(plain) {
            return Err("must be slashes and plain segments, or {name} for any one segment; \
                        no query, no empty or dot segment, nothing encoded, no slash at the end");
        }
        Ok(Self::Literal(text.into()))
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => **literal == *text,
            Self::Any => is_one_segment(text),
        }
    }
}

fn is_one_segment(text: &str) -> bool {
    let encodes = |code: &[u8]| matches!(code, [b'%', b'2', b'e' | b'E' | b'f' | b'F']);
    let encodes_backslash = |code: &[u8]| matches!(code, [b'%', b'5', b'c' | b'C']);
    !matches!(text, "" | "." | "..")
        && !text.contains('\\')
        && !text.as_bytes().windows(3).any(|code| encodes(code) || encodes_backslash(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> PathPattern {
        PathPattern::parse(text).unwrap()
    }

    #[test]
    fn a_pattern_matches_whole_segments_only() {
        let model = pattern("/v1/models/{model}");
        for path in ["/v1/models/gpt-6", "/v1/models/a%20b", "/v1/models/..."] {
            assert!(model.matches(path), "{path}");
        }
        for path in
            ["/v1/models", "/v1/models/", "/v1/models/a/b", "/v1/model/a", "v1/models/a", ""]
        {
            assert!(!model.matches(path), "{path}");
        }
        assert!(pattern("/v1/models").matches("/v1/models"));
        assert!(!pattern("/v1/models").matches("/v1/models/"));
    }

    #[test]
    fn no_spelling_of_a_segment_is_another_path_at_the_provider() {
        let model = pattern("/v1/models/{model}");
        for segment in [".", "..", "%2e%2e", ".%2E", "..%2fchat", "a%2Fb", "a%5cb", "a\\b"] {
            assert!(!model.matches(&format!("/v1/models/{segment}")), "{segment}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "", "v1", "/", "/v1/", "//v1", "/v1/../x", "/a?b", "/a#b", "/a%20b", "/{}", "/{a b}",
            "/{a", "/x{a}",
        ] {
            assert!(PathPattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn paths_collide_when_neither_goes_first() {
        let collide = |one, two| pattern(one).collides_with(&pattern(two));
        assert!(collide("/a/b", "/a/b"));
        assert!(collide("/a/{x}", "/a/{y}"));
        assert!(collide("/a/{x}/c", "/a/b/{y}"));
        assert!(!collide("/a/{x}", "/a/b"));
        assert!(!collide("/a/{x}", "/b/{x}"));
        assert!(!collide("/a/{x}", "/a/{x}/c"));
    }
}
