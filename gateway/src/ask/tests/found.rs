use super::*;

#[test]
fn a_chat_is_read_whatever_else_it_says() {
    let body = r#"{
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [
                {"type": "text", "text": "What is in these?"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                {"image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}, "type": "image_url"}
            ]},
            {"role": "assistant", "content": null, "refusal": null, "audio": null, "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
            ]},
            {"role": "tool", "tool_call_id": "call_1", "content": "a cat"}
        ],
        "model": "gpt-\u0035",
        "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "web_search"}}}],
        "n": 3, "stream": true, "max_completion_tokens": 500, "max_tokens": 500,
        "stream_options": {"include_usage": true, "include_obfuscation": false},
        "service_tier": "auto", "modalities": ["text"], "audio": null, "prediction": {"type": "content"}
    }"#;
    let asked = asked(Meter::OpenAiChat, body);
    assert_eq!(asked.model, "gpt-5");
    assert_eq!((asked.stream, asked.asked_for_usage), (true, true));
    assert_eq!((asked.max_tokens, asked.choices), (Some(500), 3));
    assert_eq!((asked.images_in, asked.unbounded_input), (2, false));
}

#[test]
fn null_is_absent() {
    let body = r#"{"model":"m","n":null,"stream":null,"stream_options":null,"max_tokens":null,
        "max_completion_tokens":null,"service_tier":null,"modalities":null,"tools":null,"messages":null}"#;
    let asked = asked(Meter::OpenAiChat, body);
    assert_eq!((asked.choices, asked.stream, asked.max_tokens), (1, false, None));
}

#[test]
fn a_response_is_read_from_plain_text_or_from_items() {
    let plain = asked(Meter::OpenAiResponses, r#"{"model":"m","input":"Hello","store":true}"#);
    assert_eq!((plain.choices, plain.images_in, plain.max_tokens), (1, 0, None));

    let body = r#"{"model":"m","stream":true,"max_output_tokens":64,"background":false,"conversation":null,
        "tools":[{"type":"function","name":"f"},{"type":"custom","name":"c"}],
        "input":[
            {"role":"user","content":"Hello"},
            {"type":"message","role":"user","content":[
                {"type":"input_text","text":"and this?"},
                {"type":"input_image","image_url":"data:image/png;base64,AAAA","file_id":null}]},
            {"type":"message","role":"assistant","id":"msg_1","status":"completed","content":[
                {"type":"output_text","text":"a cat","annotations":[]},{"type":"refusal","refusal":"no"}]},
            {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"e"},
            {"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},
            {"type":"function_call_output","call_id":"c1","output":[
                {"type":"input_image","image_url":"https://example.com/a.png"}]},
            {"type":"custom_tool_call_output","call_id":"c2","output":"done"}]}"#;
    let asked = asked(Meter::OpenAiResponses, body);
    assert_eq!((asked.stream, asked.max_tokens), (true, Some(64)));
    assert_eq!((asked.images_in, asked.unbounded_input), (2, false));
}

#[test]
fn reasoning_that_the_provider_has_to_fetch_is_of_unknown_length() {
    let body = r#"{"model":"m","input":[{"type":"reasoning","id":"rs_1","summary":[]}]}"#;
    assert!(asked(Meter::OpenAiResponses, body).unbounded_input);
}

#[test]
fn a_message_is_read_with_all_that_stands_in_it() {
    let image =
        r#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}"#;
    let body = format!(
        r#"{{"model":"m","max_tokens":1024,"stream":true,
        "system":[{{"type":"text","text":"Be brief.","cache_control":{{"type":"ephemeral","ttl":"1h"}}}}],
        "speed":"standard","inference_geo":"global","service_tier":"standard_only","mcp_servers":[],
        "container":null,"context_management":{{"edits":[{{"type":"clear_tool_uses_20250919"}}]}},
        "tools":[{{"name":"f","input_schema":{{"type":"object"}}}},{{"type":"custom","name":"c"}},
            {{"type":"bash_20250124","name":"bash"}},{{"type":"text_editor_20250728","name":"t"}},
            {{"type":"computer_20251124","name":"c"}},{{"type":"memory_20250818","name":"m"}}],
        "messages":[
            {{"role":"user","content":"Hello"}},
            {{"role":"user","content":[{image},
                {{"type":"document","source":{{"type":"text","data":"plain"}}}},
                {{"type":"document","source":{{"type":"content","content":[{image}]}}}},
                {{"type":"search_result","source":"https://example.com","content":[{{"type":"text","text":"t"}}]}}]}},
            {{"role":"assistant","content":[
                {{"type":"thinking","thinking":"hm","signature":"s"}},{{"type":"redacted_thinking","data":"d"}},
                {{"type":"tool_use","id":"t","name":"f","input":{{"type":"video"}}}},
                {{"type":"server_tool_use","id":"s","name":"web_search","input":{{}}}},
                {{"type":"web_search_tool_result","tool_use_id":"s","content":[{{"type":"web_search_result"}}]}}]}},
            {{"role":"user","content":[
                {{"content":[{image},{{"type":"text","text":"t"}}],"type":"tool_result","tool_use_id":"t"}},
                {{"type":"tool_result","tool_use_id":"u","content":"plain"}}]}}]}}"#
    );
    let asked = asked(Meter::AnthropicMessages, &body);
    assert_eq!((asked.max_tokens, asked.stream, asked.choices), (Some(1_024), true, 1));
    assert_eq!((asked.images_in, asked.unbounded_input), (3, false));
}

#[test]
fn a_document_with_pages_is_of_unknown_length() {
    for source in [
        r#"{"type":"base64","data":"AAAA"}"#,
        r#"{"type":"url","url":"https://example.com/a.pdf"}"#,
    ] {
        let body = format!(
            r#"{{"model":"m","max_tokens":1,"messages":[{{"content":[{{"type":"tool_result",
            "content":[{{"type":"document","source":{source}}}]}}]}}]}}"#
        );
        assert!(asked(Meter::AnthropicMessages, &body).unbounded_input);
    }
}

#[test]
fn texts_to_embed_are_counted() {
    for (input, texts) in
        [(r#""one""#, 1), (r#"["one","two"]"#, 2), ("[1,2,3]", 1), ("[[1,2],[3]]", 2), ("[[]]", 1)]
    {
        let body = format!(r#"{{"model":"m","input":{input},"encoding_format":"base64"}}"#);
        assert_eq!(asked(Meter::OpenAiEmbeddings, &body).texts, texts, "{input}");
    }
}

#[test]
fn images_to_make_are_counted_by_size_and_quality() {
    let body =
        r#"{"model":"m","prompt":"a cat","n":2,"size":"1024x1024","quality":"low","stream":false}"#;
    let image = asked(Meter::OpenAiImages, body).image;
    let told = (image.size.as_deref(), image.quality.as_deref(), image.count);
    assert_eq!(told, (Some("1024x1024"), Some("low"), 2));

    let untold = asked(Meter::OpenAiImages, r#"{"model":"m","prompt":"a cat","size":null}"#).image;
    assert_eq!(untold, ImageAsked { size: None, quality: None, count: 1 });
}

#[test]
fn text_may_hold_any_letters_and_look_like_anything() {
    let body = r#"{"model":"m","messages":[{"content":"{\"n\":9,\"stream\":true} \ud83d\ude00 \\\" Größe"}]}"#;
    let asked = asked(Meter::OpenAiChat, body);
    assert_eq!((asked.choices, asked.stream), (1, false));
}
