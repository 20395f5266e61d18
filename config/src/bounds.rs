//! The bounds on every request and wait, whatever its route.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::place::Place;
use crate::problem::Report;
use crate::quantity;
use crate::raw::{self, Field, Size};

/// The bounds on every request and wait, whatever its route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The header of a request, in bytes. Default: 32 KiB.
    pub header_bytes: usize,
    /// The fields of a header. Default: 100.
    pub header_fields: usize,
    /// The target of a request, in bytes. Default: 8 KiB.
    pub uri_bytes: usize,
    /// The nesting of a JSON body. Default: 64.
    pub json_depth: usize,
    /// The wait for credits that running requests hold. Default: 2 s.
    pub hold_wait: Duration,
    /// The reading, or discarding, of a request body. Default: 10 s.
    pub body_read: Duration,
    /// The idling of a client's connection. Default: 60 s.
    pub keepalive: Duration,
    /// A stream, from its first byte to its last. Default: 30 min.
    pub stream_max: Duration,
    /// The bytes of a stream that wait for an extension of its hold. Default: 64 KiB.
    pub withheld_bytes: usize,
    /// The largest JSON answer that is metered, in bytes. Default: 32 MiB.
    pub answer_bytes: usize,
    /// The ending of running requests at a shutdown. Default: 10 s.
    pub shutdown: Duration,
    /// The serving from leases while the store does not answer. Default: 5 min.
    pub max_offline: Duration,
    /// Failed authentications from one address (IPv6: one /64) in a minute. Default: 300.
    pub auth_failures_per_minute: NonZeroU32,
}

const AUTH_FAILURES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(300).expect("300 is not 0");

impl Default for Bounds {
    fn default() -> Self {
        Self {
            header_bytes: 32 << 10,
            header_fields: 100,
            uri_bytes: 8 << 10,
            json_depth: 64,
            hold_wait: Duration::from_secs(2),
            body_read: Duration::from_secs(10),
            keepalive: Duration::from_secs(60),
            stream_max: Duration::from_secs(30 * 60),
            withheld_bytes: 64 << 10,
            answer_bytes: 32 << 20,
            shutdown: Duration::from_secs(10),
            max_offline: Duration::from_secs(5 * 60),
            auth_failures_per_minute: AUTH_FAILURES_PER_MINUTE,
        }
    }
}

pub(crate) fn check(raw: &raw::Bounds, place: &Place, report: &mut Report<'_>) -> Option<Bounds> {
    let default = Bounds::default();
    let mut size = |name, field, default| check_size(field, default, &place.key(name), report);
    let header_bytes = size("header_bytes", &raw.header_bytes, default.header_bytes);
    let uri_bytes = size("uri_bytes", &raw.uri_bytes, default.uri_bytes);
    let withheld_bytes = size("withheld_bytes", &raw.withheld_bytes, default.withheld_bytes);
    let answer_bytes = size("answer_bytes", &raw.answer_bytes, default.answer_bytes);

    let mut time = |name, field, default| check_time(field, default, &place.key(name), report);
    let hold_wait = time("hold_wait", &raw.hold_wait, default.hold_wait);
    let body_read = time("body_read", &raw.body_read, default.body_read);
    let keepalive = time("keepalive", &raw.keepalive, default.keepalive);
    let stream_max = time("stream_max", &raw.stream_max, default.stream_max);
    let shutdown = time("shutdown", &raw.shutdown, default.shutdown);
    let max_offline = time("max_offline", &raw.max_offline, default.max_offline);

    Some(Bounds {
        header_bytes: header_bytes?,
        header_fields: raw
            .header_fields
            .check_or(default.header_fields, |n| Some(usize::from(*n)))?,
        uri_bytes: uri_bytes?,
        json_depth: raw.json_depth.check_or(default.json_depth, |n| Some(usize::from(*n)))?,
        hold_wait: hold_wait?,
        body_read: body_read?,
        keepalive: keepalive?,
        stream_max: stream_max?,
        withheld_bytes: withheld_bytes?,
        answer_bytes: answer_bytes?,
        shutdown: shutdown?,
        max_offline: max_offline?,
        auth_failures_per_minute: raw
            .auth_failures_per_minute
            .check_or(default.auth_failures_per_minute, |n| NonZeroU32::new(*n))?,
    })
}

fn check_size(
    field: &Field<Size>,
    default: usize,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<usize> {
    field.check_or(default, |Size(text)| {
        let bytes = report.check(place, quantity::size(text))?;
        report.check(place, usize::try_from(bytes))
    })
}

/// Checks a duration, or takes the default of one that is not given.
pub(crate) fn check_time(
    field: &Field<raw::Duration>,
    default: Duration,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Duration> {
    field.check_or(default, |raw::Duration(text)| report.check(place, quantity::duration(text)))
}
