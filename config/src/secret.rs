//! A text that never prints itself.

use std::fmt;

use crate::place::Place;
use crate::problem::Report;
use crate::raw::SecretText;

/// A secret: a provider's credential, a pepper, an admin token.
///
/// Prints as `[redacted]`, is not `Serialize`, and is not comparable: whoever compares it with what
/// came over the wire does so in constant time.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself: for the one place that sends it or compares it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

const REDACTED: &str = "[redacted]";

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// Checks a secret that is sent in a header: so many visible ASCII characters at least.
pub(crate) fn check_token(
    secret: &SecretText,
    bytes_min: usize,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Secret> {
    let secret = check_bytes(secret, bytes_min, place, report)?;
    if !secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        report.add(place, "must be visible ASCII without spaces, as it goes into a header");
        return None;
    }
    Some(secret)
}

/// Checks a secret that is only long.
pub(crate) fn check_bytes(
    SecretText(text): &SecretText,
    bytes_min: usize,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Secret> {
    if text.len() < bytes_min {
        report.add(place, format!("is {} bytes long and must be at least {bytes_min}", text.len()));
        return None;
    }
    Some(Secret::new(text.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_prints_itself() {
        let secret = Secret::new("canary".to_owned());
        assert_eq!(format!("{secret} {secret:?} {secret:#?}"), "[redacted] [redacted] [redacted]");
        assert_eq!(secret.expose(), "canary");
    }
}
