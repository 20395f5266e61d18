//! Ids that follow from what they are for, so that no store draws lots.

use aws_lc_rs::digest::{Context, SHA256};
use ledger::Instant;

const MILLISECOND: i64 = 1_000;

/// An id that is the same whenever it is made of the same parts; in form it is a `UUIDv7` of the
/// instant.
pub(crate) fn derived_id<'a>(parts: impl IntoIterator<Item = &'a [u8]>, at: Instant) -> u128 {
    let mut digest = Context::new(&SHA256);
    for part in parts {
        digest.update(part);
    }
    let digest = digest.finish();
    let random =
        digest.as_ref().iter().take(16).fold(0, |bits: u128, byte| bits << 8 | u128::from(*byte));
    let millis = u128::try_from(at.micros().div_euclid(MILLISECOND)).unwrap_or(0);
    let version_and_variant = (0x7 << 76) | (0x2 << 62);
    let random = random & !((u128::MAX << 80) | (0xf << 76) | (0x3 << 62));
    ((millis & 0xffff_ffff_ffff) << 80) | version_and_variant | random
}
