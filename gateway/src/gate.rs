//! Before the body: who calls, which route, and whether it may at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::identity::{Failures, Fault, TokenHash};
use bursar_config::Runtime;
use http::HeaderMap;
use ledger::{Credits, PathIndex, Tool};
use pingora::http::RequestHeader;

use crate::exchange::{Exchange, Routed};
use crate::idempotency::IdempotencyKey;
use crate::identity::{Caller, Keyring, Presented, Tokens, presented};
use crate::metrics::Metrics;
use crate::project::{self, Named};
use crate::rates::Places;
use crate::refusal::{Code, Denial};
use crate::sync::Ledger;

/// The gateway's own routes begin with this.
pub(crate) const OWN_PREFIX: &str = "/bursar/v1/";

/// So many addresses' failures are remembered: some ten megabytes.
const FAILED_ADDRESSES: usize = 100_000;
/// The longest that anybody is told to wait, in seconds.
const LONGEST_WAIT: u32 = 60;

/// The door: decides all that can be decided from the header.
pub(crate) struct Gate {
    keyring: Keyring,
    tokens: Arc<Tokens>,
    ledger: Arc<Ledger>,
    metrics: Arc<Metrics>,
    failures: Failures,
    closing: AtomicBool,
}

/// Where a request that may enter goes.
pub(crate) enum Entry {
    /// To a provider.
    Route(Arc<Routed>),
    /// To the gateway itself.
    Own(Arc<Caller>),
}

impl Gate {
    pub(crate) fn new(
        keyring: Keyring,
        tokens: Arc<Tokens>,
        ledger: Arc<Ledger>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let failures = Failures::new(FAILED_ADDRESSES);
        Self { keyring, tokens, ledger, metrics, failures, closing: AtomicBool::new(false) }
    }

    /// Nobody enters any more.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Lets a request in, or says why not.
    pub(crate) async fn enter(
        &self,
        exchange: &mut Exchange,
        request: &RequestHeader,
    ) -> Result<Entry, Denial> {
        let config = Arc::clone(&exchange.config);
        let path = request.uri.path();
        exchange.dialect = config.runtime.provider_of(path).map(|provider| provider.dialect);
        if self.is_closed() {
            return Err(Denial::new(Code::ShuttingDown, "this gateway is shutting down"));
        }
        check_header(request, &config.runtime)?;
        let matched = config.runtime.route(request.method.as_str(), path);
        exchange.body_bound = matched.map(|matched| matched.route.bounds.body);
        let caller = self.identify(exchange, &request.headers).await?;
        if path.starts_with(OWN_PREFIX) {
            return Ok(Entry::Own(caller));
        }
        if self.ledger.is_cut_off(config.runtime.bounds.max_offline) {
            return Err(Denial::ledger_unavailable());
        }
        let Some(matched) = matched else {
            return Err(Denial::new(
                Code::UnknownRoute,
                format!("there is no route {} {path} here", request.method),
            ));
        };
        let tool = matched.route.purpose.tool();
        tool.map_or(Ok(()), |tool| caller.may_use(tool))?;
        exchange.places = count(&caller, tool)?;
        let project = Named::of(&caller, &request.headers, tool.is_some())?;
        let idempotency = match tool {
            Some(_) => {
                project::check(&caller, project)?;
                IdempotencyKey::of(request)?
            }
            None => None,
        };
        let routed = Routed {
            provider: Arc::clone(matched.provider),
            route: Arc::clone(matched.route),
            upstream_path: matched.upstream_path.to_owned(),
            caller,
            address: exchange.address,
            project,
            idempotency,
        };
        Ok(Entry::Route(Arc::new(routed)))
    }

    /// What is told to somebody whose credential is not accepted: to wait, once its address has failed
    /// too often. A key that opens anything never comes here.
    pub(crate) fn charge(&self, exchange: &Exchange, denial: Denial) -> Denial {
        if !denial.fault.is_some_and(Fault::may_be_a_guess) {
            return denial;
        }
        if let Some(wait) = self.over_budget(exchange) {
            return Denial { fault: denial.fault, ..wait };
        }
        let per_minute = exchange.config.runtime.bounds.auth_failures_per_minute;
        self.failures.charge(exchange.address, per_minute, self.ledger.now());
        denial
    }

    /// The denial of whatever is not known to be good, once an address has failed too often.
    pub(crate) fn over_budget(&self, exchange: &Exchange) -> Option<Denial> {
        let per_minute = exchange.config.runtime.bounds.auth_failures_per_minute;
        let now = self.ledger.now();
        let seconds = self.failures.exhausted(exchange.address, per_minute, now)?;
        let seconds = u32::try_from(seconds).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        let message = "too many credentials from this address were not accepted; come back later";
        Some(Denial::new(Code::RateLimited, message).due_in(seconds))
    }

