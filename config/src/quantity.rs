//! Durations and sizes as one writes them: `2s`, `10MiB`.

use std::time::Duration;

/// A day: no timeout or wait is longer.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// A TiB: no bound is larger.
const LARGEST: u64 = 1 << 40;

/// Reads a duration of at least a millisecond and at most a day.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    match any_duration(text)? {
        Duration::ZERO => Err("must be longer than nothing".to_owned()),
        duration if duration <= LONGEST => Ok(duration),
        _ => Err("must be at most a day, `24h`".to_owned()),
    }
}

/// Reads a duration that its reader bounds, nothing and centuries included.
pub(crate) fn any_duration(text: &str) -> Result<Duration, String> {
    let millis = match number_and_unit(text) {
        Some((number, "ms")) => number,
        Some((number, "s")) => number.saturating_mul(1_000),
        Some((number, "m")) => number.saturating_mul(60_000),
        Some((number, "h")) => number.saturating_mul(3_600_000),
        _ => return Err("must be a duration such as `500ms`, `2s`, `30m` or `1h`".to_owned()),
    };
    Ok(Duration::from_millis(millis))
}

/// Reads a size, in bytes, of at least one byte and at most a TiB.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let bytes = match number_and_unit(text) {
        Some((number, "B")) => Some(number),
        Some((number, "KiB")) => number.checked_mul(1 << 10),
        Some((number, "MiB")) => number.checked_mul(1 << 20),
        Some((number, "GiB")) => number.checked_mul(1 << 30),
        _ => return Err("must be a size such as `512B`, `64KiB` or `10MiB`".to_owned()),
    };
    match bytes {
        Some(0) => Err("must be more than nothing".to_owned()),
        Some(bytes) if bytes <= LARGEST => Ok(bytes),
        _ => Err("must be at most `1024GiB`".to_owned()),
    }
}

/// A number and what stands behind it; a number too large for 64 bits is the largest one.
fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    (!digits.is_empty()).then(|| (digits.parse().unwrap_or(u64::MAX), unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_are_read_as_written() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("30m"), Ok(Duration::from_secs(1_800)));
        assert_eq!(duration("24h"), Ok(LONGEST));
        assert_eq!(size("512B"), Ok(512));
        assert_eq!(size("64KiB"), Ok(65_536));
        assert_eq!(size("10MiB"), Ok(10_485_760));
        assert_eq!(size("1024GiB"), Ok(LARGEST));
    }

    #[test]
    fn nothing_too_much_and_nonsense_are_refused() {
        let too_long = ["25h", "99999999999999999999ms", "18446744073709551615h"];
        for text in
            ["0s", "0ms", "", "s", "2", "2 s", "-2s", "2.5s", "2S", "2d"].iter().chain(&too_long)
        {
            assert!(duration(text).is_err(), "{text}");
        }
        for text in
            ["0B", "", "MiB", "10", "10MB", "-1B", "1.5MiB", "1025GiB", "18446744073709551616B"]
        {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
