//! Edits of the configuration before it is read: each changes what it names, or the test ends.

/// More bounds, as `hold_wait: 1s, body_read: 2s`.
pub(crate) fn bounds(bounds: &str) -> impl FnOnce(String) -> String {
    let bounds = format!("bounds: {{{bounds}}}\n");
    move |text| replaced(&text, "bounds: {hold_wait: 300ms}\n", &bounds)
}

/// The bounds of the route of a path, as `body: 1KiB`.
pub(crate) fn route_bounds(path: &str, bounds: &str) -> impl FnOnce(String) -> String {
    let route = format!("path: {path}, ");
    let bounded = format!("{route}bounds: {{{bounds}}}, ");
    move |text| replaced(&text, &route, &bounded)
}

/// One more price, as `provider: openai, model: m, per_request: "1"`.
pub(crate) fn price(entry: &str) -> impl FnOnce(String) -> String {
    let line = format!("    - {{{entry}}}\n");
    move |text| text + &line
}

/// Policies, as `cut_revoked_streams: false`.
pub(crate) fn policies(policies: &str) -> impl FnOnce(String) -> String {
    let line = format!("policies: {{{policies}}}\n");
    move |text| line + &text
}

/// Providers that may be silent for so long.
pub(crate) fn patience(silence: &str) -> impl FnOnce(String) -> String {
    let patience = format!("first_byte: {silence}, idle: {silence}");
    move |text| replaced(&text, "first_byte: 20s, idle: 20s", &patience)
}

/// A text with all of one in the place of another.
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "there is no {from} to edit");
    text.replace(from, to)
}
