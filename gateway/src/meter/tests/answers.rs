use super::*;

struct Case {
    kind: MeterKind,
    json: &'static str,
    text_bytes: u64,
    outcome: Outcome,
}

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("../../../tests/fixtures/answers/", $name, ".json"))
    };
}

fn cases() -> [Case; 5] {
    let case = |kind, json, text_bytes, usage, outputs| Case {
        kind,
        json,
        text_bytes,
        outcome: Outcome { usage: used(usage), failed: false, outputs },
    };
    [
        case(
            MeterKind::OpenAiChat,
            recorded!("chat"),
            11 + 7 + 15,
            &[(Unit::InputToken, 195), (Unit::CachedInputToken, 1_024), (Unit::OutputToken, 42)],
            2,
        ),
        case(
            MeterKind::OpenAiResponses,
            recorded!("responses"),
            2 + 12 + 1 + 2,
            &[(Unit::InputToken, 17), (Unit::CacheWriteToken, 64), (Unit::OutputToken, 9)],
            1,
        ),
        case(
            MeterKind::AnthropicMessages,
            recorded!("messages"),
            3 + 7 + 1 + 7,
            &[
                (Unit::InputToken, 25),
                (Unit::CachedInputToken, 300),
                (Unit::CacheWriteToken, 40),
                (Unit::CacheWriteHourToken, 30),
                (Unit::OutputToken, 15),
            ],
            1,
        ),
        case(MeterKind::OpenAiEmbeddings, recorded!("embeddings"), 0, &[(Unit::InputToken, 8)], 2),
        case(MeterKind::OpenAiImages, recorded!("images"), 0, &[(Unit::Image, 3)], 3),
    ]
}

fn meter(kind: MeterKind, content_length: Option<usize>) -> Meter {
    let content_length = content_length.map(|length| length as u64);
    Meter::new(kind, Answer::Json { content_length }, OPTIONS)
}

fn outcome(kind: MeterKind, json: &str) -> Outcome {
    play(meter(kind, None), [json.as_bytes()], Release::AtOnce).outcome
}

#[test]
fn an_answer_in_any_two_chunks_is_relayed_as_it_is_and_read_in_full() {
    for case in cases() {
        for length in [None, Some(case.json.len())] {
            for place in 0..case.json.len() {
                let (first, second) = case.json.as_bytes().split_at(place);
                let played = play(meter(case.kind, length), [first, second], Release::AtOnce);
                assert_eq!(played.relayed, case.json);
                assert_eq!(played.outcome, case.outcome);
                assert_eq!(played.progress.text_bytes, case.text_bytes, "{:?}", case.kind);
            }
        }
    }
}

#[test]
fn an_answer_byte_by_byte_gives_the_same() {
    for case in cases() {
        for release in [Release::AtOnce, Release::AtTheEnd] {
            let played = play(meter(case.kind, None), case.json.as_bytes().chunks(1), release);
            assert_eq!((played.relayed.as_str(), played.outcome), (case.json, case.outcome));
        }
    }
}

#[test]
fn the_chunk_that_completes_the_length_waits_for_the_release() {
    let mut meter = meter(MeterKind::OpenAiEmbeddings, Some(6));
    let (first, second) = (Bytes::from("{\"a\""), Bytes::from(":1"));
    assert_eq!(meter.observe(Some(first.clone()), false).as_ptr(), first.as_ptr());
    assert_eq!(meter.outcome(), None);
    assert!(meter.observe(Some(second.clone()), false).is_empty());
    assert!(meter.outcome().is_some());
    assert_eq!(meter.release(COMMENT).as_ptr(), second.as_ptr());
    assert!(meter.observe(None, true).is_empty());
}

