//! The most that a request can cost, and the bounds on its output that make that true.

use std::sync::Arc;

use bursar_config::{Meter, ModelPrice, PriceBook, Provider, RouteBounds};
use ledger::{Credits, Price, PriceError, Quote, Tool, Unit, Usage};

use crate::ask::Asked;
use crate::refusal::{Code, Denial};

/// A priced request: what it may use, and what that costs.
#[derive(Clone, Debug)]
pub(crate) struct Quoted {
    pub(crate) model: Arc<str>,
    pub(crate) price: Price,
    /// What the request may use at most; its output tokens are those of the first hold.
    pub(crate) most: Usage,
    pub(crate) quote: Quote,
    pub(crate) output: Output,
    /// Input tokens as they are counted when the provider does not say.
    pub(crate) counted_input: u64,
}

/// What bounds the output of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// The request itself, or nothing needs to: it costs the same whatever its length.
    AsAsked,
    /// We do, once: so many tokens a choice fit the hold.
    Bounded { choices: u64 },
    /// The model's own maximum: the hold is extended as the stream grows, by `step` tokens, or as
    /// few as `least`.
    Growing { step: u64, least: u64, maximum: u64 },
}

/// Bytes by which a body grows at most when we set its bounds.
const EDIT_BYTES: u64 = 96;

/// Prices a request, or refuses it: nothing without a price passes.
pub(crate) fn quote(
    book: &PriceBook,
    provider: &Provider,
    tool: &Tool,
    meter: Meter,
    bounds: &RouteBounds,
    asked: &Asked,
    body_bytes: u64,
) -> Result<Quoted, Denial> {
    let model =
        book.find(&provider.name, tool, &asked.model).ok_or_else(|| unpriced(asked, tool))?;
    let image = &asked.image;
    let price = model.price_for(image.size.as_deref(), image.quality.as_deref());
    let price = price.ok_or_else(|| unpriced(asked, tool))?.clone();
    let images = meter == Meter::OpenAiImages;
    if images && has_token_price(&price) {
        return Err(Denial::new(
            Code::Unpriced,
            "images are priced by the image, and this model has prices by the token; the operator \
             has to give it a price by the image",
        ));
    }
    let input = if images { 0 } else { input_bound(asked, model, bounds, body_bytes)? };
    let base = Usage::default()
        .with(Unit::Request, 1)
        .with(price.dearest_input(), input)
        .with(Unit::Image, if images { image.count } else { 0 });
    let counted_input = crate::meter::counted_tokens(body_bytes)
        .saturating_add(asked.images_in.saturating_mul(bounds.max_image_tokens))
        .min(input);
    let (output, least, most) = output_bound(asked, model, meter, &price, bounds);
    let cost = |tokens: u64| price.cost(&base.with(Unit::OutputToken, tokens));
    let quote = Quote { least: cost(least).map_err(no_cost)?, most: cost(most).map_err(no_cost)? };
    let most = base.with(Unit::OutputToken, most);
    Ok(Quoted { model: Arc::clone(&model.model), price, most, quote, output, counted_input })
}

impl Quoted {
    /// The output tokens that a hold pays for beside the input.
    pub(crate) fn affordable_output(&self, held: Credits) -> u64 {
        self.price.most_affordable(Unit::OutputToken, self.most, held).unwrap_or(0)
    }

    /// Whether the cost is known before the answer: only the request itself has a price.
    pub(crate) fn flat(&self) -> Option<Credits> {
        let costly = |unit: &Unit| {
            *unit != Unit::Request
                && self.price.rate(*unit).is_some_and(|rate| !rate.credits.is_zero())
        };
        let flat = !Unit::ALL.iter().any(costly);
        let once = Usage::default().with(Unit::Request, 1);
        flat.then(|| self.price.cost(&once).ok()).flatten()
    }
}

fn input_bound(
    asked: &Asked,
    model: &ModelPrice,
    bounds: &RouteBounds,
    body_bytes: u64,
) -> Result<u64, Denial> {
    let bound = asked.input_tokens_bound(
        body_bytes.saturating_add(EDIT_BYTES),
        bounds.input_overhead,
        bounds.max_image_tokens,
        model.max_input_tokens,
    );
    bound.ok_or_else(|| {
        let message = format!(
            "nothing bounds what the documents of this request cost; the operator has to set \
             max_input_tokens for {}",
            model.model
        );
        Denial::new(Code::Unpriced, message)
    })
}

/// What bounds the output, and the least and most output tokens that the first hold is for.
fn output_bound(
    asked: &Asked,
    model: &ModelPrice,
    meter: Meter,
    price: &Price,
    bounds: &RouteBounds,
) -> (Output, u64, u64) {
    let generates =
        matches!(meter, Meter::OpenAiChat | Meter::OpenAiResponses | Meter::AnthropicMessages);
    if !generates {
        return (Output::AsAsked, 0, 0);
    }
    let choices = asked.choices.max(1);
    if let Some(tokens) = asked.max_tokens {
        let tokens = tokens.saturating_mul(choices);
        return (Output::AsAsked, tokens, tokens);
    }
    let ceiling = model.max_output_tokens.unwrap_or(bounds.default_max_tokens);
    let most = bounds.default_max_tokens.min(ceiling);
    let least = bounds.min_max_tokens.min(most);
    let (least, most) = (least.saturating_mul(choices), most.saturating_mul(choices));
    if price.rate(Unit::OutputToken).is_none_or(|rate| rate.credits.is_zero()) {
        return (Output::AsAsked, most, most);
    }
    let output = if asked.stream {
        Output::Growing { step: most, least, maximum: ceiling.saturating_mul(choices) }
    } else {
        Output::Bounded { choices }
    };
    (output, least, most)
}

/// Whether tokens of any kind cost something.
fn has_token_price(price: &Price) -> bool {
    let costs = |unit: &Unit| price.rate(*unit).is_some_and(|rate| !rate.credits.is_zero());
    Unit::INPUT.iter().chain(&[Unit::OutputToken]).any(costs)
}

fn unpriced(asked: &Asked, tool: &Tool) -> Denial {
    let message = format!(
        "there is no price for {} with this model, and nothing without a price passes; the \
         operator has to add one to the price book",
        tool.name()
    );
    let param = if asked.model.is_empty() { None } else { Some("model".to_owned()) };
    Denial::new(Code::Unpriced, message).about(param)
}

fn no_cost(error: PriceError) -> Denial {
    match error {
        PriceError::Unpriced(unit) => {
            let message = format!("there is no price for {} of this model", unit.name());
            Denial::new(Code::Unpriced, message)
        }
        PriceError::Overflow => Denial::new(
            Code::InvalidRequest,
            "the request may cost more than any amount of credits; ask for less output",
        ),
    }
}
