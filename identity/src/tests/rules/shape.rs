//! Three parts of base64url with one spelling each, two of them JSON objects, 8 KiB at most.

use super::{Row, World};
use crate::{Fault, TOKEN_BYTES_MAX};

pub(super) fn rows(world: &World) -> Vec<Row> {
    let good = world.corp().token();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let unedited = |text: &str| text.to_owned();
    let header_is = |text: &'static str| world.corp().edited(|_| text.to_owned(), unedited);
    let payload_is = |text: &'static str| world.corp().edited(unedited, |_| text.to_owned());
    let malformed = Err(Fault::TokenMalformed);
    vec![
        ("good", good.clone(), Ok(())),
        ("largest", of_size(world, TOKEN_BYTES_MAX), Ok(())),
        ("a byte too large", of_size(world, TOKEN_BYTES_MAX + 1), Err(Fault::TokenTooLarge)),
        ("large and no token", "x".repeat(TOKEN_BYTES_MAX + 1), Err(Fault::TokenTooLarge)),
        ("nothing", String::new(), malformed),
        ("dots alone", "..".to_owned(), malformed),
        ("one part", header.to_owned(), malformed),
        ("two parts", signed.to_owned(), malformed),
        ("four parts", format!("{good}."), malformed),
        ("five parts", format!("{good}.AAAA.AAAA"), Err(Fault::TokenEncrypted)),
        ("six parts", format!("{good}.AAAA.AAAA.AAAA"), malformed),
        ("space before", format!(" {good}"), malformed),
        ("line behind", format!("{good}\n"), malformed),
        ("space inside", format!("{header}. {payload}.{signature}"), malformed),
        ("unicode space before", format!("\u{a0}{good}"), malformed),
        ("unicode dot", good.replacen('.', "\u{ff0e}", 1), malformed),
        ("padded signature", format!("{good}=="), malformed),
        ("padded payload", format!("{header}.{payload}=.{signature}"), malformed),
        ("bits left over", format!("{signed}.{}", with_a_bit_left_over(signature)), malformed),
        ("other alphabet", format!("{signed}.{}", "+/".repeat(43)), malformed),
        ("header in plain text", format!("{{}}.{payload}.{signature}"), malformed),
        ("header is no JSON", header_is("alg: EdDSA"), malformed),
        ("header is a list", header_is("[\"EdDSA\"]"), malformed),
        ("header and more", header_is("{\"alg\": \"EdDSA\", \"kid\": \"ed\"}{}"), malformed),
        ("header behind a mark", header_is("\u{feff}{\"alg\": \"EdDSA\"}"), malformed),
        ("payload is a list", payload_is("[]"), malformed),
        ("payload is a text", payload_is("\"iss\""), malformed),
        ("payload is empty", payload_is(""), malformed),
        ("payload has a comment", payload_is("{} // \"iss\""), malformed),
    ]
}

/// A good token of so many bytes.
fn of_size(world: &World, size: usize) -> String {
    (0..size).rev().map(|n| filled(world, n)).find(|token| token.len() == size).unwrap_or_else(
        || {
            // Base64 has no text of every length: the header makes up for it.
            let longer = |n: usize| world.corp().header("x", "x").claim("filling", "x".repeat(n));
            (0..size).rev().map(|n| longer(n).token()).find(|token| token.len() == size).unwrap()
        },
    )
}

fn filled(world: &World, n: usize) -> String {
    world.corp().claim("filling", "x".repeat(n)).token()
}

/// Another spelling of the same 64 bytes, which a lenient decoder would take.
fn with_a_bit_left_over(signature: &str) -> String {
    let (most, last) = signature.split_at(signature.len() - 1);
    let other = char::from(last.as_bytes()[0] + 1);
    format!("{most}{other}")
}
