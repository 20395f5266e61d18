//! The name of a request, by which the store knows it when it comes again.

use axum::http::HeaderMap;

/// The header that bears it.
pub(crate) const HEADER: &str = "Idempotency-Key";

const MAX_LENGTH: usize = 255;

/// The request's name, if it has one.
///
/// # Errors
/// What the header should be.
pub(crate) fn name(headers: &HeaderMap) -> Result<Option<String>, String> {
    let mut values = headers.get_all(HEADER).into_iter();
    let (value, second) = (values.next(), values.next());
    if second.is_some() {
        return Err("is there more than once".to_owned());
    }
    let Some(value) = value else { return Ok(None) };
    let visible = |text: &&str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let text = value.to_str().ok().filter(visible);
    let text = text.filter(|text| (1..=MAX_LENGTH).contains(&text.len()));
    let text = text.ok_or_else(|| "must be 1 to 255 visible ASCII characters".to_owned())?;
    Ok(Some(text.to_owned()))
}
