//! What a process needs before it can start.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Duration, Field, SecretText, Text};

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "durability")]
pub(crate) enum Durability {
    Strict,
    Relaxed,
}

/// The addresses to listen on.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Listen {
    /// For the callers of providers. Default: 127.0.0.1:8080.
    #[serde(default)]
    pub(crate) gateway: Field<Text>,
    /// For the admin API. Default: 127.0.0.1:8081.
    #[serde(default)]
    pub(crate) admin: Field<Text>,
    /// For /metrics, /livez and /readyz. Default: 127.0.0.1:9464.
    #[serde(default)]
    pub(crate) operations: Field<Text>,
    /// Whether admin and operations may listen beyond this machine. Default: false.
    #[serde(default)]
    pub(crate) allow_public_admin: Field<bool>,
}

/// The gateway listener's certificate.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Tls {
    /// The file of the certificate chain, PEM.
    pub(crate) certificate: Field<Text>,
    /// The file of its private key, PEM.
    pub(crate) key: Field<Text>,
}

/// Where the store is: one of the two.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Store {
    /// The file of an SQLite database: for one gateway.
    #[serde(default)]
    pub(crate) sqlite: Field<Text>,
    /// A PostgreSQL database, 15 or newer: for any number of gateways.
    #[serde(default)]
    pub(crate) postgres: Field<Postgres>,
}

/// A PostgreSQL database.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Postgres {
    /// Where it is, as whom, and how it is trusted:
    /// `postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full`.
    pub(crate) url: Field<SecretText>,
    /// Connections of this gateway at most. Default: 16.
    #[serde(default)]
    #[schemars(range(min = 4, max = 1000))]
    pub(crate) connections: Field<u16>,
    /// How long it may be silent.
    #[serde(default)]
    pub(crate) timeouts: Field<PostgresTimeouts>,
}

/// How long a PostgreSQL database may be silent.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct PostgresTimeouts {
    /// Until there is a connection for a statement. Default: 3s.
    #[serde(default)]
    pub(crate) connect: Field<Duration>,
    /// Until a statement is answered. Default: 5s.
    #[serde(default)]
    pub(crate) statement: Field<Duration>,
}

/// How other gateways reach this one.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Control {
    /// What they show each other, at least 16 bytes; the same for all that share a store.
    pub(crate) token: Field<SecretText>,
    /// The host and port by which they reach this one. Default: the address of listen.operations.
    #[serde(default)]
    pub(crate) advertise: Field<Text>,
}

/// What keys are hashed with and what opens the admin API.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Secrets {
    /// What keys are hashed with.
    pub(crate) peppers: Field<Peppers>,
    /// Tokens that open the admin API, each at least 16 bytes.
    #[schemars(length(min = 1))]
    pub(crate) admin_tokens: Field<Vec<Field<SecretText>>>,
}

/// What keys are hashed with.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Peppers {
    /// The version that new keys are hashed with.
    pub(crate) current: Field<u16>,
    /// Every version that some key may still be hashed with, each at least 32 bytes.
    pub(crate) versions: Field<BTreeMap<String, Field<SecretText>>>,
}
