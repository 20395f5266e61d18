//! A unit vector drawn from a seed, in the encoding that was asked for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::Encoding;

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Vector {
    Float(Vec<f32>),
    /// The floats as little-endian bytes in base64.
    Base64(String),
}

impl Vector {
    pub(super) fn new(seed: u64, dimensions: u16, encoding: Encoding) -> Self {
        let floats = unit_vector(seed, dimensions);
        match encoding {
            Encoding::Float => Self::Float(floats),
            Encoding::Base64 => {
                let bytes: Vec<u8> = floats.iter().flat_map(|float| float.to_le_bytes()).collect();
                Self::Base64(STANDARD.encode(bytes))
            }
        }
    }
}

fn unit_vector(seed: u64, dimensions: u16) -> Vec<f32> {
    let mut state = seed;
    let mut floats: Vec<f32> = (0..dimensions).map(|_| next(&mut state)).collect();
    let length = floats.iter().map(|float| float * float).sum::<f32>().sqrt();
    for float in &mut floats {
        *float /= length;
    }
    floats
}

/// A number between -1 and 1, never 0: one step of SplitMix64.
fn next(state: &mut u64) -> f32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let [low, high, ..] = (mixed ^ (mixed >> 31)).to_le_bytes();
    (f32::from(i16::from_le_bytes([low, high])) + 0.5) / 32_768.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_has_length_one_and_depends_on_its_seed_alone() {
        let vector = unit_vector(7, 256);
        let length: f32 = vector.iter().map(|float| float * float).sum();
        assert!((length - 1.0).abs() < 1e-4);
        assert_eq!(vector, unit_vector(7, 256));
        assert_ne!(vector, unit_vector(8, 256));
    }
}
