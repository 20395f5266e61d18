use proptest::prelude::*;

use super::cases::{Case, Written, cases};
use super::*;

/// The stream cut before each of these bytes.
fn cut<'a>(stream: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    let mut start = 0;
    for place in places {
        chunks.push(&stream[start..*place]);
        start = *place;
    }
    chunks.push(&stream[start..]);
    chunks
}

fn check(case: &Case, written: Written, stream: &[u8], places: &[usize], release: Release) {
    let played = play(case.meter(), cut(stream, places), release);
    assert_eq!(played, case.expected(written), "{} {written:?} {places:?}", case.name);
}

#[test]
fn a_stream_in_one_chunk_gives_its_bytes_and_its_outcome() {
    for case in cases() {
        for written in Written::ALL {
            let stream = case.stream(written);
            check(&case, written, stream.as_bytes(), &[], Release::AtOnce);
            check(&case, written, stream.as_bytes(), &[], Release::AtTheEnd);
        }
    }
}

#[test]
fn a_stream_byte_by_byte_gives_the_same() {
    for case in cases() {
        for written in Written::ALL {
            let stream = case.stream(written);
            let places: Vec<usize> = (1..stream.len()).collect();
            check(&case, written, stream.as_bytes(), &places, Release::AtOnce);
            check(&case, written, stream.as_bytes(), &places, Release::AtTheEnd);
        }
    }
}

#[test]
fn a_stream_in_any_two_chunks_gives_the_same() {
    for case in cases() {
        for written in [Written::Lf, Written::CrLf] {
            let stream = case.stream(written);
            for place in 1..stream.len() {
                check(&case, written, stream.as_bytes(), &[place], Release::AtOnce);
            }
        }
    }
}

proptest! {
    #[test]
    fn a_stream_in_any_chunks_gives_the_same(
        case in 0..cases().len(),
        written in prop::sample::select(Written::ALL.to_vec()),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        release in prop::sample::select(vec![Release::AtOnce, Release::AtTheEnd]),
    ) {
        let case = &cases()[case];
        let stream = case.stream(written);
        let mut places: Vec<usize> =
            places.iter().map(|place| place.index(stream.len())).collect();
        places.sort_unstable();
        check(case, written, stream.as_bytes(), &places, release);
    }
}
