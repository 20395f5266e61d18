//! What the operator wrote: the shape of the file, before anything in it is believed.
//!
//! The JSON Schema of these types is what refuses an unknown, missing or mistyped field, all at
//! once and each with its place; reading is lenient, so that the sound rest is checked as well. A
//! doc comment is the field's description in the schema, a title is what a message says it must be.

mod bounds;
mod field;
mod issuer;
mod price;
mod process;
mod provider;
mod scalar;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use bounds::*;
pub(crate) use field::Field;
pub(crate) use issuer::*;
pub(crate) use price::*;
pub(crate) use process::*;
pub(crate) use provider::*;
pub(crate) use scalar::*;

/// The config of a Bursar gateway.
#[derive(Deserialize, JsonSchema)]
#[schemars(title = "Bursar config", deny_unknown_fields)]
pub(crate) struct File {
    /// The version of this file's format.
    #[serde(rename = "version")]
    #[schemars(extend("const" = 1))]
    pub(crate) _version: Field<u64>,
    /// Who owns what may change while the process runs. Default: file.
    #[serde(default, rename = "config_source")]
    pub(crate) _config_source: Field<ConfigSource>,
    /// The addresses to listen on.
    #[serde(default)]
    pub(crate) listen: Field<Listen>,
    /// TLS of the gateway's listener. Default: plain HTTP.
    #[serde(default)]
    pub(crate) tls: Field<Tls>,
    /// The folder that everything this node writes goes to. Default: ./data.
    #[serde(default)]
    pub(crate) data_dir: Field<Text>,
    /// What has to survive a power loss before the first byte of an answer. Default: strict.
    #[serde(default)]
    pub(crate) durability: Field<Durability>,
    /// What the journal may take of the disk, at least 256MiB. Default: 4GiB.
    #[serde(default)]
    pub(crate) journal_bytes: Field<Size>,
    /// Where the store is. Default: SQLite, bursar.db in the data folder.
    #[serde(default)]
    pub(crate) store: Field<Store>,
    /// How other gateways reach this one. Required with Postgres. Default: they do not.
    #[serde(default)]
    pub(crate) control: Field<Control>,
    /// Worker threads. Default: the number of cores.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1024))]
    pub(crate) threads: Field<u16>,
    /// What keys are hashed with and what opens the admin API.
    pub(crate) secrets: Field<Secrets>,
    /// The tools there are.
    pub(crate) tools: Field<Vec<Field<Text>>>,
    /// Who answers, by name.
    pub(crate) providers: Field<BTreeMap<String, Field<Provider>>>,
    /// What each model costs.
    pub(crate) price_book: Field<PriceBook>,
    /// The networks of proxies in front of the gateway, whose X-Forwarded-For is believed: CIDR, such
    /// as 10.0.0.0/8. Default: none.
    #[serde(default)]
    pub(crate) trusted_proxies: Field<Vec<Field<Text>>>,
    /// Whose tokens are accepted beside API keys. Default: nobody's.
    #[serde(default)]
    pub(crate) issuers: Field<Vec<Field<Issuer>>>,
    /// The bounds on every request and wait.
    #[serde(default)]
    pub(crate) bounds: Field<Bounds>,
    /// What is done where one may decide either way.
    #[serde(default)]
    pub(crate) policies: Field<Policies>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ConfigSource {
    File,
}
