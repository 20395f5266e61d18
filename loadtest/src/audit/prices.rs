//! What the demo's price list asks for a call, stated a second time and worked out by other means
//! than the gateway's: a wrong idea there is not repeated here.

use mock_provider::Line;

/// Micro-credits for a million tokens of text: 3 credits read, 15 said.
const TEXT: (u64, u64) = (3_000_000, 15_000_000);
/// Micro-credits for a million tokens embedded: a tenth of a credit.
const EMBEDDED: u64 = 100_000;
/// Micro-credits for an image: half a credit.
const IMAGE: u64 = 500_000;
/// Micro-credits for a call at a flat price: one credit.
const FLAT: u64 = 1_000_000;

const MILLION: u64 = 1_000_000;

/// The price of a line of the provider's bill, in micro-credits. What did not succeed is free.
pub(crate) fn price(line: &Line) -> u64 {
    if line.status != 200 {
        return 0;
    }
    price_of(&line.model, line.input_tokens, line.output_tokens, line.images)
}

/// The price of a call that uses so much.
pub(crate) fn price_of(model: &str, input: u64, output: u64, images: u64) -> u64 {
    match model.split(':').next().unwrap_or_default() {
        "mock-flat" => FLAT,
        "mock-image" => images * IMAGE,
        "mock-embedding" => (input * EMBEDDED).div_ceil(MILLION),
        _ => (input * TEXT.0 + output * TEXT.1).div_ceil(MILLION),
    }
}

/// More than a call can be worth whose body has so many bytes and that may say so many tokens: a
/// token has at least one byte, and what gateway and provider add is some hundred tokens.
pub(crate) fn most(model: &str, body_bytes: u64, output: u64, images: u64) -> u64 {
    price_of(model, body_bytes + ADDED_TOKENS, output, images)
}

/// What the gateway allows for beside the body: 1,000 tokens, and the 96 bytes it may write itself.
const ADDED_TOKENS: u64 = 1_096;

#[cfg(test)]
mod tests {
    use super::*;

    fn line(model: &str, input_tokens: u64, output_tokens: u64, images: u64) -> Line {
        let model = model.to_owned();
        Line { model, status: 200, input_tokens, output_tokens, images, ..Line::default() }
    }

    #[test]
    fn prices_are_those_of_the_demo() {
        assert_eq!(price(&line("mock-chat", 100, 40, 0)), 300 + 600);
        assert_eq!(price(&line("mock-chat:500", 1, 500, 0)), 3 + 7_500);
        assert_eq!(price(&line("mock-flat", 100, 8, 0)), 1_000_000);
        assert_eq!(price(&line("mock-image", 0, 0, 2)), 1_000_000);
    }

    #[test]
    fn a_begun_micro_credit_is_charged_whole() {
        assert_eq!(price(&line("mock-embedding", 10, 0, 0)), 1);
        assert_eq!(price(&line("mock-embedding", 11, 0, 0)), 2);
    }

    #[test]
    fn what_failed_is_free() {
        assert_eq!(price(&Line { status: 500, ..line("mock-flat", 9, 9, 0) }), 0);
        assert_eq!(price(&Line { status: 0, ..line("mock-silent", 9, 9, 0) }), 0);
    }
}
