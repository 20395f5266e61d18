use super::*;

const CAPPED: Edits = Edits { max_tokens: Some(256), include_usage: false };
const TOLD: Edits = Edits { max_tokens: None, include_usage: true };
const BOTH: Edits = Edits { max_tokens: Some(256), include_usage: true };

fn edited(kind: Meter, body: &str, edits: &Edits) -> Option<String> {
    let bytes = asked(kind, body).rewrite(body.as_bytes(), edits)?;
    // What is forwarded is read again as what was meant.
    let edited = String::from_utf8(bytes.to_vec()).unwrap();
    let again = asked(kind, &edited);
    assert_eq!(again.max_tokens, edits.max_tokens.or(asked(kind, body).max_tokens));
    assert_eq!(again.asked_for_usage, edits.include_usage);
    Some(edited)
}

#[test]
fn a_bound_is_written_where_it_is_said_and_inserted_where_it_is_not() {
    for (kind, body, expected) in [
        (Meter::OpenAiChat, r#"{"model":"m"}"#, r#"{"max_completion_tokens":256,"model":"m"}"#),
        (
            Meter::OpenAiChat,
            r#" { "model":"m" , "max_tokens" : 4096 } "#,
            r#" { "model":"m" , "max_tokens" : 256 } "#,
        ),
        (
            Meter::OpenAiChat,
            r#"{"max_completion_tokens":null,"model":"m"}"#,
            r#"{"max_completion_tokens":256,"model":"m"}"#,
        ),
        (
            Meter::OpenAiChat,
            r#"{"max_tokens":null,"model":"m"}"#,
            r#"{"max_completion_tokens":256,"max_tokens":null,"model":"m"}"#,
        ),
        (
            Meter::OpenAiChat,
            r#"{"max_tokens":9,"model":"m","m\u0061x_completion_tokens":9}"#,
            r#"{"max_tokens":256,"model":"m","m\u0061x_completion_tokens":256}"#,
        ),
        (Meter::OpenAiResponses, r#"{"model":"m"}"#, r#"{"max_output_tokens":256,"model":"m"}"#),
        (
            Meter::OpenAiResponses,
            r#"{"model":"m","max_output_tokens":null}"#,
            r#"{"model":"m","max_output_tokens":256}"#,
        ),
        (
            Meter::AnthropicMessages,
            r#"{"model":"m","max_tokens":8192}"#,
            r#"{"model":"m","max_tokens":256}"#,
        ),
    ] {
        assert_eq!(edited(kind, body, &CAPPED).as_deref(), Some(expected));
    }
}

#[test]
fn a_chat_stream_is_asked_for_its_usage_and_keeps_its_other_options() {
    for (options, expected) in [
        ("", r#"{"stream_options":{"include_usage":true},"stream":true,"model":"m"}"#),
        (
            r#","stream_options":null"#,
            r#"{"stream":true,"model":"m","stream_options":{"include_usage":true}}"#,
        ),
        (
            r#","stream_options": { } "#,
            r#"{"stream":true,"model":"m","stream_options": {"include_usage":true } }"#,
        ),
        (
            r#","stream_options":{"include_obfuscation":false}"#,
            r#"{"stream":true,"model":"m","stream_options":{"include_usage":true,"include_obfuscation":false}}"#,
        ),
        (
            r#","stream_options":{"a":1, "include_usage" : false ,"b":2}"#,
            r#"{"stream":true,"model":"m","stream_options":{"a":1, "include_usage" : true ,"b":2}}"#,
        ),
        (
            r#","stream_options":{"include_usage":null}"#,
            r#"{"stream":true,"model":"m","stream_options":{"include_usage":true}}"#,
        ),
    ] {
        let body = format!(r#"{{"stream":true,"model":"m"{options}}}"#);
        assert_eq!(edited(Meter::OpenAiChat, &body, &TOLD).as_deref(), Some(expected));
    }
}

#[test]
fn both_edits_are_made_at_once() {
    let body =
        r#"{"stream_options":{"include_usage":false},"stream":true,"model":"m","max_tokens":9}"#;
    let expected =
        r#"{"stream_options":{"include_usage":true},"stream":true,"model":"m","max_tokens":256}"#;
    assert_eq!(edited(Meter::OpenAiChat, body, &BOTH).as_deref(), Some(expected));

    let bare = r#"{"stream":true,"model":"m"}"#;
    let expected = r#"{"max_completion_tokens":256,"stream_options":{"include_usage":true},"stream":true,"model":"m"}"#;
    assert_eq!(edited(Meter::OpenAiChat, bare, &BOTH).as_deref(), Some(expected));
}

#[test]
fn what_needs_no_edit_goes_as_it_is() {
    for (kind, body, edits) in [
        (Meter::OpenAiChat, r#"{"model":"m"}"#, Edits::default()),
        (Meter::OpenAiChat, r#"{"model":"m","stream":false}"#, TOLD),
        (
            Meter::OpenAiChat,
            r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#,
            TOLD,
        ),
        (Meter::OpenAiResponses, r#"{"model":"m","stream":true}"#, TOLD),
        (Meter::AnthropicMessages, r#"{"model":"m","max_tokens":1,"stream":true}"#, TOLD),
        (Meter::OpenAiEmbeddings, r#"{"model":"m","input":"a"}"#, BOTH),
        (Meter::OpenAiImages, r#"{"model":"m"}"#, BOTH),
    ] {
        assert_eq!(asked(kind, body).rewrite(body.as_bytes(), &edits), None, "{body}");
    }
}
