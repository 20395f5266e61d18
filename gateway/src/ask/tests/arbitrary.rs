use proptest::prelude::*;

use super::*;

const KINDS: [Meter; 5] = [
    Meter::OpenAiChat,
    Meter::OpenAiResponses,
    Meter::OpenAiEmbeddings,
    Meter::OpenAiImages,
    Meter::AnthropicMessages,
];

/// Pieces of which bodies are made, so that arbitrary ones get past the first bracket.
fn piece() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "true",
        "false",
        "\"",
        "\\",
        "\\u0061",
        " ",
        "1",
        "-1",
        "1.5",
        "\"model\"",
        "\"messages\"",
        "\"input\"",
        "\"content\"",
        "\"type\"",
        "\"text\"",
        "\"image_url\"",
        "\"tool_result\"",
        "\"source\"",
        "\"stream\"",
        "\"m\"",
        "\"stream_options\"",
        "\"include_usage\"",
        "\"max_tokens\"",
        "\"max_output_tokens\"",
    ]);
    prop_oneof![9 => word.prop_map(str::to_owned), 1 => "\\PC{0,4}"]
}

/// A JSON value made of fields that matter, rightly and wrongly used.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "null",
        "true",
        "false",
        "0",
        "7",
        "\"\"",
        "\"text\"",
        "\"image\"",
        "\"document\"",
        "\"base64\"",
        "\"tool_result\"",
        "\"input_text\"",
        "\"message\"",
        "\"image_url\"",
    ]);
    let name = prop::sample::select(vec![
        "model",
        "messages",
        "input",
        "content",
        "type",
        "source",
        "role",
        "stream",
        "data",
        "n",
        "stream_options",
        "include_usage",
        "max_tokens",
        "max_completion_tokens",
        "tools",
        "max_output_tokens",
        "system",
        "output",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(5, 48, 6, move |inner| {
        let list = prop::collection::vec(inner.clone(), 0..5)
            .prop_map(|values| format!("[{}]", values.join(",")));
        let object = prop::collection::vec((name.clone(), inner), 0..6).prop_map(|fields| {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            format!("{{{}}}", fields.join(","))
        });
        prop_oneof![list, object]
    })
}

/// Reads the body in all ways; what is accepted must still be accepted once edited.
fn read_in_all_ways(body: &[u8]) -> Result<(), TestCaseError> {
    let edits = Edits { max_tokens: Some(77), include_usage: true };
    for kind in KINDS {
        let Ok(asked) = inspect(kind, body, DEPTH) else { continue };
        prop_assert!(serde_json::from_slice::<serde_json::Value>(body).is_ok());
        if let Some(edited) = asked.rewrite(body, &edits) {
            let again = inspect(kind, &edited, DEPTH);
            prop_assert!(again.is_ok(), "{again:?}");
            let again = again.unwrap_or_default();
            prop_assert_eq!(again.asked_for_usage, kind == Meter::OpenAiChat && again.stream);
            prop_assert_eq!(again.max_tokens, Some(77));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read_or_refused(body: Vec<u8>) {
        read_in_all_ways(&body)?;
    }

    #[test]
    fn arbitrary_pieces_of_bodies_are_read_or_refused(
        pieces in prop::collection::vec(piece(), 0..40),
    ) {
        read_in_all_ways(format!("{{{}", pieces.concat()).as_bytes())?;
    }

    #[test]
    fn arbitrary_objects_are_read_or_refused_and_edits_keep_them_whole(
        fields in prop::collection::vec(value(), 1..4),
    ) {
        for value in fields {
            let inner = value.strip_prefix('{').unwrap_or("}");
            let comma = if inner == "}" { "" } else { "," };
            read_in_all_ways(format!("{{\"model\":\"m\"{comma}{inner}").as_bytes())?;
        }
    }
}
