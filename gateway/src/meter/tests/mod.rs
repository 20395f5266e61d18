//! Recorded-like answers, cut into chunks in every way.

mod answers;
mod arbitrary;
mod cases;
mod splits;
mod streams;

use ledger::Unit;

use super::*;

const COMMENT: &str = ": bursar charged=0.25 remaining=12.5\n\n";

const OPTIONS: MeterOptions = MeterOptions { hide_usage: false, answer_bytes: 1 << 20 };

/// When the withheld bytes are let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Release {
    /// As soon as there is an outcome.
    AtOnce,
    /// After the last chunk.
    AtTheEnd,
}

/// All that came of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Played {
    relayed: String,
    outcome: Outcome,
    progress: Relayed,
}

fn play<'a>(
    mut meter: Meter,
    chunks: impl IntoIterator<Item = &'a [u8]>,
    release: Release,
) -> Played {
    let mut relayed = Vec::new();
    let mut released = false;
    for chunk in chunks.into_iter().map(Some).chain([None]) {
        let end = chunk.is_none();
        relayed.extend_from_slice(&meter.observe(chunk.map(Bytes::copy_from_slice), end));
        if !released && meter.outcome().is_some() && (end || release == Release::AtOnce) {
            released = true;
            relayed.extend_from_slice(&meter.release(COMMENT));
        }
    }
    Played {
        relayed: String::from_utf8(relayed).unwrap(),
        outcome: *meter.outcome().unwrap(),
        progress: meter.relayed(),
    }
}

/// A usage of so many units and one request.
fn used(units: &[(Unit, u64)]) -> Reported {
    let served = Usage::default().with(Unit::Request, 1);
    Reported::Usage(units.iter().fold(served, |usage, (unit, count)| usage.with(*unit, *count)))
}

#[test]
fn three_bytes_of_text_count_as_a_token_and_a_rest_as_one_more() {
    assert_eq!([0, 1, 3, 4, 300].map(counted_tokens), [0, 1, 1, 2, 100]);
}
