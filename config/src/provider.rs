//! Who answers: the providers behind their prefixes.

use std::sync::Arc;
use std::time::Duration;

use crate::bounds::check_time;
use crate::place::Place;
use crate::problem::Report;
use crate::raw::{self, Text};
use crate::route::Route;
use crate::secret::{self, Secret};
use crate::upstream::Upstream;

/// A provider behind a prefix of the gateway's paths.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its name in the config, in events and in metrics.
    pub name: Arc<str>,
    /// One segment with its slash: `/openai`.
    pub prefix: String,
    /// The shape of its requests, answers and errors.
    pub dialect: Dialect,
    /// Where it is.
    pub upstream: Upstream,
    /// What it knows the operator by; none: nothing is sent.
    pub credential: Option<Secret>,
    /// How long it may be silent.
    pub timeouts: Timeouts,
    /// What may be asked of it: literal paths first, each group in the order of the file.
    pub routes: Vec<Arc<Route>>,
}

/// The shape of a provider's requests, answers and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// As `api.openai.com` speaks.
    OpenAi,
    /// As `api.anthropic.com` speaks.
    Anthropic,
}

impl Dialect {
    /// The dialect's name in config.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
        }
    }
}

impl From<&raw::Dialect> for Dialect {
    fn from(raw: &raw::Dialect) -> Self {
        match raw {
            raw::Dialect::OpenAi => Self::OpenAi,
            raw::Dialect::Anthropic => Self::Anthropic,
        }
    }
}

/// How long a provider may be silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a connection stands. Default: 5 s.
    pub connect: Duration,
    /// Until the first byte of the answer. Default: 120 s.
    pub first_byte: Duration,
    /// Between two chunks of the answer. Default: 120 s.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let (connect, silent) = (Duration::from_secs(5), Duration::from_secs(120));
        Self { connect, first_byte: silent, idle: silent }
    }
}

/// Checks everything of a provider but its routes, which are checked already.
pub(crate) fn check(
    name: &str,
    raw: &raw::Provider,
    routes: Option<Vec<Arc<Route>>>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Provider> {
    let prefix = raw.prefix.given();
    let prefix = prefix
        .and_then(|Text(text)| report.check(&place.key("prefix"), check_prefix(text)))
        .map(str::to_owned);
    let upstream = raw
        .base_url
        .given()
        .and_then(|Text(url)| report.check(&place.key("base_url"), Upstream::parse(url)));
    let credential = raw.credential.check_or(None, |credential| {
        secret::check_token(credential, 1, &place.key("credential"), report).map(Some)
    });
    let timeouts = raw
        .timeouts
        .check_or(Timeouts::default(), |raw| check_timeouts(raw, &place.key("timeouts"), report));
    Some(Provider {
        name: name.into(),
        prefix: prefix?,
        dialect: raw.dialect.given()?.into(),
        upstream: upstream?,
        credential: credential?,
        timeouts: timeouts?,
        routes: routes?,
    })
}

fn check_prefix(prefix: &str) -> Result<&str, &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    match prefix.strip_prefix('/') {
        Some("bursar") => Err("is the gateway's own; take another"),
        Some("." | ".." | "") | None => Err(NOT_A_PREFIX),
        Some(segment) if segment.bytes().all(plain) => Ok(prefix),
        Some(_) => Err(NOT_A_PREFIX),
    }
}

const NOT_A_PREFIX: &str = "must be a slash and one segment of letters, digits, -, ., _ and ~";

fn check_timeouts(raw: &raw::Timeouts, place: &Place, report: &mut Report<'_>) -> Option<Timeouts> {
    let default = Timeouts::default();
    let mut time = |name, field, default| check_time(field, default, &place.key(name), report);
    let connect = time("connect", &raw.connect, default.connect);
    let first_byte = time("first_byte", &raw.first_byte, default.first_byte);
    let idle = time("idle", &raw.idle, default.idle);
    Some(Timeouts { connect: connect?, first_byte: first_byte?, idle: idle? })
}
