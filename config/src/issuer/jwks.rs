//! What an issuer's signatures are verified with.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::{Host, Url};

use super::Algorithm;
use crate::bootstrap::check_path;
use crate::interpolate::Source;
use crate::place::Place;
use crate::problem::Report;
use crate::quantity;
use crate::raw::{self, Field, Text};
use crate::secret::{self, Secret};

/// What an issuer's signatures are verified with.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A JSON Web Key Set that a server has.
    Url {
        /// Where it is.
        url: JwksUrl,
        /// How often it is fetched, unless the server says how long it may be kept.
        refresh: Duration,
    },
    /// A JSON Web Key Set in a file.
    File {
        /// The file.
        path: PathBuf,
        /// How often it is read.
        refresh: Duration,
    },
    /// What the issuer itself signs with, at least 32 bytes.
    Secret(Secret),
}

/// Where a JSON Web Key Set is: https, or http at a loopback address.
#[derive(Clone, PartialEq, Eq)]
pub struct JwksUrl(Url);

impl JwksUrl {
    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).ok().filter(|url| url.has_host()).ok_or(NOT_A_JWKS_URL)?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(NOT_A_JWKS_URL);
        }
        let loopback = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(_)) | None => false,
        };
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if loopback => Ok(Self(url)),
            "http" => Err("must be https: whoever can change the keys on their way can be anybody"),
            _ => Err(NOT_A_JWKS_URL),
        }
    }
}

impl fmt::Debug for JwksUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

const NOT_A_JWKS_URL: &str = "must be like `https://login.example.com/jwks.json`, without a user \
                              and without a #";

/// Below it, a guess becomes cheaper than the signature: the hash is 32 bytes (RFC 7518, 3.2).
const SECRET_BYTES_MIN: usize = 32;

const REFRESH: Duration = Duration::from_secs(5 * 60);
const REFRESH_MIN: Duration = Duration::from_secs(60);

/// Checks that there is one source of keys, and that it is one for the algorithms.
pub(super) fn check(
    raw: &raw::Issuer,
    algorithms: Option<&[Algorithm]>,
    source: Source<'_>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<KeySource> {
    let shared = algorithms.map(|algorithms| algorithms.contains(&Algorithm::Hs256));
    let at = place.key("algorithms");
    match (&raw.jwks, &raw.secret) {
        (Field::Absent, Field::Absent) => {
            report.add(place, "has no keys; give `jwks` or `secret`");
            None
        }
        (Field::Absent, secret) => {
            if algorithms.is_some_and(|algorithms| algorithms != [Algorithm::Hs256]) {
                report.add(&at, "must be [HS256], as there is a `secret`");
            }
            let place = place.key("secret");
            secret::check_bytes(secret.given()?, SECRET_BYTES_MIN, &place, report)
                .map(KeySource::Secret)
        }
        (jwks, Field::Absent) => {
            if shared == Some(true) {
                report.add(&at, "must be without HS256, as the keys are public");
            }
            check_jwks(jwks.given()?, source, &place.key("jwks"), report)
        }
        (_, _) => {
            report.add(place, "has two kinds of keys; keep `jwks` or `secret`");
            None
        }
    }
}

fn check_jwks(
    raw: &raw::Jwks,
    source: Source<'_>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<KeySource> {
    let refresh = raw.refresh.check_or(REFRESH, |raw::Duration(text)| {
        let place = place.key("refresh");
        let refresh = report.check(&place, quantity::duration(text))?;
        if refresh < REFRESH_MIN {
            report.add(&place, "must be at least `60s`");
            return None;
        }
        Some(refresh)
    });
    match (&raw.url, &raw.file) {
        (Field::Absent, Field::Absent) => {
            report.add(place, "is nowhere; give `url` or `file`");
            None
        }
        (url, Field::Absent) => {
            let Text(url) = url.given()?;
            let url = report.check(&place.key("url"), JwksUrl::parse(url));
            Some(KeySource::Url { url: url?, refresh: refresh? })
        }
        (Field::Absent, file) => {
            let Text(file) = file.given()?;
            let path = check_path(file, &place.key("file"), source, report);
            Some(KeySource::File { path: path?, refresh: refresh? })
        }
        (_, _) => {
            report.add(place, "is in two places; keep `url` or `file`");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_tls_or_from_this_machine() {
        for url in [
            "https://login.example.com/jwks.json",
            "https://login.example.com/keys?p=b2c_1",
            "https://10.0.0.1:8443/jwks.json",
            "http://127.0.0.1:9000/jwks.json",
            "http://127.9.9.9/",
            "http://[::1]:9000/jwks.json",
        ] {
            assert_eq!(JwksUrl::parse(url).as_ref().map(JwksUrl::as_str), Ok(url));
        }
        for url in [
            "http://login.example.com/jwks.json",
            "http://localhost/jwks.json",
            "http://10.0.0.1/jwks.json",
            "http://127.0.0.1.example.com/",
            "http://[::ffff:127.0.0.1]/",
            "https://user@login.example.com/",
            "https://u:p@login.example.com/",
            "https://login.example.com/#x",
            "https://",
            "file:///etc/passwd",
            "ftp://127.0.0.1/",
            "data:application/json,{}",
            "/jwks.json",
            "",
        ] {
            assert!(JwksUrl::parse(url).is_err(), "{url}");
        }
    }
}
