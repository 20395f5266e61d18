//! The one credential of a request, wherever its SDK puts it.

use ::identity::{Fault, TOKEN_BYTES_MAX, is_token};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use store::KeyKind;

/// Every header in which a provider's SDK sends its key; none of them is ever forwarded.
pub(crate) const CREDENTIAL_HEADERS: [&str; 6] =
    ["authorization", "x-api-key", "api-key", "x-goog-api-key", "xi-api-key", "x-magnific-api-key"];

/// A credential by its form alone: nothing has been looked up.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Presented<'a> {
    /// A key whose checksum is right.
    Key(&'a str),
    /// What has the form of a token.
    Token(&'a str),
}

/// The credential of a request. The same one twice is one; a query never has one.
///
/// # Errors
/// Why there is none. Two different ones are none, whatever each is worth.
pub(crate) fn presented(headers: &HeaderMap) -> Result<Presented<'_>, Fault> {
    let mut found: Option<Result<&[u8], Fault>> = None;
    for name in CREDENTIAL_HEADERS {
        for value in headers.get_all(name) {
            let value = value.as_bytes();
            let bearer = name == AUTHORIZATION.as_str();
            let credential = if bearer { without_scheme(value) } else { Ok(value.trim_ascii()) };
            match found {
                None => found = Some(credential),
                Some(first) if first == credential => {}
                Some(_) => return Err(Fault::AmbiguousCredential),
            }
        }
    }
    found.map_or(Err(Fault::NoCredential), |credential| by_form(credential?))
}

/// `Bearer K` (RFC 6750), `Token K` and `Key K`; without a scheme there is no credential.
fn without_scheme(value: &[u8]) -> Result<&[u8], Fault> {
    let value = value.trim_ascii();
    if value.is_empty() {
        return Ok(value);
    }
    let blank = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, rest) = value.split_at(blank);
    let known = ["bearer", "token", "key"];
    if known.iter().any(|known| scheme.eq_ignore_ascii_case(known.as_bytes())) {
        Ok(rest.trim_ascii())
    } else {
        Err(Fault::NotACredential)
    }
}

