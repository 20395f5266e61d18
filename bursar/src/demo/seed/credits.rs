//! Amounts that the seeded grants and limits are made of.

use anyhow::Context;
use bursar_config::{ModelPrice, PriceBook};
use ledger::{Credits, Tool, Unit, Usage};

const MICROS: u64 = 1_000_000;

/// So many whole credits.
pub(super) fn whole(credits: u64) -> Credits {
    Credits::from_micros(credits.saturating_mul(MICROS)).unwrap_or(Credits::MAX)
}

/// So many times an amount.
pub(super) fn times(amount: Credits, count: u64) -> Credits {
    Credits::from_micros(amount.micros().saturating_mul(count)).unwrap_or(Credits::MAX)
}

/// What a model costs.
///
/// # Errors
/// It has no price.
pub(super) fn price<'a>(
    prices: &'a PriceBook,
    provider: &str,
    tool: &Tool,
    model: &str,
) -> anyhow::Result<&'a ModelPrice> {
    let price = prices.find(provider, tool, model);
    price.map(AsRef::as_ref).with_context(|| format!("{model} of {provider} has no price"))
}

/// What one call of `mock-flat` costs.
///
/// # Errors
/// It has no price, or no flat one.
pub(super) fn flat_call(prices: &PriceBook) -> anyhow::Result<Credits> {
    let flat = price(prices, "openai", &Tool::new("chatbot"), "mock-flat")?;
    let call = Usage::default().with(Unit::Request, 1);
    flat.price.cost(&call).map_err(|error| anyhow::anyhow!("mock-flat: {error}"))
}

/// What a short call of `mock-slow` may cost that says up to 4,096 tokens, as a gateway quotes it:
/// beside the output, a body of some hundred bytes and the overhead of the route.
///
/// # Errors
/// It has no price.
pub(super) fn slow_call(prices: &PriceBook) -> anyhow::Result<Credits> {
    let slow = price(prices, "openai", &Tool::new("chatbot"), "mock-slow")?;
    let call = Usage::default().with(Unit::InputToken, 1_500).with(Unit::OutputToken, 4_096);
    slow.price.cost(&call).map_err(|error| anyhow::anyhow!("mock-slow: {error}"))
}
