//! Text in, checked values out; the handle everyone reads.
//!
//! A file becomes a tree that knows its lines (`tree`), is held against the schema of what an
//! operator may write (`raw`, `structure`), has its secrets filled in (`interpolate`), and is then
//! checked for its meaning, one concern a module. No step stops at the first mistake: [`Problems`]
//! has them all, each with its line. A [`Config`] is right by construction; what may change while the
//! process runs is its [`Runtime`], swapped as a whole behind a [`Handle`] by a [`Reloader`].

mod load;
mod problem;

mod environment;
mod interpolate;
mod place;
mod quantity;
mod raw;
mod schema;
mod structure;
mod tree;

mod bootstrap;
mod control;
mod listen;
mod secret;
mod store;

mod runtime;

mod meter;
mod path;
mod provider;
mod providers;
mod route;
mod route_bounds;
mod tools;
mod upstream;

mod price;
mod price_book;
mod price_entry;
mod rates;

mod issuer;
mod trusted_proxies;

mod bounds;
mod policies;

mod reload;
mod watch;

#[cfg(test)]
mod tests;

pub use bootstrap::{Bootstrap, Durability, Peppers};
pub use bounds::Bounds;
pub use control::Control;
pub use environment::{Environment, ProcessEnvironment};
pub use issuer::{
    Algorithm, Allowed, Claims, Issuer, JwksUrl, KeySource, OrgRule, Provision, ProvisionLimit,
    ProvisionRole,
};
pub use listen::{GatewayTls, Listen};
pub use load::Config;
pub use meter::Meter;
pub use path::PathPattern;
pub use policies::Policies;
pub use price::{ModelPrice, Variant};
pub use price_book::PriceBook;
pub use problem::{Problem, Problems};
pub use provider::{Dialect, Provider, Timeouts};
pub use reload::{Handle, Reloader, Reloads};
pub use route::{Method, Purpose, Route};
pub use route_bounds::RouteBounds;
pub use runtime::{Matched, Runtime};
pub use schema::schema;
pub use secret::Secret;
pub use store::{Postgres, StoreAddress};
pub use upstream::Upstream;