fn by_form(credential: &[u8]) -> Result<Presented<'_>, Fault> {
    if credential.is_empty() {
        return Err(Fault::NoCredential);
    }
    // Neither blanks nor what is not ASCII are in any.
    let text = str::from_utf8(credential).map_err(|_| Fault::NotACredential)?;
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Fault::NotACredential);
    }
    match KeyKind::of(text) {
        Some(KeyKind::Admin) => Err(Fault::KeyAdmin),
        Some(KeyKind::Member | KeyKind::ServiceAccount) => {
            let right = store::is_well_formed(text);
            if right { Ok(Presented::Key(text)) } else { Err(Fault::KeyMalformed) }
        }
        None if !is_token(text) => Err(Fault::NotACredential),
        None if text.len() > TOKEN_BYTES_MAX => Err(Fault::TokenTooLarge),
        None => Ok(Presented::Token(text)),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;
    use store::PlainKey;

    use super::*;

    fn key(kind: KeyKind, seed: u8) -> PlainKey {
        let mut byte = seed;
        PlainKey::generate(kind, || {
            byte = byte.wrapping_mul(77).wrapping_add(31);
            byte
        })
    }

    fn headers<N: AsRef<str>, V: AsRef<[u8]>>(headers: &[(N, V)]) -> HeaderMap {
        let parsed = headers.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_ref().as_bytes()).unwrap();
            (name, HeaderValue::from_bytes(value.as_ref()).unwrap())
        });
        parsed.collect()
    }

    #[track_caller]
    fn check<V: AsRef<[u8]>>(given: &[(&str, V)], expected: Result<Presented<'_>, Fault>) {
        assert_eq!(presented(&headers(given)), expected);
    }

    #[test]
    fn a_credential_is_found_wherever_an_sdk_puts_it() {
        let key = key(KeyKind::Member, 1);
        let key = key.expose();
        let found = Ok(Presented::Key(key));
        for name in CREDENTIAL_HEADERS.iter().filter(|name| **name != "authorization") {
            check(&[(name, key)], found);
        }
        for scheme in ["Bearer ", "bearer  ", "BEARER ", "Token ", "Key "] {
            check(&[("authorization", format!("{scheme}{key} "))], found);
        }
    }

    #[test]
    fn what_is_presented_is_told_by_its_form_alone() {
        let (service, admin) = (key(KeyKind::ServiceAccount, 2), key(KeyKind::Admin, 3));
        let long = format!("{}.b.c", "a".repeat(TOKEN_BYTES_MAX - 4));
        let typo = service.expose().replace("bursar_s", "bursar_u");
        for (text, expected) in [
            (service.expose(), Ok(Presented::Key(service.expose()))),
            (admin.expose(), Err(Fault::KeyAdmin)),
            ("bursar_a_whatever-the-operator-chose", Err(Fault::KeyAdmin)),
            ("a.b.c", Ok(Presented::Token("a.b.c"))),
            ("..", Ok(Presented::Token(".."))),
            (&long, Ok(Presented::Token(&long))),
            (&format!("{long}c"), Err(Fault::TokenTooLarge)),
            (&typo, Err(Fault::KeyMalformed)),
            ("bursar_u_", Err(Fault::KeyMalformed)),
            ("BURSAR_U_0000", Err(Fault::NotACredential)),
            ("sk-1234", Err(Fault::NotACredential)),
            ("a.b", Err(Fault::NotACredential)),
            ("a.b.c.d.e", Err(Fault::NotACredential)),
            ("", Err(Fault::NoCredential)),
        ] {
            check(&[("x-api-key", text)], expected);
            check(&[("authorization", format!("Bearer {text}"))], expected);
        }
    }

    #[test]
    fn a_scheme_that_is_none_or_comes_twice_is_no_credential() {
        let key = key(KeyKind::Member, 4);
        let key = key.expose();
        check(&[("authorization", "Basic dTpw")], Err(Fault::NotACredential));
        check(&[("authorization", key)], Err(Fault::NotACredential));
        check(&[("authorization", format!("Bearer\t{key}"))], Err(Fault::NotACredential));
        check(&[("authorization", format!("Bearer:{key}"))], Err(Fault::NotACredential));
        check(&[("authorization", format!("Bearer Bearer {key}"))], Err(Fault::NotACredential));
        check(&[("x-api-key", format!("Bearer {key}"))], Err(Fault::NotACredential));
        check(&[("authorization", "Bearer")], Err(Fault::NoCredential));
        check::<&str>(&[], Err(Fault::NoCredential));
    }

    #[test]
    fn blanks_and_what_is_not_ascii_are_in_no_credential() {
        let key = key(KeyKind::Member, 5);
        let key = key.expose();
        for odd in [
            format!("{key}\u{a0}"),
            format!("\u{feff}{key}"),
            format!("{key} x"),
            format!("{}\t{}", &key[..20], &key[20..]),
            key.replace('_', "\u{ff3f}"),
            "\u{fffd}.b.c".to_owned(),
        ] {
            check(&[("authorization", format!("Bearer {odd}"))], Err(Fault::NotACredential));
        }
        check(&[("x-api-key", [0xff, 0xfe])], Err(Fault::NotACredential));
    }

    #[test]
    fn the_same_twice_is_one_and_two_different_are_none() {
        let (one, other) = (key(KeyKind::Member, 6), key(KeyKind::Member, 7));
        let (one, other) = (one.expose(), other.expose());
        let bearer = format!("Bearer {one}");
        check(&[("authorization", &*bearer), ("x-api-key", one)], Ok(Presented::Key(one)));
        check(&[("authorization", &bearer), ("authorization", &bearer)], Ok(Presented::Key(one)));
        let none = Err(Fault::AmbiguousCredential);
        check(&[("authorization", &*bearer), ("x-api-key", other)], none);
        check(&[("x-api-key", one), ("x-api-key", other)], none);
        check(&[("authorization", "Basic dTpw"), ("x-api-key", one)], none);
        check(&[("x-api-key", one), ("x-goog-api-key", "")], none);
        check(&[("authorization", &*bearer), ("x-api-key", "a.b.c")], none);
    }

    proptest! {
        #[test]
        fn whatever_is_sent_only_a_whole_key_is_one(
            name in prop::sample::select(&CREDENTIAL_HEADERS[..]),
            scheme in prop::sample::select(&["", "Bearer ", "Token  ", "Basic "][..]),
            kind in prop::sample::select(&[KeyKind::Member, KeyKind::ServiceAccount][..]),
            seed: u8,
            place in 0_usize..46,
            byte in 0x20_u8..=0xff,
        ) {
            let key = key(kind, seed);
            let mut sent = key.expose().as_bytes().to_vec();
            match sent.get_mut(place) {
                Some(there) => *there = byte,
                None => sent.push(byte),
            }
            let value = [scheme.as_bytes(), &sent].concat();
            prop_assume!(HeaderValue::from_bytes(&value).is_ok());
            let map = headers(&[(name, &value)]);
            if let Ok(Presented::Key(found)) = presented(&map) {
                prop_assert_eq!(PlainKey::parse(found).map(|key| key.expose().to_owned()), Some(found.to_owned()));
                prop_assert_eq!(found, key.expose(), "a changed key is none");
            }
        }

        #[test]
        fn no_header_of_any_bytes_breaks_the_reading(
            value in prop::collection::vec(any::<u8>(), 0..200),
            name in prop::sample::select(&CREDENTIAL_HEADERS[..]),
        ) {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                let map = std::iter::once((HeaderName::from_static(name), value)).collect();
                let found = presented(&map);
                prop_assert!(!matches!(found, Ok(Presented::Key(_))), "a key by chance");
            }
        }
    }
}
