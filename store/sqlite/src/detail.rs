//! What an event says beside its figures: a JSON array in the column `usage_events.detail`.
//!
//! One short text is cheaper to write than a column each; the view `usage_requests` gives every
//! place its name.

use std::borrow::Cow;

use ledger::{Charge, Unit};
use store::ending_name;

/// The number of an account, and the micro-credits that it paid.
pub(crate) type Line = (i64, u64);

/// In the order of the array: how many microseconds the request lasted, how it ended, the provider's
/// status, the units used in the order of [`Unit::ALL`], the outputs, what was held and what was
/// overrun in micro-credits, the lines, the price book, and the hash of the body in hexadecimal.
pub(crate) type Detail<'a, Lines> = (
    i64,
    Cow<'a, str>,
    u16,
    [u64; Unit::ALL.len()],
    u64,
    u64,
    u64,
    Lines,
    Cow<'a, str>,
    Cow<'a, str>,
);

/// The detail of a charge, with the numbers of the accounts of its lines.
pub(crate) fn write(charge: &Charge, lines: &[Line]) -> serde_json::Result<String> {
    let mut digits = [0; 64];
    let detail: Detail<'_, &[Line]> = (
        charge.ended.micros().saturating_sub(charge.admitted.micros()),
        Cow::Borrowed(ending_name(charge.ending)),
        charge.status,
        Unit::ALL.map(|unit| charge.usage.get(unit)),
        charge.outputs,
        charge.held.micros(),
        charge.overrun.micros(),
        lines,
        Cow::Borrowed(&charge.price_book),
        Cow::Borrowed(hex(&charge.body_hash, &mut digits)),
    );
    let mut json = Vec::with_capacity(256);
    serde_json::to_writer(&mut json, &detail)?;
    String::from_utf8(json).map_err(serde::ser::Error::custom)
}

pub(crate) fn read(json: &str) -> serde_json::Result<Detail<'_, Vec<Line>>> {
    serde_json::from_str(json)
}

fn hex<'a>(hash: &[u8; 32], digits: &'a mut [u8; 64]) -> &'a str {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
        pair.copy_from_slice(&[byte >> 4, byte & 0xf].map(|digit| DIGITS[usize::from(digit)]));
    }
    str::from_utf8(digits).expect("digits are text")
}

/// The hash that [`write`] wrote; `None` for another text.
pub(crate) fn unhex(digits: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_from_its_digits() {
        let hash = std::array::from_fn(|n| u8::try_from(n * 8).unwrap());
        let mut digits = [0; 64];
        assert_eq!(unhex(hex(&hash, &mut digits)), Some(hash));
        assert_eq!(unhex("00"), None);
        assert_eq!(unhex(&"zz".repeat(32)), None);
    }
}
