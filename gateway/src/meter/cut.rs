//! How a stream that we cut tells its client why.

use bursar_config::Meter as MeterKind;
use bytes::Bytes;

/// The dialect's own error event, which its SDKs raise, around an error body in one line of JSON.
pub(crate) fn cut_event(kind: MeterKind, error_body_json: &str) -> Bytes {
    let name = match kind {
        MeterKind::AnthropicMessages => "event: error\n",
        MeterKind::OpenAiChat
        | MeterKind::OpenAiResponses
        | MeterKind::OpenAiEmbeddings
        | MeterKind::OpenAiImages => "",
    };
    Bytes::from(format!("{name}data: {error_body_json}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_has_its_own_error_event() {
        let body = r#"{"error":{"code":"credits_exhausted"}}"#;
        assert_eq!(
            cut_event(MeterKind::OpenAiChat, body),
            "data: {\"error\":{\"code\":\"credits_exhausted\"}}\n\n"
        );
        let body = r#"{"type":"error","error":{"type":"billing_error"}}"#;
        assert_eq!(
            cut_event(MeterKind::AnthropicMessages, body),
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"billing_error\"}}\n\n"
        );
    }
}
