//! How much a call of a route may be: its body, and the tokens that its quote counts.

use crate::place::Place;
use crate::problem::Report;
use crate::quantity;
use crate::raw::{self, Size};

/// How much a call of a route may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteBounds {
    /// The largest request body, in bytes, of routes without a tool too. Default: 10 MiB.
    pub body: u64,
    /// Output tokens held for when the client names no maximum. Default: 4,096.
    pub default_max_tokens: u64,
    /// The fewest output tokens worth asking for when credits are few. Default: 256.
    pub min_max_tokens: u64,
    /// Input tokens that the provider may add to those of the body. Default: 1,000.
    pub input_overhead: u64,
    /// The most input tokens that one image counts as. Default: 15,000.
    pub max_image_tokens: u64,
}

impl Default for RouteBounds {
    fn default() -> Self {
        Self {
            body: 10 << 20,
            default_max_tokens: 4_096,
            min_max_tokens: 256,
            input_overhead: 1_000,
            max_image_tokens: 15_000,
        }
    }
}

pub(crate) fn check(
    raw: &raw::RouteBounds,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<RouteBounds> {
    let default = RouteBounds::default();
    let body = raw.body.check_or(default.body, |Size(text)| {
        report.check(&place.key("body"), quantity::size(text))
    });
    let bounds = RouteBounds {
        body: body?,
        default_max_tokens: raw.default_max_tokens.or(default.default_max_tokens)?,
        min_max_tokens: raw.min_max_tokens.or(default.min_max_tokens)?,
        input_overhead: raw.input_overhead.or(default.input_overhead)?,
        max_image_tokens: raw.max_image_tokens.or(default.max_image_tokens)?,
    };
    if bounds.default_max_tokens < bounds.min_max_tokens {
        let RouteBounds { default_max_tokens, min_max_tokens, .. } = bounds;
        let message =
            format!("{default_max_tokens} is below min_max_tokens, which is {min_max_tokens}");
        report.add(&place.key("default_max_tokens"), message);
    }
    Some(bounds)
}
