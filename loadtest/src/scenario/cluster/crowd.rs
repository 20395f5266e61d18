//! Which call comes next: drawn by its seed from calls of several weights.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::traffic::{Calls, Planned};

/// Calls, each with its weight.
pub(crate) struct Crowd {
    shares: Vec<(u32, Planned)>,
    seed: u64,
}

/// An odd number without a pattern: neighbouring calls get seeds far apart.
const SPREAD: u64 = 0xD134_2543_DE82_EF95;

impl Crowd {
    pub(crate) fn new(shares: Vec<(u32, Planned)>, seed: u64) -> Self {
        Self { shares, seed }
    }
}

impl Calls for Crowd {
    fn call(&self, number: u64) -> Planned {
        let weights: u32 = self.shares.iter().map(|(weight, _)| weight).sum();
        let mut random = StdRng::seed_from_u64(self.seed ^ number.wrapping_mul(SPREAD));
        let drawn = random.random_range(0..weights.max(1));
        let mut below = 0;
        let hit = self.shares.iter().find(|(weight, _)| {
            below += weight;
            drawn < below
        });
        let (_, planned) = hit.expect("what is drawn is below the sum of the weights");
        Planned { number, ..planned.clone() }
    }
}
