//! The admin API, as a client meets it.

use std::fmt;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, StatusCode, Url, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::arguments::AdminArguments;

const TOKEN: &str = "BURSAR_ADMIN_TOKEN";

/// Longer than the admin API waits for gateways.
const PATIENCE: Duration = Duration::from_secs(30);

/// The keys of one organisation.
pub(super) struct Admin {
    client: Client,
    url: String,
    token: String,
}

/// What was answered, and the version that it is about.
pub(super) struct Answer {
    pub(super) body: String,
    pub(super) etag: Option<String>,
}

impl Answer {
    /// # Errors
    /// That it is not what an admin API answers.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let odd = |error| Failure::Odd(format!("the answer is not one of an admin API: {error}"));
        serde_json::from_str(&self.body).map_err(odd)
    }
}

/// Whether a URL is plain HTTP to this machine.
fn is_here(url: &str) -> bool {
    let url = reqwest::Url::parse(url).ok().filter(|url| url.scheme() == "http");
    url.and_then(|url| url.host_str().map(str::to_owned)).is_some_and(|host| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || bare.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    })
}

impl Admin {
    /// # Errors
    /// There is no token, or the URL is none.
    pub(super) fn of(arguments: &AdminArguments) -> Result<Self, Failure> {
        let admin = arguments.admin.trim_end_matches('/');
        if !is_here(admin) {
            // The token would go over the network in the clear.
            let form = "is http:// and an address of this machine: reach one elsewhere by a tunnel";
            return Err(Failure::Usage(format!("the URL of the admin API {form}")));
        }
        let url = format!("{admin}/api/v1/orgs/{}/keys", arguments.org);
        // The token goes where it is told to and nowhere else.
        let client = Client::builder().timeout(PATIENCE).no_proxy();
        let client = client.redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|error| Failure::Away(error.to_string()))?;
        Ok(Self { client, url, token: token(arguments)? })
    }

    /// Asks something of a key, or of all of them when it is empty.
    ///
    /// # Errors
    /// The admin API says no, or says nothing.
    pub(super) async fn send(
        &self,
        method: Method,
        key: &str,
        body: Option<&Value>,
        if_match: Option<&str>,
    ) -> Result<Answer, Failure> {
        let url = if key.is_empty() { self.url.clone() } else { format!("{}/{key}", self.url) };
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(etag) = if_match {
            request = request.header(header::IF_MATCH, etag);
        }
        self.answer(request).await
    }

    /// A page of the keys.
    ///
    /// # Errors
    /// As for [`Admin::send`].
    pub(super) async fn list(&self, query: &[(&str, String)]) -> Result<Answer, Failure> {
        let url = Url::parse_with_params(&self.url, query);
        let url = url.map_err(|error| Failure::Usage(format!("{}: {error}", self.url)))?;
        self.answer(self.client.get(url)).await
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let away = |error: reqwest::Error| {
            Failure::Away(format!("cannot reach the admin API: {:#}", anyhow::Error::from(error)))
        };
        let answer = request.bearer_auth(&self.token).send().await.map_err(away)?;
        let status = answer.status();
        let etag = answer.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
        let etag = etag.map(str::to_owned);
        let body = answer.text().await.map_err(away)?;
        if status.is_success() {
            return Ok(Answer { body, etag });
        }
        match serde_json::from_str(&body) {
            Ok(problem) => Err(Failure::Refused(status, problem)),
            Err(_) => Err(Failure::Odd(format!("what answers there, {status}, is no admin API"))),
        }
    }
}

fn token(arguments: &AdminArguments) -> Result<String, Failure> {
    let token = match &arguments.token_file {
        Some(file) => std::fs::read_to_string(file).map_err(|error| {
            Failure::NoToken(format!("cannot read {}: {error}", file.display()))
        })?,
        None => std::env::var(TOKEN).unwrap_or_default(),
    };
    match token.trim() {
        "" => Err(Failure::NoToken(format!(
            "there is no admin token; set {TOKEN} or give --token-file"
        ))),
        token => Ok(token.to_owned()),
    }
}

/// A "no" of the admin API.
#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    code: String,
    detail: String,
    #[serde(default)]
    errors: Vec<Mistake>,
}

#[derive(Debug, Deserialize)]
struct Mistake {
    path: String,
    message: String,
}

/// Why something was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command line asks for what cannot be.
    Usage(String),
    /// There is no token to ask with.
    NoToken(String),
    /// Nobody answers.
    Away(String),
    /// Something answers that is not an admin API.
    Odd(String),
    /// The admin API says no.
    Refused(StatusCode, Problem),
}

impl Failure {
    /// As the help says; 69 and 77 are EX_UNAVAILABLE and EX_NOPERM of sysexits.h.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::NoToken(_) | Self::Refused(StatusCode::UNAUTHORIZED, _) => 77,
            Self::Away(_) | Self::Odd(_) => 69,
            Self::Refused(status, _) if status.is_server_error() => 69,
            Self::Refused(..) => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(what) | Self::NoToken(what) | Self::Away(what) | Self::Odd(what) => {
                f.write_str(what)
            }
            Self::Refused(_, Problem { code, detail, errors }) => {
                write!(f, "{detail} ({code})")?;
                // A single one is in the detail.
                for Mistake { path, message } in errors.iter().filter(|_| errors.len() > 1) {
                    write!(f, "\n  {path}: {message}")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_goes_to_this_machine_only() {
        for here in ["http://127.0.0.1:8081", "http://localhost:8081", "http://[::1]:8081"] {
            assert!(is_here(here), "{here}");
        }
        for elsewhere in [
            "https://127.0.0.1",
            "http://10.0.0.7:8081",
            "http://localhost.example.com",
            "http://127.0.0.1@example.com",
            "http://127.0.0.1.example.com",
            "127.0.0.1:8081",
            "",
        ] {
            assert!(!is_here(elsewhere), "{elsewhere}");
        }
    }
}
