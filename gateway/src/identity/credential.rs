//! The one credential of a request, wherever its SDK puts it.

use http::HeaderMap;
use http::header::AUTHORIZATION;

/// Every header in which a provider's SDK sends its key; none of them is ever forwarded.
pub(crate) const CREDENTIAL_HEADERS: [&str; 6] =
    ["authorization", "x-api-key", "api-key", "x-goog-api-key", "xi-api-key", "x-magnific-api-key"];

/// What a request presents.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Presented<'a> {
    /// Nothing that could be a credential.
    Nothing,
    /// One credential, perhaps in several places.
    One(&'a str),
    /// Two different ones.
    Several,
}

/// The credential of a request: the same one twice is one, two different ones are refused.
pub(crate) fn presented(headers: &HeaderMap) -> Presented<'_> {
    let mut found = Presented::Nothing;
    for name in CREDENTIAL_HEADERS {
        for value in headers.get_all(name) {
            let text = value.to_str().unwrap_or_default();
            let text = if name == AUTHORIZATION.as_str() { without_scheme(text) } else { text };
            found = match found {
                Presented::Nothing => Presented::One(text),
                Presented::One(first) if first == text => Presented::One(first),
                Presented::One(_) | Presented::Several => return Presented::Several,
            };
        }
    }
    found
}

/// `Bearer K` (RFC 6750), `Token K` and `Key K`; without a scheme there is no credential.
fn without_scheme(value: &str) -> &str {
    let Some((scheme, rest)) = value.split_once(' ') else { return "" };
    let known = ["bearer", "token", "key"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if known { rest.trim() } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &'static str)], expected: &Presented<'_>) {
        let map = headers.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
        });
        assert_eq!(presented(&map.collect()), *expected, "{headers:?}");
    }

    #[test]
    fn a_credential_is_found_wherever_an_sdk_puts_it() {
        check(&[], &Presented::Nothing);
        check(&[("authorization", "Bearer k")], &Presented::One("k"));
        check(&[("authorization", "bearer  k ")], &Presented::One("k"));
        check(&[("authorization", "Token k")], &Presented::One("k"));
        check(&[("authorization", "Key k")], &Presented::One("k"));
        check(&[("x-api-key", "k")], &Presented::One("k"));
        check(&[("x-goog-api-key", "k")], &Presented::One("k"));
        check(&[("xi-api-key", "k")], &Presented::One("k"));
        check(&[("api-key", "k")], &Presented::One("k"));
    }

    #[test]
    fn two_different_credentials_are_not_one() {
        check(&[("authorization", "Bearer a"), ("x-api-key", "b")], &Presented::Several);
        check(&[("x-api-key", "a"), ("x-api-key", "b")], &Presented::Several);
        check(&[("authorization", "Bearer a"), ("x-api-key", "a")], &Presented::One("a"));
    }

    #[test]
    fn a_scheme_we_do_not_know_is_no_key() {
        check(&[("authorization", "Basic dTpw")], &Presented::One(""));
        check(&[("authorization", "k")], &Presented::One(""));
    }
}
