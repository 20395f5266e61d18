//! OpenAI's images, which are counted and not weighed: their price is by the image.

use ledger::Unit;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Outcome, Whole};
use crate::meter::Reported;
use crate::meter::reported::served;

#[derive(Deserialize)]
struct Images {
    data: Option<Vec<IgnoredAny>>,
    error: Option<IgnoredAny>,
}

pub(super) fn read_answer(json: &[u8]) -> Option<Whole> {
    let images: Images = serde_json::from_slice(json).ok()?;
    let delivered = images.data.map(|images| images.len() as u64);
    let usage = delivered
        .map_or(Reported::Missing, |images| Reported::Usage(served().with(Unit::Image, images)));
    let failed = images.error.is_some();
    let outcome = Outcome { usage, failed, outputs: delivered.unwrap_or(0) };
    Some(Whole { outcome, text_bytes: 0 })
}
