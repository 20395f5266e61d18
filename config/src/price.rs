//! What a model costs, in credits: its rates, and those of the sizes and qualities of its images.

use std::sync::Arc;

use ledger::{Credits, Price, Unit, Usage};

/// What a model costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPrice {
    /// The model's name, as requests name it.
    pub model: Arc<str>,
    /// The rates of a request that no variant stands for.
    pub price: Price,
    /// The rates of the sizes and qualities that differ.
    pub variants: Vec<Variant>,
    /// The most output tokens the model can answer with.
    pub max_output_tokens: Option<u64>,
    /// The most input tokens the model can read.
    pub max_input_tokens: Option<u64>,
}

/// The rates of one size and quality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The size, such as `1024x1024`; none: any.
    pub size: Option<String>,
    /// The quality, such as `low`; none: any.
    pub quality: Option<String>,
    /// The rates: those of the model with the variant's own in their place.
    pub price: Price,
}

impl ModelPrice {
    /// The least that a request could cost: one request and, unless nothing has a price, a
    /// micro-credit.
    #[must_use]
    pub fn least(&self) -> Credits {
        let prices = std::iter::once(&self.price).chain(self.variants.iter().map(|v| &v.price));
        let least = |price: &Price| {
            let costs = |unit: &Unit| price.rate(*unit).is_some_and(|rate| !rate.credits.is_zero());
            let once = Usage::default().with(Unit::Request, 1);
            let fixed = price.cost(&once).unwrap_or(Credits::ZERO);
            let any = Unit::ALL.iter().any(costs);
            fixed.max(Credits::from_micros(u64::from(any)).unwrap_or(Credits::ZERO))
        };
        prices.filter(|price| **price != Price::default()).map(least).min().unwrap_or(Credits::ZERO)
    }

    /// The rates for a size and quality: those of the most specific variant, else the base price.
    ///
    /// What is absent or `auto` is the provider's choice, and so the dearest it could be. None:
    /// nothing that was asked for has a price. A model without variants has one price.
    #[must_use]
    pub fn price_for(&self, size: Option<&str>, quality: Option<&str>) -> Option<&Price> {
        if self.variants.is_empty() {
            return Some(&self.price);
        }
        let sizes = choices(size, self.variants.iter().map(|variant| variant.size.as_deref()));
        let priced = sizes.flat_map(|size| {
            let qualities = self.variants.iter().map(|variant| variant.quality.as_deref());
            choices(quality, qualities).filter_map(move |quality| self.exactly(size, quality))
        });
        priced.max_by_key(|price| of_an_image(price))
    }

    /// The rates for one size and quality; none stands for one that no variant names.
    fn exactly(&self, size: Option<&str>, quality: Option<&str>) -> Option<&Price> {
        let fits = |named: &Option<String>, is| named.is_none() || named.as_deref() == is;
        let variants = self.variants.iter();
        let fitting = variants.filter(|v| fits(&v.size, size) && fits(&v.quality, quality));
        let named = |v: &Variant| usize::from(v.size.is_some()) + usize::from(v.quality.is_some());
        let closest = fitting.max_by_key(|v| (named(v), of_an_image(&v.price)));
        let base = self.price.rate(Unit::Image).map(|_| &self.price);
        closest.map(|variant| &variant.price).or(base)
    }
}

/// What is asked for; or, where that is left to the provider, each value that some variant names
/// and one that none does.
fn choices<'a>(
    asked: Option<&'a str>,
    named: impl Iterator<Item = Option<&'a str>>,
) -> impl Iterator<Item = Option<&'a str>> {
    let asked = asked.filter(|asked| *asked != "auto");
    let open = named.chain([None]).filter(move |_| asked.is_none());
    asked.map(Some).into_iter().chain(open)
}

fn of_an_image(price: &Price) -> Credits {
    price.cost(&Usage::default().with(Unit::Image, 1)).unwrap_or(Credits::MAX)
}

#[cfg(test)]
mod tests {
    use ledger::{Per, Rate};

    use super::*;

    fn image(credits: &str) -> Price {
        let rate = Rate { credits: credits.parse().unwrap(), per: Per::One };
        Price::default().with(Unit::Image, rate)
    }

    fn model(base: Price, variants: &[(&str, &str, &str)]) -> ModelPrice {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let variant = |(size, quality, credits): &(&str, &str, &str)| Variant {
            size: some(size),
            quality: some(quality),
            price: image(credits),
        };
        ModelPrice {
            model: "m".into(),
            price: base,
            variants: variants.iter().map(variant).collect(),
            max_output_tokens: None,
            max_input_tokens: None,
        }
    }

    #[test]
    fn the_variant_that_is_asked_for_is_the_price() {
        let model =
            model(Price::default(), &[("s", "low", "1"), ("s", "high", "4"), ("l", "low", "2")]);
        assert_eq!(model.price_for(Some("s"), Some("high")), Some(&image("4")));
        assert_eq!(model.price_for(Some("l"), Some("low")), Some(&image("2")));
    }

    #[test]
    fn what_is_left_to_the_provider_is_the_dearest_it_could_be() {
        let model =
            model(Price::default(), &[("s", "low", "1"), ("s", "high", "4"), ("l", "low", "2")]);
        assert_eq!(model.price_for(Some("s"), None), Some(&image("4")));
        assert_eq!(model.price_for(Some("auto"), Some("low")), Some(&image("2")));
        assert_eq!(model.price_for(None, Some("auto")), Some(&image("4")));
    }

    #[test]
    fn a_size_without_a_price_is_refused_unless_there_is_a_base_price() {
        let variants = [("s", "low", "1")];
        let strict = model(Price::default(), &variants);
        assert_eq!(strict.price_for(Some("xl"), None), None);
        assert_eq!(strict.price_for(Some("s"), Some("high")), None);
        let lenient = model(image("9"), &variants);
        assert_eq!(lenient.price_for(Some("xl"), None), Some(&image("9")));
        assert_eq!(lenient.price_for(Some("s"), Some("low")), Some(&image("1")));
        assert_eq!(lenient.price_for(Some("s"), None), Some(&image("9")));
    }

    #[test]
    fn the_more_specific_variant_wins_and_any_size_may_still_be_the_dearest() {
        let model =
            model(Price::default(), &[("", "high", "20"), ("s", "", "9"), ("s", "high", "5")]);
        assert_eq!(model.price_for(Some("s"), Some("high")), Some(&image("5")));
        assert_eq!(model.price_for(Some("s"), Some("low")), Some(&image("9")));
        assert_eq!(model.price_for(Some("l"), Some("high")), Some(&image("20")));
        assert_eq!(model.price_for(None, Some("high")), Some(&image("20")));
        assert_eq!(model.price_for(Some("l"), Some("low")), None);
    }

    #[test]
    fn a_model_without_variants_has_one_price() {
        let model = model(Price::default(), &[]);
        assert_eq!(model.price_for(Some("s"), None), Some(&Price::default()));
    }
}
