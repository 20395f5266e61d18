//! Keys that open nothing, made by the published format and not by the gateway's code: `bursar_u_`, 30
//! base62 digits, and 6 more of the CRC32 of everything before them.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PREFIX: &str = "bursar_u_";

/// What is wrong with the keys of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The checksum is another key's.
    Malformed,
    /// Nobody was ever given them.
    Unknown,
}

/// Different keys, one after the other.
pub(super) struct Keys {
    random: StdRng,
    flaw: Flaw,
}

impl Keys {
    pub(super) fn new(flaw: Flaw, seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), flaw }
    }

    pub(super) fn next(&mut self) -> String {
        let mut key = String::from(PREFIX);
        for _ in 0..30 {
            key.push(char::from(DIGITS[self.random.random_range(0..DIGITS.len())]));
        }
        let check = crc32fast::hash(key.as_bytes());
        let check = if self.flaw == Flaw::Malformed { !check } else { check };
        key.push_str(&base62(check));
        key
    }
}

/// Six digits, the most significant first.
fn base62(mut rest: u32) -> String {
    let mut digits = [0_u8; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[usize::try_from(rest % 62).unwrap_or_default()];
        rest /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_published_form_and_no_two_are_the_same() {
        let mut keys = Keys::new(Flaw::Unknown, 1);
        let (one, other) = (keys.next(), keys.next());
        assert_ne!(one, other);
        assert_eq!(one.len(), 45);
        let (body, check) = one.split_at(39);
        assert_eq!(check, base62(crc32fast::hash(body.as_bytes())));
        let malformed = Keys::new(Flaw::Malformed, 1).next();
        assert_eq!((&malformed[..39], malformed.len()), (body, 45));
        assert_ne!(&malformed[39..], check);
    }

    #[test]
    fn a_checksum_is_written_in_six_digits() {
        assert_eq!(base62(0), "000000");
        assert_eq!(base62(61), "00000z");
        assert_eq!(base62(62), "000010");
        assert_eq!(base62(u32::MAX), "4gfFC3");
    }
}
