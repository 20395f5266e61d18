//! All providers together: no two with one prefix, no two routes for one request.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ledger::Tool;

use crate::place::Place;
use crate::problem::Report;
use crate::provider::{self, Provider};
use crate::raw::{self, Field};
use crate::route::{self, Around, Route};
use crate::tools::check_name;

/// The routes of each provider, of those whose routes are all sound.
pub(crate) type Routes = BTreeMap<String, Option<Vec<Arc<Route>>>>;

type RawProviders = BTreeMap<String, Field<raw::Provider>>;

/// Checks the routes first: they are wanted even when something else of their provider is wrong.
pub(crate) fn check_routes(
    raw: &RawProviders,
    tools: Option<&[Tool]>,
    place: &Place,
    report: &mut Report<'_>,
) -> Routes {
    let mut by_provider = Routes::new();
    for (name, provider) in raw {
        let routes = provider.given().and_then(|provider| {
            let dialect = provider.dialect.given().map(Into::into);
            let place = place.key(name).key("routes");
            check_list(provider.routes.given()?, Around { tools, dialect }, &place, report)
        });
        by_provider.insert(name.clone(), routes);
    }
    by_provider
}

fn check_list(
    raw: &[Field<raw::Route>],
    around: Around<'_>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Vec<Arc<Route>>> {
    let mut routes: Vec<Arc<Route>> = Vec::new();
    for (index, route) in raw.iter().enumerate() {
        let place = place.index(index);
        let route = route.given().and_then(|raw| route::check(raw, around, &place, report));
        let Some(route) = route else { continue };
        let same = |other: &&Arc<Route>| {
            other.method == route.method && other.path.collides_with(&route.path)
        };
        if let Some(other) = routes.iter().find(same) {
            let (method, path) = (other.method.as_str(), &other.path);
            report.add(&place.key("path"), format!("has requests in common with {method} {path}"));
        }
        routes.push(Arc::new(route));
    }
    let sound = routes.len() == raw.len();
    // A stable sort: literal paths first, each group in the order of the file.
    routes.sort_by_key(|route| !route.path.is_literal());
    sound.then_some(routes)
}

/// Checks the providers, given their routes.
pub(crate) fn check(
    raw: &RawProviders,
    routes: &Routes,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Vec<Arc<Provider>>> {
    let mut providers = Vec::new();
    let mut prefixes: HashMap<&str, &str> = HashMap::new();
    for (name, provider) in raw {
        let place = place.key(name);
        report.check(&place, check_name(name));
        let Some(provider) = provider.given() else { continue };
        if let Some(raw::Text(prefix)) = provider.prefix.given()
            && let Some(other) = prefixes.insert(prefix, name)
        {
            report.add(&place.key("prefix"), format!("`{prefix}` is the prefix of `{other}`"));
        }
        let routes = routes.get(name).cloned().flatten();
        providers.extend(provider::check(name, provider, routes, &place, report).map(Arc::new));
    }
    (providers.len() == raw.len()).then_some(providers)
}
