use proptest::prelude::*;

use super::*;

const KINDS: [MeterKind; 5] = [
    MeterKind::OpenAiChat,
    MeterKind::OpenAiResponses,
    MeterKind::OpenAiEmbeddings,
    MeterKind::OpenAiImages,
    MeterKind::AnthropicMessages,
];

fn kind() -> impl Strategy<Value = MeterKind> {
    prop::sample::select(KINDS.to_vec())
}

/// Pieces of streams, so that arbitrary ones have events that mean something.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "data: ",
        "data:",
        "event: error",
        ": comment",
        "[DONE]",
        "\u{feff}",
        "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}",
        "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"ab\"}}]}",
        "{\"error\":{}}",
        "{\"type\":\"response.output_text.delta\",\"delta\":\"abc\"}",
        "{\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":-1}}}",
        "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3}}}",
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"x\"},\"usage\":{\"output_tokens\":3}}",
        "{\"type\":\"message_stop\"}",
    ]);
    prop_oneof![
        9 => word.prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ]
}

/// Everything that came of the chunks, and where the comment went.
fn observe(mut meter: Meter, chunks: &[&[u8]]) -> (Vec<u8>, Option<Outcome>, Relayed) {
    let mut relayed = Vec::new();
    let mut released = false;
    for (index, chunk) in chunks.iter().enumerate() {
        let end = index + 1 == chunks.len();
        relayed.extend_from_slice(&meter.observe(Some(Bytes::copy_from_slice(chunk)), end));
        if meter.outcome().is_some() && !released {
            released = true;
            relayed.extend_from_slice(&meter.release("<comment>"));
        }
    }
    (relayed, meter.outcome().copied(), meter.relayed())
}

proptest! {
    #[test]
    fn any_stream_is_relayed_as_it_came_with_one_comment_wherever_it_is_cut(
        kind in kind(),
        pieces in prop::collection::vec(piece(), 0..40),
        size in 1..20usize,
    ) {
        let stream = pieces.concat();
        let meter = || Meter::new(kind, Answer::EventStream, OPTIONS);
        let whole = observe(meter(), &[&stream]);
        let mut chunks: Vec<&[u8]> = stream.chunks(size).collect();
        chunks.push(&[]);
        prop_assert_eq!(&whole, &observe(meter(), &chunks));

        let (relayed, outcome, _) = whole;
        prop_assert!(outcome.is_some());
        let comment = relayed.windows(9).position(|window| window == b"<comment>");
        prop_assert!(comment.is_some());
        let (before, rest) = relayed.split_at(comment.unwrap_or_default());
        prop_assert_eq!([before, &rest[9..]].concat(), stream);
    }

    #[test]
    fn hiding_the_usage_hides_nothing_else(
        kind in kind(),
        pieces in prop::collection::vec(piece(), 0..40),
        size in 1..20usize,
    ) {
        let stream = pieces.concat();
        let meter = || {
            let options = MeterOptions { hide_usage: true, ..OPTIONS };
            Meter::new(kind, Answer::EventStream, options)
        };
        let whole = observe(meter(), &[&stream]);
        let mut chunks: Vec<&[u8]> = stream.chunks(size).collect();
        chunks.push(&[]);
        prop_assert_eq!(&whole, &observe(meter(), &chunks));
        if kind == MeterKind::AnthropicMessages || kind == MeterKind::OpenAiResponses {
            prop_assert_eq!(whole.0.len(), stream.len() + "<comment>".len());
        }
    }

    #[test]
    fn any_json_answer_is_relayed_as_it_came(
        kind in kind(),
        pieces in prop::collection::vec(piece(), 0..10),
        size in 1..20usize,
        told in any::<bool>(),
    ) {
        let answer = pieces.concat();
        let content_length = told.then_some(answer.len() as u64);
        let meter = Meter::new(kind, Answer::Json { content_length }, OPTIONS);
        let mut chunks: Vec<&[u8]> = answer.chunks(size).collect();
        chunks.push(&[]);
        let (relayed, outcome, _) = observe(meter, &chunks);
        prop_assert!(outcome.is_some());
        prop_assert_eq!(relayed, answer);
    }
}
