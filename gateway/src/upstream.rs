//! The way to a provider: which address, with which credential, and what never goes along.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bursar_config::{Dialect, Provider};
use http::HeaderName;
use parking_lot::Mutex;
use pingora::http::RequestHeader;
use pingora::upstreams::peer::{HttpPeer, HttpUpstreamRequestPolicy};
use smallvec::SmallVec;

use crate::exchange::{Exchange, Stage};
use crate::header::X_REQUEST_ID;
use crate::identity::CREDENTIAL_HEADERS;

/// What would tell the provider about the client, or the client's own account with it. An idempotency
/// key too: all members share the operator's account, and with one text would be handed one answer.
const STRIPPED: [&str; 15] = [
    // Where it is.
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-envoy-external-address",
    "true-client-ip",
    "cf-connecting-ip",
    // Who it is.
    "cookie",
    "openai-organization",
    "openai-project",
    "anthropic-workspace-id",
    "expect",
    "idempotency-key",
];
const IDENTITY: http::HeaderValue = http::HeaderValue::from_static("identity");
/// The names under which clients put a key into the query.
const KEYS_IN_QUERY: [&str; 4] = ["key", "api_key", "api-key", "access_token"];
/// Our own headers begin so, and those by which proxies tell of the client.
const STRIPPED_PREFIXES: [&str; 2] = ["x-bursar-", "x-forwarded-"];

/// The addresses of providers, looked up off the request's path where they are still fresh.
#[derive(Default)]
pub(crate) struct Resolver {
    known: Mutex<HashMap<(String, u16), (SocketAddr, Instant)>>,
}

const FRESH: Duration = Duration::from_secs(30);

impl Resolver {
    /// Where a provider is now.
    pub(crate) async fn peer(&self, provider: &Provider) -> pingora::Result<HttpPeer> {
        let upstream = &provider.upstream;
        let within = provider.timeouts.connect;
        let address = self.address(&upstream.host, upstream.port, within).await?;
        let mut peer = HttpPeer::new(address, upstream.tls, upstream.host.clone());
        let timeouts = &provider.timeouts;
        peer.options.connection_timeout = Some(timeouts.connect);
        peer.options.total_connection_timeout = Some(timeouts.connect.saturating_mul(2));
        peer.options.read_timeout = Some(timeouts.first_byte.max(timeouts.idle));
        // Nothing is read, and no read times out, while a provider that stops reading is written to.
        peer.options.write_timeout = Some(timeouts.idle);
        peer.options.idle_timeout = Some(Duration::from_secs(50));
        // What is no longer HTTP is not metered.
        peer.options.http_upstream_request_policy = HttpUpstreamRequestPolicy::deny_upgrades();
        Ok(peer)
    }

    async fn address(
        &self,
        host: &str,
        port: u16,
        within: Duration,
    ) -> pingora::Result<SocketAddr> {
        if let Ok(ip) = host.trim_matches(['[', ']']).parse() {
            return Ok(SocketAddr::new(ip, port));
        }
        let key = (host.to_owned(), port);
        if let Some((address, at)) = self.known.lock().get(&key)
            && at.elapsed() < FRESH
        {
            return Ok(*address);
        }
        let unresolved = || {
            pingora::Error::explain(
                pingora::ErrorType::ConnectNoRoute,
                "no address of the provider",
            )
        };
        let found = tokio::time::timeout(within, tokio::net::lookup_host((host, port))).await;
        let found = found.ok().and_then(Result::ok);
        let Some(address) = found.and_then(|mut found| found.next()) else {
            // A name that was known a while ago is better than none.
            let stale = self.known.lock().get(&key).map(|(address, _)| *address);
            return stale.ok_or_else(|| unresolved().into_up());
        };
        self.known.lock().insert(key, (address, Instant::now()));
        Ok(address)
    }
}

/// Turns the client's header into the provider's.
pub(crate) fn rewrite_header(
    exchange: &Exchange,
    request: &mut RequestHeader,
) -> pingora::Result<()> {
    let Some(routed) = &exchange.routed else { return Ok(()) };
    let bearer = request.headers.contains_key(http::header::AUTHORIZATION);
    strip(request);
    set_target(&routed.provider, &routed.upstream_path, request)?;
    set_credential(&routed.provider, bearer, request)?;
    request.insert_header(X_REQUEST_ID, exchange.request_id.as_str())?;
    match &exchange.stage {
        Stage::Running(running) => {
            request.insert_header(http::header::ACCEPT_ENCODING, IDENTITY)?;
            let length = running.forward.as_ref().map_or(0, bytes::Bytes::len);
            request.remove_header(&http::header::TRANSFER_ENCODING);
            request.insert_header(http::header::CONTENT_LENGTH, length)?;
        }
        Stage::Collecting { .. } => {
            request.insert_header(http::header::ACCEPT_ENCODING, IDENTITY)?;
            // The length is not known before the body is read, since a field may be set in it.
            request.remove_header(&http::header::CONTENT_LENGTH);
            request.insert_header(http::header::TRANSFER_ENCODING, "chunked")?;
        }
        Stage::Passing { .. } | Stage::Arrived | Stage::Closed => {}
    }
    Ok(())
}

fn strip(request: &mut RequestHeader) {
    let clients = |name: &&HeaderName| {
        let name = name.as_str();
        CREDENTIAL_HEADERS.contains(&name)
            || STRIPPED.contains(&name)
            || STRIPPED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    let stripped: SmallVec<[HeaderName; 4]> =
        request.headers.keys().filter(clients).cloned().collect();
    for name in &stripped {
        request.remove_header(name);
    }
}

/// What of the query goes on to the provider: a key in it, whatever it is called, is the client's own.
pub(crate) fn sent_query(uri: &http::Uri) -> impl Iterator<Item = &str> {
    let query = uri.query().unwrap_or_default().split('&');
    query.filter(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        !pair.is_empty() && !KEYS_IN_QUERY.contains(&name) && !value.contains("bursar_")
    })
}

fn set_target(provider: &Provider, path: &str, request: &mut RequestHeader) -> pingora::Result<()> {
    let mut target = format!("{}{path}", provider.upstream.path);
    for (place, pair) in sent_query(&request.uri).enumerate() {
        target.push(if place == 0 { '?' } else { '&' });
        target.push_str(pair);
    }
    let uri = http::Uri::try_from(target).map_err(|error| {
        pingora::Error::because(pingora::ErrorType::InvalidHTTPHeader, "the target", error)
    })?;
    request.set_uri(uri);
    let upstream = &provider.upstream;
    let usual = if upstream.tls { 443 } else { 80 };
    if upstream.port == usual {
        request.insert_header(http::header::HOST, upstream.host.as_str())
    } else {
        request.insert_header(http::header::HOST, format!("{}:{}", upstream.host, upstream.port))
    }
}

/// The operator's own credential, where the client's SDK put the client's.
fn set_credential(
    provider: &Provider,
    bearer: bool,
    request: &mut RequestHeader,
) -> pingora::Result<()> {
    let Some(credential) = &provider.credential else { return Ok(()) };
    match provider.dialect {
        Dialect::Anthropic if !bearer => request.insert_header("x-api-key", credential.expose()),
        Dialect::OpenAi | Dialect::Anthropic => {
            let value = format!("Bearer {}", credential.expose());
            request.insert_header(http::header::AUTHORIZATION, value)
        }
    }
}
