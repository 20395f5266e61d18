//! Bounds, and what is done where one may decide either way.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Duration, Field, Size};

/// The bounds on every request and wait.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Bounds {
    /// The header of a request. Default: 32KiB.
    #[serde(default)]
    pub(crate) header_bytes: Field<Size>,
    /// The fields of a header. Default: 100.
    #[serde(default)]
    #[schemars(range(min = 1, max = 256))]
    pub(crate) header_fields: Field<u16>,
    /// The target of a request. Default: 8KiB.
    #[serde(default)]
    pub(crate) uri_bytes: Field<Size>,
    /// The nesting of a JSON body. Default: 64.
    #[serde(default)]
    #[schemars(range(min = 1, max = 128))]
    pub(crate) json_depth: Field<u16>,
    /// The wait for credits that running requests hold. Default: 2s.
    #[serde(default)]
    pub(crate) hold_wait: Field<Duration>,
    /// The reading, or discarding, of a request body. Default: 10s.
    #[serde(default)]
    pub(crate) body_read: Field<Duration>,
    /// The idling of a client's connection. Default: 60s.
    #[serde(default)]
    pub(crate) keepalive: Field<Duration>,
    /// A stream, from its first byte to its last. Default: 30m.
    #[serde(default)]
    pub(crate) stream_max: Field<Duration>,
    /// The bytes of a stream that wait for an extension of its hold. Default: 64KiB.
    #[serde(default)]
    pub(crate) withheld_bytes: Field<Size>,
    /// The largest JSON answer that is metered. Default: 32MiB.
    #[serde(default)]
    pub(crate) answer_bytes: Field<Size>,
    /// The ending of running requests at a shutdown. Default: 10s.
    #[serde(default)]
    pub(crate) shutdown: Field<Duration>,
    /// The serving from leases while the store does not answer; beyond it nothing is admitted. It
    /// bounds what such a gateway may spend, and for how long it may not know of a revoked key.
    /// Default: 5m.
    #[serde(default)]
    pub(crate) max_offline: Field<Duration>,
    /// Failed authentications from one address (IPv6: one /64) in a minute. Default: 300.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) auth_failures_per_minute: Field<u32>,
}

/// What is done where one may decide either way.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Policies {
    /// Whether the streams of a key that is revoked, or of a member whose access is removed, end at
    /// once rather than when they are complete. Default: true.
    #[serde(default)]
    pub(crate) cut_revoked_streams: Field<bool>,
}