    /// Who calls, if it may from where it does.
    async fn identify(
        &self,
        exchange: &Exchange,
        headers: &HeaderMap,
    ) -> Result<Arc<Caller>, Denial> {
        let caller = match presented(headers).map_err(Denial::credential)? {
            Presented::Key(key) => self.by_key(key).await?,
            Presented::Token(token) => self.by_token(exchange, token).await?,
        };
        let now = self.ledger.now();
        let passed = caller.check(exchange.address, None, now)?;
        if passed.by_old_secret {
            self.metrics.old_secrets_used.inc();
        }
        self.ledger.note_use(&caller, now);
        Ok(caller)
    }

    async fn by_token(&self, exchange: &Exchange, token: &str) -> Result<Arc<Caller>, Denial> {
        let hash = TokenHash::of(token);
        if let Some(caller) = self.tokens.remembered(&hash) {
            return Ok(caller);
        }
        match self.over_budget(exchange) {
            Some(wait) if !self.tokens.is_proven(&hash) => {
                Err(Denial { fault: Some(Fault::TokenNotLookedAt), ..wait })
            }
            Some(_) | None => self.tokens.meet(token, hash).await,
        }
    }

    async fn by_key(&self, key: &str) -> Result<Arc<Caller>, Denial> {
        match self.keyring.identify(key).await {
            Ok(Some(caller)) => Ok(caller),
            Ok(None) => Err(Denial::credential(Fault::KeyUnknown)),
            Err(failure) => {
                tracing::warn!(%failure, "a key could not be looked up");
                Err(Denial::ledger_unavailable())
            }
        }
    }
}

impl Routed {
    /// The tool of the route, if it has one.
    pub(crate) fn tool(&self) -> Option<&Tool> {
        self.route.purpose.tool()
    }

    /// The path that it is charged by.
    pub(crate) fn path(&self) -> PathIndex {
        self.caller.path(self.tool(), self.project.map(Named::project))
    }

    /// Whether the key opens anything, for a route without a tool.
    pub(crate) fn may_pass(&self) -> Result<(), Denial> {
        let path = self.path();
        self.caller.org.standing(path).map_err(|refusal| self.refused(&refusal))
    }

    /// What no body can change: the standing of key and member, and that nothing at all is left.
    pub(crate) fn may_spend(&self, exchange: &Exchange) -> Result<(), Denial> {
        let Some(tool) = self.tool() else { return self.may_pass() };
        if self.idempotency.is_some() {
            // The last credits may have gone to the first request of the key, which is told instead.
            let path = self.path();
            return self.caller.org.standing(path).map_err(|refusal| self.refused(&refusal));
        }
        let org = &self.caller.org;
        let path = self.path();
        let book = &exchange.config.runtime.price_book;
        let least = book.cheapest(&self.provider.name, tool).unwrap_or(Credits::ZERO);
        org.probe(exchange.id, path, least).map_err(|refusal| self.refused(&refusal))
    }

    /// The denial of a refusal, with whom to ask.
    pub(crate) fn refused(&self, refusal: &ledger::Refusal) -> Denial {
        self.caller.refused(refusal)
    }
}

/// Counts a call of who may make it against the bounds on calls. Whose credential opens nothing uses
/// up nothing of what others share.
fn count(caller: &Caller, tool: Option<&Tool>) -> Result<Option<Box<Places>>, Denial> {
    let org = &caller.org;
    if org.rates().is_empty() {
        return Ok(None);
    }
    let path = caller.path(tool, None);
    org.standing(path).map_err(|refusal| caller.refused(&refusal))?;
    let begun = org.rates().begin(caller.scopes(), org.now());
    let places = begun.map_err(|over| {
        let ask = Some(org.admins());
        Denial { ask, ..Denial::too_many(over) }
    })?;
    Ok(Some(Box::new(places)))
}

fn check_header(request: &RequestHeader, runtime: &Runtime) -> Result<(), Denial> {
    let bounds = &runtime.bounds;
    let uri = request.raw_path().len();
    let fields = request.headers.iter();
    let bytes = fields.fold(uri, |sum, (name, value)| {
        sum.saturating_add(name.as_str().len()).saturating_add(value.len())
    });
    if uri > bounds.uri_bytes
        || bytes > bounds.header_bytes
        || request.headers.len() > bounds.header_fields
    {
        let message = format!(
            "the request header may have {} bytes, {} of them in the path, and {} fields",
            bounds.header_bytes, bounds.uri_bytes, bounds.header_fields
        );
        return Err(Denial::new(Code::HeaderTooLarge, message));
    }
    Ok(())
}
