//! Where a provider is: its base URL, taken apart.

use http::Uri;

/// Where a provider is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Whether TLS is spoken (`https`).
    pub tls: bool,
    /// Its host name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What every path begins with: empty, or `/x` without a slash at the end.
    pub path: String,
}

impl Upstream {
    /// Reads a base URL.
    pub(crate) fn parse(url: &str) -> Result<Self, &'static str> {
        Self::read(url).ok_or(NOT_A_BASE_URL)
    }

    fn read(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let tls = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        // What names a user begins with the user, and is thereby refused.
        let authority = uri.authority()?;
        let port = match (authority.as_str().strip_prefix(authority.host())?, tls) {
            ("", true) => 443,
            ("", false) => 80,
            (port, _) => port.strip_prefix(':')?.parse().ok().filter(|port| *port != 0)?,
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let path = uri.path().trim_end_matches('/');
        let dots = path.split('/').any(|segment| segment == "." || segment == "..");
        if host.is_empty() || dots || url.contains(['?', '#', '%']) {
            return None;
        }
        Some(Self { tls, host: host.to_owned(), port, path: path.to_owned() })
    }
}

const NOT_A_BASE_URL: &str = "must be like `https://api.example.com`: http or https, a host, \
                              maybe a port and a path, and nothing else";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_says_where_a_provider_is() {
        let upstream = |tls, host: &str, port, path: &str| {
            Ok(Upstream { tls, host: host.to_owned(), port, path: path.to_owned() })
        };
        for (url, expected) in [
            ("https://api.openai.com", upstream(true, "api.openai.com", 443, "")),
            ("https://api.openai.com/", upstream(true, "api.openai.com", 443, "")),
            ("http://127.0.0.1:9000/x/y/", upstream(false, "127.0.0.1", 9000, "/x/y")),
            ("http://[::1]:80", upstream(false, "::1", 80, "")),
        ] {
            assert_eq!(Upstream::parse(url), expected, "{url}");
        }
    }

    #[test]
    fn a_base_url_is_nothing_else() {
        for url in [
            "",
            "api.openai.com",
            "/x",
            "ftp://a",
            "https://",
            "https://u:p@a",
            "https://a?b",
            "https://a#b",
            "https://a:0",
            "https://a:",
            "https://a:99999",
            "https://a/../b",
            "https://a/%2e%2e/b",
        ] {
            assert_eq!(Upstream::parse(url), Err(NOT_A_BASE_URL), "{url}");
        }
    }
}
