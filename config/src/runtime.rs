//! What may change while the process runs: providers, tools, prices, issuers, bounds, policies.

use std::sync::Arc;

use ipnet::IpNet;
use ledger::Tool;

use crate::bounds::{self, Bounds};
use crate::interpolate::Source;
use crate::issuer::{self, Issuer};
use crate::place::Place;
use crate::policies::{self, Policies};
use crate::price_book::{self, PriceBook};
use crate::price_entry::Catalogue;
use crate::problem::Report;
use crate::provider::Provider;
use crate::route::Route;
use crate::{providers, raw, tools, trusted_proxies};

/// What may change while the process runs; a request keeps the one it began with.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// The providers, in the order of their names.
    pub providers: Vec<Arc<Provider>>,
    /// The tools there are, in the order of the file.
    pub tools: Vec<Tool>,
    /// What they cost.
    pub price_book: PriceBook,
    /// Whose tokens are accepted, in the order of the file; no two have one name or one `iss`.
    pub issuers: Vec<Arc<Issuer>>,
    /// The networks of proxies in front of the gateway, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// What every request is bounded by.
    pub bounds: Bounds,
    /// What is done where one may decide either way.
    pub policies: Policies,
}

/// Whom a request is for, and what it is.
#[derive(Clone, Copy, Debug)]
pub struct Matched<'a> {
    /// The provider.
    pub provider: &'a Arc<Provider>,
    /// The route.
    pub route: &'a Arc<Route>,
    /// The path without the provider's prefix; what is asked is [`Upstream::path`] and then this.
    ///
    /// [`Upstream::path`]: crate::Upstream::path
    pub upstream_path: &'a str,
}

impl Runtime {
    /// The route of a method and a path (without its query), or none. Allocates nothing.
    ///
    /// The prefix is one whole segment; a literal path goes before one with `{name}` in it.
    #[must_use]
    pub fn route<'a>(&'a self, method: &str, path: &'a str) -> Option<Matched<'a>> {
        let provider = self.provider_of(path)?;
        let upstream_path = path.get(provider.prefix.len()..)?;
        let fits = |route: &&Arc<Route>| {
            route.method.as_str() == method && route.path.matches(upstream_path)
        };
        let route = provider.routes.iter().find(fits)?;
        Some(Matched { provider, route, upstream_path })
    }

    /// The provider whose prefix a path has, whatever its routes: whose dialect a 404 is told in.
    #[must_use]
    pub fn provider_of(&self, path: &str) -> Option<&Arc<Provider>> {
        let below = path.strip_prefix('/')?;
        let end = below.find('/').map_or(path.len(), |slash| slash + 1);
        let prefix = path.get(..end)?;
        self.providers.iter().find(|provider| provider.prefix == prefix)
    }
}

pub(crate) fn check(
    file: &raw::File,
    source: Source<'_>,
    report: &mut Report<'_>,
) -> Option<Runtime> {
    let place = |field| Place::root().key(field);
    let tools = file.tools.given().map(|raw| tools::check(raw, &place("tools"), report));
    let routes = file
        .providers
        .given()
        .map(|raw| providers::check_routes(raw, tools.as_deref(), &place("providers"), report));
    let providers = file
        .providers
        .given()
        .zip(routes.as_ref())
        .and_then(|(raw, routes)| providers::check(raw, routes, &place("providers"), report));
    let catalogue = Catalogue { tools: tools.as_deref(), routes: routes.as_ref() };
    let price_book = file
        .price_book
        .given()
        .and_then(|raw| price_book::check(raw, &catalogue, &place("price_book"), report));
    let issuers = file
        .issuers
        .check_or(Vec::new(), |raw| issuer::check_all(raw, source, &place("issuers"), report));
    let trusted_proxies = file
        .trusted_proxies
        .check_or(Vec::new(), |raw| trusted_proxies::check(raw, &place("trusted_proxies"), report));
    let bounds =
        file.bounds.check_or(Bounds::default(), |raw| bounds::check(raw, &place("bounds"), report));
    let policies = file.policies.check_or(Policies::default(), policies::check);
    let (tools, providers, price_book) = (tools?, providers?, price_book?);
    Some(Runtime {
        providers,
        tools,
        price_book,
        issuers: issuers?,
        trusted_proxies: trusted_proxies?,
        bounds: bounds?,
        policies: policies?,
    })
}
