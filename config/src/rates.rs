//! The rates of one price entry: what was written, and what follows from it.

use ledger::{Credits, Per, Price, Rate, Unit};

use crate::place::Place;
use crate::price::Variant;
use crate::problem::Report;
use crate::raw::{self, Amount, Field, Text};

/// Checks the rates of an entry and of its variants.
pub(crate) fn check(
    raw: &raw::Price,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<(Price, Vec<Variant>)> {
    let given = check_given(raw, place, report);
    let images = raw
        .variants
        .check_or(Vec::new(), |variants| check_variants(variants, &place.key("variants"), report));
    let (given, images, free) = (given?, images?, raw.free.or(false)?);

    let has_price = given != Price::default() || !images.is_empty();
    if free && has_price {
        report.add(&place.key("free"), "is true beside a price: keep one of the two");
        return None;
    }
    if !free && !has_price {
        report.add(place, "has no price; one that costs nothing says `free: true`");
        return None;
    }
    let others = Unit::ALL.into_iter().filter(|unit| *unit != Unit::Request);
    let flat =
        has_price && images.is_empty() && others.into_iter().all(|u| given.rate(u).is_none());

    let base = completed(&given, free || flat);
    let variant = |Image { size, quality, credits }| Variant {
        size,
        quality,
        price: base.clone().with(Unit::Image, Rate { credits, per: Per::One }),
    };
    let variants = images.into_iter().map(variant).collect();
    Some((base, variants))
}

/// Every rate that follows from those given.
///
/// A flat or free price has a rate of zero for every unit it does not name: zero is written down
/// here, and not merely absent. Cached tokens cost as others do unless they have a rate. Beside other
/// rates the request itself costs nothing.
fn completed(given: &Price, rest_is_free: bool) -> Price {
    let following = |unit| match unit {
        Unit::Request => Some(nothing(unit)),
        Unit::CachedInputToken | Unit::CacheWriteToken => given.rate(Unit::InputToken),
        Unit::CacheWriteHourToken => {
            given.rate(Unit::CacheWriteToken).or(given.rate(Unit::InputToken))
        }
        Unit::InputToken | Unit::OutputToken | Unit::Image => None,
    };
    Unit::ALL.into_iter().fold(Price::default(), |price, unit| {
        let free = rest_is_free.then_some(nothing(unit));
        match given.rate(unit).or(following(unit)).or(free) {
            Some(rate) => price.with(unit, rate),
            None => price,
        }
    })
}

const fn nothing(unit: Unit) -> Rate {
    Rate { credits: Credits::ZERO, per: per(unit) }
}

const fn per(unit: Unit) -> Per {
    match unit {
        Unit::Request | Unit::Image => Per::One,
        Unit::InputToken
        | Unit::CachedInputToken
        | Unit::CacheWriteToken
        | Unit::CacheWriteHourToken
        | Unit::OutputToken => Per::Million,
    }
}

/// Checks the amounts of an entry: each unit that has one, and nothing else.
fn check_given(raw: &raw::Price, place: &Place, report: &mut Report<'_>) -> Option<Price> {
    let fields = [
        ("per_request", Unit::Request, &raw.per_request),
        ("input_per_million_tokens", Unit::InputToken, &raw.input_per_million_tokens),
        (
            "cached_input_per_million_tokens",
            Unit::CachedInputToken,
            &raw.cached_input_per_million_tokens,
        ),
        (
            "cache_write_per_million_tokens",
            Unit::CacheWriteToken,
            &raw.cache_write_per_million_tokens,
        ),
        (
            "cache_write_hour_per_million_tokens",
            Unit::CacheWriteHourToken,
            &raw.cache_write_hour_per_million_tokens,
        ),
        ("output_per_million_tokens", Unit::OutputToken, &raw.output_per_million_tokens),
        ("per_image", Unit::Image, &raw.per_image),
    ];
    let input = !matches!(raw.input_per_million_tokens, Field::Absent);
    let mut given = Some(Price::default());
    for (name, unit, field) in fields {
        let amount = field.check_or(None, |Amount(text)| {
            report.check(&place.key(name), text.parse::<Credits>()).map(Some)
        });
        if amount.flatten().is_some() && Unit::INPUT.contains(&unit) && !input {
            report.add(&place.key(name), "needs input_per_million_tokens beside it");
        }
        given = match (given, amount) {
            (Some(given), Some(Some(credits))) => {
                Some(given.with(unit, Rate { credits, per: per(unit) }))
            }
            (given, Some(None)) => given,
            (_, None) | (None, _) => None,
        };
    }
    given
}

/// A variant before it is a price.
struct Image {
    size: Option<String>,
    quality: Option<String>,
    credits: Credits,
}

fn check_variants(
    raw: &[Field<raw::Variant>],
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Vec<Image>> {
    let mut images: Vec<Image> = Vec::new();
    let mut sound = true;
    for (index, variant) in raw.iter().enumerate() {
        let place = place.index(index);
        let image = variant.given().and_then(|raw| check_variant(raw, &place, report));
        let Some(image) = image else {
            sound = false;
            continue;
        };
        if images.iter().any(|other| other.size == image.size && other.quality == image.quality) {
            report.add(&place, "has the size and quality of another variant");
        }
        images.push(image);
    }
    sound.then_some(images)
}

fn check_variant(raw: &raw::Variant, place: &Place, report: &mut Report<'_>) -> Option<Image> {
    let name = |field: &Field<Text>| field.check_or(None, |Text(text)| Some(Some(text.clone())));
    let (size, quality) = (name(&raw.size), name(&raw.quality));
    for (field, name) in [("size", &size), ("quality", &quality)] {
        if name.as_ref().is_some_and(|name| matches!(name.as_deref(), Some("" | "auto"))) {
            report.add(&place.key(field), "must be one that can be had, not left to the provider");
        }
    }
    if size == Some(None) && quality == Some(None) {
        report.add(place, "has no size and no quality; per_image of the model is for all others");
    }
    let Amount(credits) = raw.per_image.given()?;
    let credits = report.check(&place.key("per_image"), credits.parse::<Credits>());
    Some(Image { size: size?, quality: quality?, credits: credits? })
}
