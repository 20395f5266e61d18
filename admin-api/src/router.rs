//! Every operation of the control plane.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, delete, get, patch, post, put};

use crate::problem::Problem;
use crate::routes::{grants, keys, limits, members, orgs, requests, tokens};
use crate::{AdminApi, auth, stamp};

/// The most bytes that a request's body may have.
const MAX_BODY: usize = 1 << 20;

/// The table of contents: path, method, handler.
fn table() -> [(&'static str, Method, MethodRouter<AdminApi>); 15] {
    [
        ("/api/v1/orgs", Method::GET, get(orgs::list)),
        ("/api/v1/orgs/{org}", Method::GET, get(orgs::read)),
        ("/api/v1/orgs/{org}", Method::PATCH, patch(orgs::edit)),
        ("/api/v1/orgs/{org}/grants", Method::POST, post(grants::make)),
        ("/api/v1/orgs/{org}/limits", Method::PUT, put(limits::put)),
        ("/api/v1/orgs/{org}/limits/{limit}", Method::DELETE, delete(limits::remove)),
        // What is done with something is `{id}:verb`: a path parameter is a whole segment.
        ("/api/v1/orgs/{org}/members/{member}", Method::PATCH, patch(members::edit)),
        ("/api/v1/orgs/{org}/members/{member}", Method::POST, post(members::act)),
        ("/api/v1/orgs/{org}/tokens:revoke", Method::POST, post(tokens::revoke)),
        ("/api/v1/orgs/{org}/keys", Method::GET, get(keys::list)),
        ("/api/v1/orgs/{org}/keys", Method::POST, post(keys::make)),
        ("/api/v1/orgs/{org}/keys/{key}", Method::GET, get(keys::read)),
        ("/api/v1/orgs/{org}/keys/{key}", Method::PATCH, patch(keys::edit)),
        ("/api/v1/orgs/{org}/keys/{key}", Method::POST, post(keys::act)),
        ("/api/v1/orgs/{org}/requests/{request}", Method::POST, post(requests::adjust)),
    ]
}

/// The method and path of every operation; `{...}` stands for an id.
pub fn operations() -> impl Iterator<Item = (Method, &'static str)> {
    table().into_iter().map(|(path, method, _)| (method, path))
}

/// The control plane as a service.
pub fn router(api: AdminApi) -> Router {
    let routes = table()
        .into_iter()
        .fold(Router::new(), |router, (path, _, handler)| router.route(path, handler));
    routes
        .fallback(unknown_route)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        // Around everything, unknown routes too: what is added later cannot be left open.
        .layer(from_fn_with_state(api.clone(), auth::require_token))
        .layer(from_fn(stamp::stamp))
        .with_state(api)
}

async fn unknown_route(method: Method, uri: Uri) -> Problem {
    Problem::unknown_route(&method, uri.path())
}

async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    Problem::method_not_allowed(&method, uri.path())
}
