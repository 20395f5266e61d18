//! One entry of the price book: from what was written to rates for every unit it can be used for.

use ledger::{Price, Tool, Unit};

use crate::meter::Meter;
use crate::place::Place;
use crate::price::{ModelPrice, Variant};
use crate::problem::Report;
use crate::providers::Routes;
use crate::raw::{self, Text};
use crate::route::Purpose;
use crate::{rates, tools};

/// What an entry is checked against.
pub(crate) struct Catalogue<'a> {
    /// The tools there are, if that can be told.
    pub(crate) tools: Option<&'a [Tool]>,
    /// The providers there are and what they are asked, if that can be told.
    pub(crate) routes: Option<&'a Routes>,
}

/// A checked entry.
pub(crate) struct Entry {
    pub(crate) provider: String,
    pub(crate) tool: Option<Tool>,
    pub(crate) price: ModelPrice,
}

pub(crate) fn check(
    raw: &raw::Price,
    catalogue: &Catalogue<'_>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Entry> {
    let Text(provider) = raw.provider.given()?;
    let Text(model) = raw.model.given()?;
    if model.is_empty() {
        report.add(&place.key("model"), "is empty");
    }
    let rates = rates::check(raw, place, report);
    let tool = raw.tool.check_or(None, |Text(tool)| Some(Some(Tool::new(tool))))?;
    if let (Some(tools), Some(tool)) = (catalogue.tools, &tool)
        && !tools.contains(tool)
    {
        report.add(&place.key("tool"), tools::unknown(tool, tools));
        return None;
    }
    let meters = meters_of(provider, tool.as_ref(), catalogue, place, report);
    let (price, variants) = rates?;
    if let Some(meters) = meters {
        report_useless(&meters, &price, &variants, place, report);
    }
    let price = ModelPrice {
        model: model.as_str().into(),
        price,
        variants,
        max_output_tokens: raw.max_output_tokens.given().copied(),
        max_input_tokens: raw.max_input_tokens.given().copied(),
    };
    Some(Entry { provider: provider.clone(), tool, price })
}

/// The meters of the routes that an entry is for, if they can be told.
fn meters_of(
    provider: &str,
    tool: Option<&Tool>,
    catalogue: &Catalogue<'_>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Vec<Meter>> {
    let providers = catalogue.routes?;
    let Some(routes) = providers.get(provider) else {
        let known: Vec<String> = providers.keys().map(|name| format!("`{name}`")).collect();
        let message = format!("`{provider}` is no provider; there are {}", known.join(", "));
        report.add(&place.key("provider"), message);
        return None;
    };
    let mut meters = Vec::new();
    for route in routes.as_ref()? {
        if let Purpose::Tool { tool: of_route, meter } = &route.purpose
            && tool.is_none_or(|tool| tool == of_route)
            && !meters.contains(meter)
        {
            meters.push(*meter);
        }
    }
    if meters.is_empty() {
        let what = tool.map_or("a tool".to_owned(), |tool| format!("`{}`", tool.name()));
        report.add(place, format!("is never used: no route of `{provider}` is for {what}"));
        return None;
    }
    Some(meters)
}

/// Reports an entry that could not price a single call of its routes.
fn report_useless(
    meters: &[Meter],
    price: &Price,
    variants: &[Variant],
    place: &Place,
    report: &mut Report<'_>,
) {
    let has =
        |unit: Unit| price.rate(unit).is_some() || (unit == Unit::Image && !variants.is_empty());
    if meters.iter().any(|meter| meter.needs().0.iter().all(|unit| has(*unit))) {
        return;
    }
    let wants: Vec<String> = meters
        .iter()
        .map(|meter| format!("`{}` needs {}", meter.name(), meter.needs().1))
        .collect();
    let message = format!("cannot price a call: {}; or give per_request alone", wants.join(", "));
    report.add(place, message);
}
