//! How often somebody may call, on the wire.

use std::num::NonZeroU32;

use serde::Serialize;
use serde_json::Value;
use store::Rates;

use crate::body::{Change, Fields};

/// Bounds on calls; `null` where there is none.
#[derive(Serialize)]
pub(crate) struct RatesBody {
    per_second: Option<NonZeroU32>,
    per_minute: Option<NonZeroU32>,
    concurrent: Option<NonZeroU32>,
}

impl From<Rates> for RatesBody {
    fn from(Rates { per_second, per_minute, concurrent }: Rates) -> Self {
        Self { per_second, per_minute, concurrent }
    }
}

/// What is to become of the bounds, each for itself.
#[derive(Clone)]
pub(crate) struct RatesChange {
    per_second: Change<NonZeroU32>,
    per_minute: Change<NonZeroU32>,
    concurrent: Change<NonZeroU32>,
}

impl Change<RatesChange> {
    /// The bounds that were these before.
    pub(crate) fn of(self, was: Rates) -> Rates {
        match self {
            Self::Leave => was,
            Self::Clear => Rates::default(),
            Self::Set(to) => Rates {
                per_second: to.per_second.over_option(was.per_second),
                per_minute: to.per_minute.over_option(was.per_minute),
                concurrent: to.concurrent.over_option(was.concurrent),
            },
        }
    }
}

/// Reads the field `rates`.
pub(crate) fn read(fields: &mut Fields) -> Change<RatesChange> {
    fields.change_object("rates", |rates| {
        Some(RatesChange {
            per_second: rates.change("per_second", bound),
            per_minute: rates.change("per_minute", bound),
            concurrent: rates.change("concurrent", bound),
        })
    })
}

fn bound(value: &Value) -> Result<NonZeroU32, String> {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    let wrong = || "must be a whole number from 1 to 4294967295, or `null` for none".to_owned();
    number.and_then(NonZeroU32::new).ok_or_else(wrong)
}
