//! The price book: a version of all prices, by provider, model and tool.

use std::collections::HashMap;
use std::sync::Arc;

use ledger::{Credits, Tool};

use crate::place::Place;
use crate::price::ModelPrice;
use crate::price_entry::{self, Catalogue, Entry};
use crate::problem::Report;
use crate::raw::{self, Text};

/// A version of all prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceBook {
    /// Its name, written into every charge.
    pub version: Arc<str>,
    providers: HashMap<Box<str>, HashMap<Box<str>, OfModel>>,
}

/// The prices of one model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OfModel {
    any_tool: Option<Arc<ModelPrice>>,
    by_tool: Vec<(Tool, Arc<ModelPrice>)>,
}

impl PriceBook {
    /// The price of a model for a tool: the entry that names the tool, else the one that names none.
    ///
    /// None: the model is `unpriced`, and refused.
    #[must_use]
    pub fn find(&self, provider: &str, tool: &Tool, model: &str) -> Option<&Arc<ModelPrice>> {
        let of_model = self.providers.get(provider)?.get(model)?;
        let named = of_model.by_tool.iter().find(|(name, _)| name == tool);
        named.map(|(_, price)| price).or(of_model.any_tool.as_ref())
    }

    /// The least that any request could cost at a provider for a tool; `None` where nothing is
    /// priced.
    #[must_use]
    pub fn cheapest(&self, provider: &str, tool: &Tool) -> Option<Credits> {
        let models = self.providers.get(provider)?.values();
        let prices = models.flat_map(|of_model| {
            let of_tool = of_model.by_tool.iter().filter(|(name, _)| name == tool);
            of_tool.map(|(_, price)| price).chain(&of_model.any_tool)
        });
        prices.map(|model| model.least()).min()
    }

    /// Takes an entry in; false when there is one for the same provider, model and tool.
    fn insert(&mut self, Entry { provider, tool, price }: Entry) -> bool {
        let models = self.providers.entry(provider.into()).or_default();
        let of_model = models.entry((*price.model).into()).or_default();
        let taken = match &tool {
            None => of_model.any_tool.is_some(),
            Some(tool) => of_model.by_tool.iter().any(|(name, _)| name == tool),
        };
        if !taken {
            match tool {
                None => of_model.any_tool = Some(Arc::new(price)),
                Some(tool) => of_model.by_tool.push((tool, Arc::new(price))),
            }
        }
        !taken
    }
}

pub(crate) fn check(
    raw: &raw::PriceBook,
    catalogue: &Catalogue<'_>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<PriceBook> {
    let version = raw.version.given().map(|Text(version)| version.as_str());
    if version == Some("") {
        report.add(&place.key("version"), "is empty; every charge names it");
    }
    let mut book =
        PriceBook { version: version.unwrap_or_default().into(), providers: HashMap::new() };
    let prices = raw.prices.given()?.iter().enumerate();
    for (index, entry) in prices {
        let place = place.key("prices").index(index);
        let entry = entry.given();
        let entry = entry.and_then(|raw| price_entry::check(raw, catalogue, &place, report));
        let Some(entry) = entry else { continue };
        let twice = match &entry.tool {
            None => format!("`{}` has a price for every tool already", entry.price.model),
            Some(tool) => {
                format!("`{}` has a price for `{}` already", entry.price.model, tool.name())
            }
        };
        if !book.insert(entry) {
            report.add(&place, twice);
        }
    }
    Some(book)
}
