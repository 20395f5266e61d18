use super::cases::{Written, cases};
use super::*;

fn chat() -> Meter {
    Meter::new(MeterKind::OpenAiChat, Answer::EventStream, OPTIONS)
}

fn content(text: &str) -> Bytes {
    Bytes::from(format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}],\"usage\":null}}\n\n"
    ))
}

#[test]
fn from_the_event_that_decides_on_everything_waits_for_the_release() {
    for case in cases() {
        let mut meter = case.meter();
        let events = case.events(Written::Lf);
        let (before, after) = events.split_at(events.len() - case.decides);
        for event in before {
            assert_eq!(meter.observe(Some(Bytes::from(event.clone())), false), *event);
            assert_eq!(meter.outcome(), None, "{}", case.name);
        }
        for event in after {
            assert!(meter.observe(Some(Bytes::from(event.clone())), false).is_empty());
            assert_eq!(meter.outcome(), Some(&case.outcome), "{}", case.name);
        }
        let relayed = before.concat().into_bytes();
        let relayed = [relayed, meter.release(COMMENT).to_vec()].concat();
        assert_eq!(String::from_utf8(relayed).unwrap(), case.expected(Written::Lf).relayed);
    }
}

#[test]
fn after_the_release_events_pass_and_the_comment_goes_before_the_last() {
    let mut meter = chat();
    let usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\n";
    assert!(meter.observe(Some(Bytes::from(usage)), false).is_empty());
    assert_eq!(meter.release(COMMENT), usage);
    assert_eq!(meter.observe(Some(content("late")), false), content("late"));
    let done = meter.observe(Some(Bytes::from("data: [DONE]\n\n")), false);
    assert_eq!(done, format!("{COMMENT}data: [DONE]\n\n"));
    assert_eq!(meter.observe(Some(content("later")), true), content("later"));
}

#[test]
fn a_stream_without_a_last_event_ends_with_the_comment() {
    let mut meter = chat();
    assert_eq!(meter.observe(Some(content("a")), false), content("a"));
    assert!(meter.observe(None, true).is_empty());
    let outcome = Outcome { usage: Reported::Missing, failed: false, outputs: 1 };
    assert_eq!(meter.outcome(), Some(&outcome));
    assert_eq!(meter.release(COMMENT), COMMENT);
}

#[test]
fn chunks_of_whole_events_go_out_as_they_came_in() {
    let mut meter = chat();
    let chunk = Bytes::from([content("a"), content("b")].concat());
    let relayed = meter.observe(Some(chunk.clone()), false);
    assert_eq!((relayed.as_ptr(), relayed.len()), (chunk.as_ptr(), chunk.len()));
}

#[test]
fn an_event_goes_out_whole_or_not_at_all() {
    let mut meter = chat();
    let event = content("half");
    assert!(meter.observe(Some(event.slice(..40)), false).is_empty());
    assert_eq!(meter.relayed(), Relayed::default());
    assert_eq!(meter.observe(Some(event.slice(40..)), false), event);
    assert_eq!(meter.relayed(), Relayed { text_bytes: 4, outputs: 1, started: true });
}

#[test]
fn a_stream_that_breaks_off_has_no_outcome_but_what_was_relayed() {
    for case in cases().iter().filter(|case| case.name == "messages") {
        let mut meter = case.meter();
        for event in &case.events(Written::Lf)[..4] {
            let _ = meter.observe(Some(Bytes::from(event.clone())), false);
        }
        assert_eq!(meter.outcome(), None);
        assert_eq!(meter.relayed(), Relayed { text_bytes: 7, outputs: 1, started: true });
        let input = used(&[
            (Unit::InputToken, 25),
            (Unit::CachedInputToken, 300),
            (Unit::CacheWriteToken, 40),
            (Unit::CacheWriteHourToken, 30),
        ]);
        assert_eq!(meter.reported(), input.usage());
    }
}

#[test]
fn an_error_after_the_usage_changes_nothing() {
    let mut meter = chat();
    let stream = "data: {\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n\
                  data: {\"error\":{\"message\":\"late\"}}\n\n";
    assert!(meter.observe(Some(Bytes::from(stream)), true).is_empty());
    let usage = used(&[(Unit::InputToken, 1), (Unit::OutputToken, 2)]);
    assert_eq!(meter.outcome(), Some(&Outcome { usage, failed: false, outputs: 0 }));
}

#[test]
fn an_error_after_some_usage_is_charged_by_that() {
    let mut meter = chat();
    let stream = "data: {\"choices\":[{\"index\":0}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n\
                  event: error\ndata: {\"message\":\"broken\"}\n\n";
    let _ = meter.observe(Some(Bytes::from(stream)), false);
    let usage = used(&[(Unit::InputToken, 1), (Unit::OutputToken, 2)]);
    assert_eq!(meter.outcome(), Some(&Outcome { usage, failed: true, outputs: 1 }));
}

#[test]
fn what_cannot_be_read_passes_and_counts_as_text() {
    let mut meter = chat();
    let stream = "data: not JSON\n\n: a comment\n\nevent: ping\n\ndata: {\"choices\":7}\n\n";
    assert_eq!(meter.observe(Some(Bytes::from(stream)), false), stream);
    assert_eq!(meter.relayed().text_bytes, 8 + 13);
}

#[test]
fn an_event_of_more_than_a_mebibyte_passes_as_it_comes_and_counts_in_full() {
    let huge = content(&"x".repeat(2 << 20));
    let mut whole = chat();
    assert_eq!(whole.observe(Some(huge.clone()), false), huge);
    assert_eq!(whole.relayed().text_bytes, huge.len() as u64);

    let mut parts = chat();
    let (mut relayed, mut came) = (Vec::new(), 0);
    for part in huge.chunks(100_000) {
        relayed.extend_from_slice(&parts.observe(Some(Bytes::copy_from_slice(part)), false));
        came += part.len();
        assert!(came - relayed.len() <= 1 << 20);
    }
    assert_eq!(relayed, huge);
    assert_eq!(parts.relayed(), whole.relayed());

    // The next event is read again.
    assert_eq!(parts.observe(Some(content("abc")), false), content("abc"));
    assert_eq!(parts.relayed().text_bytes, huge.len() as u64 + 3);
}

#[test]
fn a_stream_that_ends_within_such_an_event_has_no_place_for_the_comment() {
    let huge = content(&"x".repeat(2 << 20));
    let mut meter = chat();
    assert_eq!(meter.observe(Some(huge.slice(..2 << 20)), true), huge.slice(..2 << 20));
    assert_eq!(meter.outcome().map(|outcome| outcome.usage), Some(Reported::Missing));
    assert_eq!(meter.release(COMMENT), "");
}
