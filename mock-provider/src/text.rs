//! The words every answer is made of: fixed, so that a reader can count the tokens.

use std::sync::LazyLock;

/// Said over and over. Plain words, one space after each, nothing that JSON would escape.
const SENTENCES: &str = "Credits are taken before the call is made, from every limit and every grant \
    that applies, all or nothing. What was not needed is given back when the answer ends. \
    A budget can be spent to its last credit, and never past it. \
    Whoever is refused is told why, what is left, and whom to ask. ";

/// The longest answer that can be asked for, in tokens.
pub(crate) const MOST_TOKENS: u32 = 200_000;

/// The length of one token of a huge answer: 2,000 of them are a little more than 1 MiB.
const HUGE_TOKEN_BYTES: usize = 525;

/// Each word with its space: one token.
static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| SENTENCES.split_inclusive(' ').collect());

/// The longest answer; every other is a beginning of it.
static TEXT: LazyLock<String> =
    LazyLock::new(|| SENTENCES.repeat((MOST_TOKENS as usize).div_ceil(WORDS.len())));

/// Builds the text, so that no call has to.
pub(crate) fn prepare() {
    LazyLock::force(&TEXT);
}

/// The token at this place of an answer.
pub(crate) fn word(index: u32) -> &'static str {
    WORDS[index as usize % WORDS.len()]
}

/// The first `tokens` tokens, at most [`MOST_TOKENS`].
pub(crate) fn words(tokens: u32) -> &'static str {
    let tokens = tokens.min(MOST_TOKENS) as usize;
    let rest: usize = WORDS[..tokens % WORDS.len()].iter().map(|word| word.len()).sum();
    &TEXT[..tokens / WORDS.len() * SENTENCES.len() + rest]
}

/// The first `tokens` tokens, each drawn out to 525 bytes.
pub(crate) fn huge_words(tokens: u32) -> String {
    let mut text = String::with_capacity(tokens as usize * HUGE_TOKEN_BYTES);
    for index in 0..tokens {
        let word = word(index).trim_end();
        text.push_str(word);
        text.extend(std::iter::repeat_n('.', HUGE_TOKEN_BYTES - 1 - word.len()));
        text.push(' ');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_words_that_a_stream_would_send() {
        for tokens in [0, 1, 2, 40, 47, 48, 49, 500] {
            let streamed: String = (0..tokens).map(word).collect();
            assert_eq!(words(tokens), streamed);
        }
    }

    #[test]
    fn each_token_is_one_word_and_one_space() {
        assert_eq!(words(40).split_inclusive(' ').count(), 40);
        assert!((0..100).map(word).all(|word| word.ends_with(' ') && word.len() > 1));
    }

    #[test]
    fn two_thousand_huge_tokens_are_a_mebibyte() {
        assert!(huge_words(2_000).len() >= 1 << 20);
        assert_eq!(huge_words(2_000).split_inclusive(' ').count(), 2_000);
    }
}
