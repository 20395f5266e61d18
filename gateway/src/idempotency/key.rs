//! The key that a client sends, and what its request is told apart by.

use aws_lc_rs::digest::{Context, SHA256};
use http::HeaderName;
use pingora::http::RequestHeader;

use crate::refusal::{Code, Denial};
use crate::upstream::sent_query;

/// <https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>, of which any
/// visible text is taken, quoted or not.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LONGEST: usize = 255;

/// The idempotency key of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey {
    pub(crate) text: String,
    /// SHA-256 of method, path and query.
    target: [u8; 32],
}

impl IdempotencyKey {
    /// The key of a request, if it bears one: the same one twice is one.
    ///
    /// # Errors
    /// A denial of two different ones, and of a text that is none.
    pub(crate) fn of(request: &RequestHeader) -> Result<Option<Self>, Denial> {
        let mut texts = request.headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(first) = texts.next() else { return Ok(None) };
        if texts.any(|other| other != first) {
            return Err(invalid("the request bears two different idempotency keys; send one"));
        }
        let visible = !first.is_empty() && first.as_bytes().iter().all(u8::is_ascii_graphic);
        match first.to_str() {
            Ok(text) if visible && text.len() <= LONGEST => {
                Ok(Some(Self { text: text.to_owned(), target: target(request) }))
            }
            _ => Err(invalid("an idempotency key has 1 to 255 visible ASCII characters")),
        }
    }

    /// Equal for requests that ask the same of the same route.
    pub(crate) fn fingerprint(&self, body_hash: &[u8; 32]) -> [u8; 32] {
        let mut digest = Context::new(&SHA256);
        digest.update(&self.target);
        digest.update(body_hash);
        finish(digest)
    }
}

fn target(request: &RequestHeader) -> [u8; 32] {
    let mut digest = Context::new(&SHA256);
    // No method and no path has a zero byte.
    for part in [request.method.as_str(), request.uri.path()] {
        digest.update(part.as_bytes());
        digest.update(&[0]);
    }
    for pair in sent_query(&request.uri) {
        digest.update(pair.as_bytes());
        digest.update(b"&");
    }
    finish(digest)
}

fn finish(digest: Context) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.finish().as_ref());
    hash
}

fn invalid(message: &'static str) -> Denial {
    Denial::new(Code::InvalidRequest, message).about(Some(IDEMPOTENCY_KEY.as_str().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str, keys: &[&[u8]]) -> RequestHeader {
        let mut request = RequestHeader::build("POST", path.as_bytes(), None).unwrap();
        for key in keys {
            let value = http::HeaderValue::from_bytes(key).unwrap();
            request.append_header(IDEMPOTENCY_KEY, value).unwrap();
        }
        request
    }

    fn text(keys: &[&[u8]]) -> Result<Option<String>, Code> {
        let key = IdempotencyKey::of(&request("/v1/chat", keys));
        key.map(|key| key.map(|key| key.text)).map_err(|denial| denial.code)
    }

    #[test]
    fn a_key_is_any_visible_text_of_up_to_255_characters() {
        assert_eq!(text(&[]), Ok(None));
        let longest = [b'k'; 255];
        for key in [&b"a"[..], b"\"quoted\"", b"~!,;=", &longest] {
            let expected = String::from_utf8(key.to_vec()).unwrap();
            assert_eq!(text(&[key]), Ok(Some(expected)));
        }
        for none in [&b""[..], b"two words", b"tab\tbed", b"k\xc3\xa9y", &[b'k'; 256]] {
            assert_eq!(text(&[none]), Err(Code::InvalidRequest));
        }
    }

    #[test]
    fn the_same_key_twice_is_one_and_two_different_ones_are_none() {
        assert_eq!(text(&[b"k", b"k"]), Ok(Some("k".to_owned())));
        assert_eq!(text(&[b"k", b"K"]), Err(Code::InvalidRequest));
        assert_eq!(text(&[b"k", b"k", b""]), Err(Code::InvalidRequest));
    }

    #[test]
    fn method_path_query_and_body_make_another_request_and_a_key_in_the_query_does_not() {
        let print = |request: &RequestHeader, body| {
            IdempotencyKey::of(request).unwrap().unwrap().fingerprint(&[body; 32])
        };
        let keyed = |path| request(path, &[b"k"]);
        let mut put = keyed("/v1/chat?a=1");
        put.set_method(http::Method::PUT);
        let mut prints = vec![
            print(&keyed("/v1/chat?a=1"), 1),
            print(&keyed("/v1/chat?a=1"), 2),
            print(&keyed("/v1/chat?a=2"), 1),
            print(&keyed("/v1/chat?a=1&b"), 1),
            print(&keyed("/v1/chat"), 1),
            print(&keyed("/v1/chat/a=1"), 1),
            print(&put, 1),
        ];
        assert_eq!(print(&keyed("/v1/chat?key=secret&a=1"), 1), prints[0]);
        let different = prints.len();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), different);
    }
}
