use Meter::{
    AnthropicMessages as Messages, OpenAiChat as Chat, OpenAiEmbeddings as Embeddings,
    OpenAiImages as Images, OpenAiResponses as Responses,
};

use super::*;

/// Bodies that are malformed or oddly typed, and the field that is named, if it is one.
const INVALID: &[(Meter, &str, Option<&str>)] = &[
    // Not one JSON object.
    (Chat, "", None),
    (Chat, "  ", None),
    (Chat, "null", None),
    (Chat, "[]", None),
    (Chat, "\"model\"", None),
    (Chat, r#"[{"model":"m"}]"#, None),
    (Chat, r#"{"model":"m""#, None),
    (Chat, r#"{"model":"m"}}"#, None),
    (Chat, r#"{"model":"m"} {}"#, None),
    (Chat, r#"{"model":"m",}"#, None),
    (Chat, r#"{'model':'m'}"#, None),
    (Chat, r#"{"model":"m"/**/}"#, None),
    (Chat, "{\"model\":\"m\n\"}", None),
    (Chat, "\u{feff}{\"model\":\"m\"}", None),
    (Chat, r#"{"model":"m","temperature":01}"#, None),
    (Chat, r#"{"model":"m","temperature":NaN}"#, None),
    // The model.
    (Chat, "{}", Some("model")),
    (Chat, r#"{"model":null}"#, Some("model")),
    (Chat, r#"{"model":""}"#, Some("model")),
    (Chat, r#"{"model":7}"#, Some("model")),
    (Chat, r#"{"model":["m"]}"#, Some("model")),
    (Images, r#"{"prompt":"a cat"}"#, Some("model")),
    (Embeddings, r#"{"input":"a"}"#, Some("model")),
    (Responses, r#"{"input":"a"}"#, Some("model")),
    (Messages, r#"{"max_tokens":1}"#, Some("model")),
    // Fields twice, or in other letters.
    (Chat, r#"{"model":"m","model":"m"}"#, Some("model")),
    (Chat, r#"{"model":"m","max_tokens":1,"m\u0061x_tokens":2}"#, Some("max_tokens")),
    (Chat, r#"{"model":"m","n":1,"n":1}"#, Some("n")),
    (Chat, r#"{"model":"m","messages":[],"messages":[]}"#, Some("messages")),
    (Chat, r#"{"model":"m","Max_Tokens":1}"#, Some("max_tokens")),
    (Chat, r#"{"model":"m","N":1}"#, Some("n")),
    (Chat, "{\"model\":\"m\",\"max_to\u{212a}ens\":1}", Some("max_tokens")),
    (Chat, "{\"model\":\"m\",\"\u{17f}tream\":true}", Some("stream")),
    (
        Chat,
        r#"{"model":"m","stream_options":{"include_usage":true,"include_usage":false}}"#,
        Some("include_usage"),
    ),
    (Chat, r#"{"model":"m","stream_options":{"Include_Usage":true}}"#, Some("include_usage")),
    (
        Chat,
        r#"{"model":"m","messages":[{"content":[{"type":"text","type":"image_url"}]}]}"#,
        Some("type"),
    ),
    // Flags and numbers.
    (Chat, r#"{"model":"m","stream":"true"}"#, Some("stream")),
    (Chat, r#"{"model":"m","stream":1}"#, Some("stream")),
    (Responses, r#"{"model":"m","stream":"yes"}"#, Some("stream")),
    (Chat, r#"{"model":"m","n":0}"#, Some("n")),
    (Chat, r#"{"model":"m","n":129}"#, Some("n")),
    (Chat, r#"{"model":"m","n":-1}"#, Some("n")),
    (Chat, r#"{"model":"m","n":1.0}"#, Some("n")),
    (Chat, r#"{"model":"m","n":1e2}"#, Some("n")),
    (Chat, r#"{"model":"m","n":"10"}"#, Some("n")),
    (Chat, r#"{"model":"m","n":true}"#, Some("n")),
    (Chat, r#"{"model":"m","n":[1]}"#, Some("n")),
    (Chat, r#"{"model":"m","max_tokens":0}"#, Some("max_tokens")),
    (Chat, r#"{"model":"m","max_tokens":-5}"#, Some("max_tokens")),
    (Chat, r#"{"model":"m","max_tokens":-0}"#, Some("max_tokens")),
    (Chat, r#"{"model":"m","max_tokens":10000001}"#, Some("max_tokens")),
    (Chat, r#"{"model":"m","max_tokens":99999999999999999999999999}"#, Some("max_tokens")),
    (Chat, r#"{"model":"m","max_completion_tokens":1.5}"#, Some("max_completion_tokens")),
    (Chat, r#"{"model":"m","max_tokens":5,"max_completion_tokens":6}"#, Some("max_tokens")),
    (Responses, r#"{"model":"m","max_output_tokens":"5"}"#, Some("max_output_tokens")),
    (Messages, r#"{"model":"m"}"#, Some("max_tokens")),
    (Messages, r#"{"model":"m","max_tokens":null}"#, Some("max_tokens")),
    (Messages, r#"{"model":"m","max_tokens":1e3}"#, Some("max_tokens")),
    (Images, r#"{"model":"m","n":11}"#, Some("n")),
    (Images, r#"{"model":"m","size":1024}"#, Some("size")),
    (Images, r#"{"model":"m","quality":{}}"#, Some("quality")),
    (Chat, r#"{"model":"m","service_tier":1}"#, Some("service_tier")),
    // Options and lists.
    (Chat, r#"{"model":"m","stream_options":true}"#, Some("stream_options")),
    (Chat, r#"{"model":"m","stream_options":[]}"#, Some("stream_options")),
    (Chat, r#"{"model":"m","stream_options":{"include_usage":1}}"#, Some("include_usage")),
    (Chat, r#"{"model":"m","modalities":"text"}"#, Some("modalities")),
    (Embeddings, r#"{"model":"m"}"#, Some("input")),
    (Embeddings, r#"{"model":"m","input":null}"#, Some("input")),
    (Embeddings, r#"{"model":"m","input":[]}"#, Some("input")),
    (Embeddings, r#"{"model":"m","input":7}"#, Some("input")),
    (Embeddings, r#"{"model":"m","input":["a",1]}"#, Some("input")),
    (Embeddings, r#"{"model":"m","input":[1.5]}"#, Some("input")),
    (Embeddings, r#"{"model":"m","input":[[1],["a"]]}"#, Some("input")),
    (Embeddings, r#"{"model":"m","input":[-1]}"#, Some("input")),
    // Content that says not what it is.
    (Chat, r#"{"model":"m","messages":[{"content":[{"text":"a"}]}]}"#, Some("messages")),
    (Chat, r#"{"model":"m","messages":[{"content":[{"type":7}]}]}"#, Some("messages")),
    (Responses, r#"{"model":"m","input":[{"role":"user","content":[{}]}]}"#, Some("input")),
    (Messages, r#"{"model":"m","max_tokens":1,"system":[{"text":"a"}]}"#, Some("system")),
    (
        Messages,
        r#"{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"image"}]}]}"#,
        Some("messages"),
    ),
    // What the provider keeps for nobody in particular.
    (Responses, r#"{"model":"m","previous_response_id":"r"}"#, Some("previous_response_id")),
    (Responses, r#"{"model":"m","conversation":"c"}"#, Some("conversation")),
    (Responses, r#"{"model":"m","prompt":{"id":"p"}}"#, Some("prompt")),
    (Responses, r#"{"model":"m","background":true}"#, Some("background")),
    (Responses, r#"{"model":"m","background":"no"}"#, Some("background")),
    (Responses, r#"{"model":"m","input":[{"type":"item_reference","id":"i"}]}"#, Some("input")),
    (Responses, r#"{"model":"m","input":[{"id":"i"}]}"#, Some("input")),
    (Responses, r#"{"model":"m","input":[{"type":null,"id":"i"}]}"#, Some("input")),
    (
        Responses,
        r#"{"model":"m","input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]}"#,
        Some("input"),
    ),
    (
        Responses,
        r#"{"model":"m","input":[{"role":"user","content":[{"file_id":"f","type":"input_file"}]}]}"#,
        Some("input"),
    ),
    (
        Messages,
        r#"{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]}"#,
        Some("messages"),
    ),
    (
        Messages,
        r#"{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"document","source":{"type":"file"}}]}]}"#,
        Some("messages"),
    ),
    (
        Messages,
        r#"{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"tool_result","content":[{"type":"container_upload","file_id":"f"}]}]}]}"#,
        Some("messages"),
    ),
];

/// Bodies that are well-formed but ask for what has no price, and the field that does.
const UNPRICED: &[(Meter, &str, &str)] = &[
    (Chat, r#"{"model":"m","service_tier":"priority"}"#, "service_tier"),
    (Chat, r#"{"model":"m","service_tier":"standard_only"}"#, "service_tier"),
    (Responses, r#"{"model":"m","service_tier":"flex"}"#, "service_tier"),
    (Embeddings, r#"{"model":"m","input":"a","service_tier":"fast"}"#, "service_tier"),
    (Messages, r#"{"model":"m","max_tokens":1,"service_tier":"priority"}"#, "service_tier"),
    (Messages, r#"{"model":"m","max_tokens":1,"speed":"fast"}"#, "speed"),
    (Messages, r#"{"model":"m","max_tokens":1,"inference_geo":"us"}"#, "inference_geo"),
    (Messages, r#"{"model":"m","max_tokens":1,"mcp_servers":[{}]}"#, "mcp_servers"),
    (Messages, r#"{"model":"m","max_tokens":1,"container":"c"}"#, "container"),
    (Messages, r#"{"model":"m","max_tokens":1,"fallbacks":[{"model":"o"}]}"#, "fallbacks"),
    (
        Messages,
        r#"{"model":"m","max_tokens":1,"context_management":{"edits":[{"type":"compact_20260112"}]}}"#,
        "context_management",
    ),
    (
        Messages,
        r#"{"model":"m","max_tokens":1,"tools":[{"type":"web_search_20250305","name":"w"}]}"#,
        "tools",
    ),
    (
        Messages,
        r#"{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"video"}]}]}"#,
        "messages",
    ),
    (
        Messages,
        r#"{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"image","source":{"type":"s3"}}]}]}"#,
        "messages",
    ),
    (Chat, r#"{"model":"m","modalities":["text","audio"]}"#, "modalities"),
    (Chat, r#"{"model":"m","audio":{"voice":"v"}}"#, "audio"),
    (Chat, r#"{"model":"m","web_search_options":{}}"#, "web_search_options"),
    (Chat, r#"{"model":"m","tools":[{"type":"web_search"}]}"#, "tools"),
    (Chat, r#"{"model":"m","tools":[{"google_search":{}}]}"#, "tools"),
    (Chat, r#"{"model":"m","messages":[{"content":[{"type":"input_audio"}]}]}"#, "messages"),
    (Chat, r#"{"model":"m","messages":[{"content":[{"type":"file","file":{}}]}]}"#, "messages"),
    (Chat, r#"{"model":"m","messages":[{"role":"assistant","audio":{"id":"a"}}]}"#, "messages"),
    (Responses, r#"{"model":"m","tools":[{"type":"image_generation"}]}"#, "tools"),
    (Responses, r#"{"model":"m","tools":[{"type":"function"},{"type":"mcp"}]}"#, "tools"),
    (
        Responses,
        r#"{"model":"m","context_management":[{"type":"compaction"}]}"#,
        "context_management",
    ),
    (Responses, r#"{"model":"m","input":[{"type":"web_search_call","id":"w"}]}"#, "input"),
    (
        Responses,
        r#"{"model":"m","input":[{"role":"user","content":[{"type":"input_file","file_data":"d"}]}]}"#,
        "input",
    ),
    (Images, r#"{"model":"m","stream":true}"#, "stream"),
    (Images, r#"{"model":"m","output_format":"svg"}"#, "output_format"),
    (Images, r#"{"model":"m","frame_count":4}"#, "frame_count"),
];

#[test]
fn what_is_malformed_or_oddly_typed_is_invalid_and_names_its_field() {
    for (kind, body, param) in INVALID {
        let invalid = invalid(*kind, body.as_bytes());
        assert_eq!((invalid.param, invalid.unpriced), (*param, false), "{body}: {invalid:?}");
        assert!(!invalid.message.is_empty());
    }
}

#[test]
fn what_has_no_price_is_refused_and_never_free() {
    for (kind, body, param) in UNPRICED {
        let invalid = invalid(*kind, body.as_bytes());
        assert_eq!((invalid.param, invalid.unpriced), (Some(*param), true), "{body}: {invalid:?}");
    }
}

#[test]
fn what_is_not_utf_8_is_invalid() {
    assert_eq!(invalid(Chat, b"{\"model\":\"m\xff\"}"), Invalid::body("the body is not UTF-8"));
}

#[test]
fn nesting_is_bounded_before_anything_recurses_into_it() {
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        format!("{{\"model\":\"m\",\"metadata\":{open}{close}}}")
    };
    assert!(inspect(Chat, nested(DEPTH).as_bytes(), DEPTH).is_ok());
    assert!(inspect(Chat, nested(DEPTH + 1).as_bytes(), DEPTH).is_err());
    assert!(inspect(Chat, nested(1_000_000).as_bytes(), usize::MAX).is_err());
}

#[test]
fn content_stands_no_deeper_in_content_than_the_provider_has_it() {
    let nested = |depth: usize| {
        let open = r#"[{"type":"tool_result","content":"#.repeat(depth);
        let close = "}]".repeat(depth);
        format!(r#"{{"model":"m","max_tokens":1,"messages":[{{"content":{open}"deep"{close}}}]}}"#)
    };
    assert!(inspect(Messages, nested(2).as_bytes(), DEPTH).is_ok());
    assert_eq!(invalid(Messages, nested(3).as_bytes()).param, Some("messages"));
}

#[test]
fn a_long_model_name_is_invalid() {
    let body = |length: usize| format!("{{\"model\":\"{}\"}}", "m".repeat(length));
    assert_eq!(asked(Chat, &body(256)).model.len(), 256);
    assert_eq!(invalid(Chat, body(257).as_bytes()).param, Some("model"));
}

#[test]
fn no_more_than_2048_texts_are_embedded_at_once() {
    let body =
        |count: usize| format!("{{\"model\":\"m\",\"input\":[{}\"\"]}}", "\"\",".repeat(count - 1));
    assert_eq!(asked(Embeddings, &body(2_048)).texts, 2_048);
    assert_eq!(invalid(Embeddings, body(2_049).as_bytes()).param, Some("input"));
}

#[test]
fn a_refusal_says_what_to_do_about_objects() {
    let invalid = invalid(Responses, br#"{"model":"m","previous_response_id":"r"}"#);
    assert_eq!(
        invalid.message,
        "`previous_response_id` names what the provider keeps: \
         objects have no owners yet; send the input itself"
    );
}

#[test]
fn the_first_thing_that_is_wrong_is_the_one_that_is_told() {
    let body =
        br#"{"model":"m","messages":[{"content":[{"type":"file"}]}],"tools":[{"type":"x"}]}"#;
    assert_eq!(invalid(Chat, body).param, Some("messages"));
}

#[test]
fn a_word_of_the_client_is_not_echoed_at_length() {
    let body = format!("{{\"model\":\"m\",\"tools\":[{{\"type\":\"{}\"}}]}}", "x".repeat(100_000));
    assert!(invalid(Chat, body.as_bytes()).message.len() < 200);
}
