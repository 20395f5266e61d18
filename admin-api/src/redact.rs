//! Keys and tokens taken out of what is repeated to a client: it may have put one where an id belongs.

use std::borrow::Cow;

use store::KeyKind;

const PREFIXES: [&str; 3] =
    [KeyKind::Member.prefix(), KeyKind::ServiceAccount.prefix(), KeyKind::Admin.prefix()];

/// The text with nothing behind the prefix of a key.
pub(crate) fn redact(text: &str) -> Cow<'_, str> {
    let mut redacted = Cow::Borrowed(text);
    for prefix in PREFIXES {
        if !redacted.contains(prefix) {
            continue;
        }
        let mut parts = redacted.split(prefix);
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.trim_start_matches(|at: char| at.is_ascii_alphanumeric());
            let said = if rest.len() == part.len() { "" } else { "[redacted]" };
            whole.extend([prefix, said, rest]);
        }
        redacted = Cow::Owned(whole);
    }
    redacted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_out_and_their_prefixes_stay() {
        for (text, redacted) in [
            ("there is no key_1", "there is no key_1"),
            ("send `Bearer bursar_a_...`", "send `Bearer bursar_a_...`"),
            ("no bursar_u_4fNv0Qm2:revoke", "no bursar_u_[redacted]:revoke"),
            (
                "bursar_a_1 bursar_s_2,bursar_a_3",
                "bursar_a_[redacted] bursar_s_[redacted],bursar_a_[redacted]",
            ),
        ] {
            assert_eq!(redact(text), redacted);
        }
    }
}
