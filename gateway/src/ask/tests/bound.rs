use super::*;

fn bound(kind: Meter, body: &str, max_input_tokens: Option<u64>) -> Option<u64> {
    asked(kind, body).input_tokens_bound(body.len() as u64, 1_000, 15_000, max_input_tokens)
}

#[test]
fn text_is_at_most_a_token_a_byte() {
    let body = r#"{"model":"m","messages":[{"content":"Hello"}]}"#;
    assert_eq!(bound(Meter::OpenAiChat, body, None), Some(body.len() as u64 + 1_000));
}

#[test]
fn an_image_is_bounded_apart_and_its_bytes_are_no_text() {
    let picture = "A".repeat(1_000_000);
    let chat = format!(
        r#"{{"model":"m","messages":[{{"content":[{{"type":"image_url","image_url":{{"url":"data:{picture}"}}}}]}}]}}"#
    );
    let response = format!(
        r#"{{"model":"m","input":[{{"role":"user","content":[{{"type":"input_image","image_url":"data:{picture}"}}]}}]}}"#
    );
    let message = format!(
        r#"{{"model":"m","max_tokens":1,"messages":[{{"content":[{{"type":"image","source":{{"type":"base64","data":"{picture}"}}}}]}}]}}"#
    );
    for (kind, body) in [
        (Meter::OpenAiChat, chat),
        (Meter::OpenAiResponses, response),
        (Meter::AnthropicMessages, message),
    ] {
        let bound = bound(kind, &body, None).unwrap();
        assert!((16_000..16_300).contains(&bound), "{bound}");
    }
}

#[test]
fn each_image_counts_with_its_own_bytes() {
    let body = |second: &str| {
        let picture = "A".repeat(1_000);
        format!(
            r#"{{"model":"m","messages":[{{"content":[{{"type":"image_url","image_url":"{picture}"}},{second}]}}]}}"#
        )
    };
    let bare = body(r#"{"type":"image_url"}"#);
    let bytes = bare.len() as u64 - 1_002;
    assert_eq!(bound(Meter::OpenAiChat, &bare, None), Some(bytes + 1_000 + 2 * 15_000));
}

#[test]
fn bytes_that_only_look_like_an_image_are_text() {
    let text = "A".repeat(100_000);
    let body = format!(
        r#"{{"model":"m","messages":[{{"content":[{{"type":"text","text":"","image_url":"{text}"}}]}}]}}"#
    );
    assert!(bound(Meter::OpenAiChat, &body, None).unwrap() > 100_000);
}

#[test]
fn a_model_never_reads_more_than_it_can_of_each_text() {
    let long = "A".repeat(100_000);
    let chat = format!(r#"{{"model":"m","messages":[{{"content":"{long}"}}]}}"#);
    assert_eq!(bound(Meter::OpenAiChat, &chat, Some(8_192)), Some(8_192));
    let texts = format!(r#"{{"model":"m","input":["{long}","b"]}}"#);
    assert_eq!(bound(Meter::OpenAiEmbeddings, &texts, Some(8_192)), Some(16_384));
}

#[test]
fn input_of_unknown_length_is_bounded_by_the_model_alone() {
    let body = r#"{"model":"m","max_tokens":1,"messages":[{"content":[
        {"type":"document","source":{"type":"url","url":"https://example.com/a.pdf"}}]}]}"#;
    assert_eq!(bound(Meter::AnthropicMessages, body, None), None);
    assert_eq!(bound(Meter::AnthropicMessages, body, Some(200_000)), Some(200_000));
}