#[test]
fn without_a_length_the_last_chunk_so_far_waits() {
    let mut meter = meter(MeterKind::OpenAiChat, None);
    assert!(meter.observe(Some(Bytes::from("{\"choices\"")), false).is_empty());
    assert_eq!(meter.relayed(), Relayed::default());
    assert_eq!(meter.observe(Some(Bytes::from(":[]")), false), "{\"choices\"");
    assert_eq!(meter.outcome(), None);
    // Were it cut here, what is relayed is all there is to go by.
    assert_eq!(meter.relayed(), Relayed { text_bytes: 10, outputs: 0, started: true });
    assert_eq!(meter.observe(Some(Bytes::from("}")), true), ":[]");
    assert!(meter.outcome().is_some());
    assert_eq!(meter.release(COMMENT), "}");
}

#[test]
fn an_answer_without_usage_counts_by_its_text() {
    let json = r#"{"choices":[{"index":0,"message":{"content":"Größe"}}]}"#;
    let played = play(meter(MeterKind::OpenAiChat, None), [json.as_bytes()], Release::AtOnce);
    assert_eq!(played.outcome.usage, Reported::Missing);
    assert_eq!(played.progress.text_bytes, 7);
}

#[test]
fn an_answer_that_is_not_the_json_it_should_be_counts_by_its_bytes() {
    for json in ["<html>busy</html>", "{\"choices\":[", "[]]"] {
        let played = play(meter(MeterKind::OpenAiChat, None), [json.as_bytes()], Release::AtOnce);
        assert_eq!(played.outcome.usage, Reported::Missing);
        assert_eq!(played.progress.text_bytes, json.len() as u64);
    }
    let images = play(meter(MeterKind::OpenAiImages, None), [&b"{"[..]], Release::AtOnce);
    assert_eq!((images.outcome.usage, images.progress.text_bytes), (Reported::Missing, 0));
}

#[test]
fn an_answer_too_large_to_keep_is_relayed_and_its_usage_missing() {
    let json = recorded!("chat");
    let keeping = |answer_bytes| {
        let options = MeterOptions { answer_bytes, ..OPTIONS };
        let meter =
            Meter::new(MeterKind::OpenAiChat, Answer::Json { content_length: None }, options);
        play(meter, json.as_bytes().chunks(100), Release::AtOnce)
    };
    assert_eq!(keeping(json.len()).outcome, cases()[0].outcome);
    let played = keeping(json.len() - 1);
    assert_eq!((played.relayed.as_str(), played.outcome.usage), (json, Reported::Missing));
    assert_eq!(played.progress.text_bytes, json.len() as u64);
}

#[test]
fn an_error_in_a_200_is_a_failure() {
    let openai = r#"{"error":{"message":"overloaded","type":"server_error"}}"#;
    let anthropic = r#"{"type":"error","error":{"type":"api_error","message":"overloaded"}}"#;
    let failed = Outcome { usage: Reported::Missing, failed: true, outputs: 0 };
    assert_eq!(outcome(MeterKind::OpenAiChat, openai), failed);
    assert_eq!(outcome(MeterKind::OpenAiEmbeddings, openai), failed);
    assert_eq!(outcome(MeterKind::OpenAiImages, openai), failed);
    assert_eq!(outcome(MeterKind::OpenAiResponses, openai), failed);
    assert_eq!(outcome(MeterKind::AnthropicMessages, anthropic), failed);
    assert!(!outcome(MeterKind::OpenAiChat, r#"{"error":null,"choices":[]}"#).failed);
}

#[test]
fn an_absurd_usage_is_told_from_a_missing_one() {
    let json = |usage: &str| format!("{{\"choices\":[],\"usage\":{usage}}}");
    let usage = |usage| outcome(MeterKind::OpenAiChat, &json(usage)).usage;
    assert_eq!(usage("null"), Reported::Missing);
    assert_eq!(usage("{}"), Reported::Missing);
    assert_eq!(usage("{\"prompt_tokens\":-1,\"completion_tokens\":1}"), Reported::Absurd);
    assert_eq!(usage("{\"prompt_tokens\":1,\"completion_tokens\":1e18}"), Reported::Absurd);
}

#[test]
fn an_empty_answer_has_an_outcome_too() {
    let played = play(meter(MeterKind::OpenAiChat, Some(0)), [&b""[..]], Release::AtOnce);
    assert_eq!((played.relayed.as_str(), played.outcome.usage), ("", Reported::Missing));
}
