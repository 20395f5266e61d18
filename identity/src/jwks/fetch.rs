//! How a key set is had: over TLS, without redirects and proxies, and never more of it than fits.

use std::fmt;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use bursar_config::JwksUrl;
use reqwest::header::{ACCEPT, CACHE_CONTROL, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use tokio::io::AsyncReadExt;

use super::set::{KeySet, NotAKeySet, SET_BYTES_MAX};

/// Where a key set is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Url(JwksUrl),
    File(Box<Path>),
}

/// A key set, and for how long its server says that it is good.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) keys: KeySet,
    pub(super) age: Option<Duration>,
}

/// Why a key set could not be had.
#[derive(Debug)]
pub(super) enum FetchError {
    Http(reqwest::Error),
    Status(StatusCode),
    File(std::io::Error),
    Slow,
    Set(NotAKeySet),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(error) => write!(f, "the server cannot be asked: {}", told(error)),
            Self::Status(status) => write!(f, "the server answered {status}"),
            Self::File(error) => write!(f, "the file cannot be read: {error}"),
            Self::Slow => write!(f, "no answer in {} s", TIMEOUT.as_secs()),
            Self::Set(not) => not.fmt(f),
        }
    }
}

/// The causes of an error, down to the one that says something.
fn told(error: &reqwest::Error) -> String {
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}

/// An answer that is not there by then is none.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Fetches key sets.
#[derive(Debug, Default)]
pub(crate) struct Fetcher {
    /// Made at the first fetch: a machine without certificates can still use files and secrets.
    client: OnceLock<Client>,
}

impl Fetcher {
    pub(super) async fn fetch(&self, place: &Place) -> Result<Fetched, FetchError> {
        let fetched = async {
            match place {
                Place::Url(url) => self.fetch_url(url).await,
                Place::File(path) => read_file(path).await,
            }
        };
        tokio::time::timeout(TIMEOUT, fetched).await.unwrap_or(Err(FetchError::Slow))
    }

    async fn fetch_url(&self, url: &JwksUrl) -> Result<Fetched, FetchError> {
        let request = self.client()?.get(url.as_str());
        let request = request.header(ACCEPT, "application/jwk-set+json, application/json");
        let mut answer = request.send().await.map_err(|e| FetchError::Http(e.without_url()))?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status()));
        }
        let age = age_of(answer.headers());
        let mut body = Vec::new();
        while let Some(chunk) =
            answer.chunk().await.map_err(|error| FetchError::Http(error.without_url()))?
        {
            if body.len().saturating_add(chunk.len()) > SET_BYTES_MAX {
                return Err(FetchError::Set(NotAKeySet::TooLarge));
            }
            body.extend_from_slice(&chunk);
        }
        let keys = KeySet::read(&body).map_err(FetchError::Set)?;
        Ok(Fetched { keys, age })
    }

    fn client(&self) -> Result<&Client, FetchError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // No connection is kept: the next fetch is minutes away, and may run in another runtime.
        let client = Client::builder()
            .tls_backend_rustls()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .pool_max_idle_per_host(0)
            .build()
            .map_err(FetchError::Http)?;
        Ok(self.client.get_or_init(|| client))
    }
}

async fn read_file(path: &Path) -> Result<Fetched, FetchError> {
    let file = tokio::fs::File::open(path).await.map_err(FetchError::File)?;
    let mut text = Vec::new();
    // One byte more than fits, so that what is too large is seen to be.
    let bound = u64::try_from(SET_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    file.take(bound).read_to_end(&mut text).await.map_err(FetchError::File)?;
    let keys = KeySet::read(&text).map_err(FetchError::Set)?;
    Ok(Fetched { keys, age: None })
}

/// For how long a server says that its answer is good, if it does.
fn age_of(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|field| field.to_str().ok());
    let mut directives = directives.flat_map(|field| field.split(','));
    directives.find_map(|directive| {
        let (name, seconds) = directive.trim().split_once('=')?;
        let seconds = seconds.trim_matches('"').parse().ok()?;
        name.eq_ignore_ascii_case("max-age").then_some(Duration::from_secs(seconds))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_how_long_its_answer_is_good() {
        for (field, age) in [
            ("max-age=600", Some(600)),
            ("public, Max-Age=\"600\", must-revalidate", Some(600)),
            ("no-store", None),
            ("s-maxage=5", None),
            ("max-age=-1", None),
            ("max-age", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, field.parse().unwrap());
            assert_eq!(age_of(&headers), age.map(Duration::from_secs), "{field}");
        }
        assert_eq!(age_of(&HeaderMap::new()), None);
    }
}
