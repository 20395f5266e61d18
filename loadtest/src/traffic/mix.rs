//! Which calls a run is made of, and how often each.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{Calls, Planned, Shape};

/// A part of the calls that are alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    /// How many of all the weights together.
    pub(crate) weight: u32,
    /// The name of the demo's key that makes them.
    pub(crate) key: &'static str,
    pub(crate) shape: Shape,
    pub(crate) model: &'static str,
    pub(crate) max_tokens: Option<u32>,
}

/// The calls of a run, drawn by its seed.
#[derive(Clone, Debug)]
pub(crate) struct Mix {
    pub(crate) shares: Vec<Share>,
    /// The percentage of callers that leave, within this time.
    pub(crate) leaving: Option<(u32, Duration)>,
    /// The one key that makes all calls, instead of those of the shares.
    pub(crate) only_key: Option<Arc<str>>,
    pub(crate) seed: u64,
}

impl Calls for Mix {
    fn call(&self, number: u64) -> Planned {
        // A generator of its own for each call, so that no call depends on another.
        let mut random = StdRng::seed_from_u64(self.seed ^ number.wrapping_mul(GOLDEN));
        let share = self.share(random.random_range(0..self.weights().max(1)));
        let leaves_after = self.leaving.and_then(|(percent, within)| {
            let leaves = random.random_range(0..100) < percent;
            leaves.then(|| random.random_range(Duration::ZERO..=within))
        });
        Planned {
            number,
            key: self.only_key.clone().unwrap_or_else(|| Arc::from(share.key)),
            shape: share.shape,
            model: share.model,
            max_tokens: share.max_tokens,
            leaves_after,
        }
    }
}

impl Mix {
    /// The names of the keys that make calls, each once.
    pub(crate) fn keys(&self) -> Vec<Arc<str>> {
        if let Some(only) = &self.only_key {
            return vec![Arc::clone(only)];
        }
        let mut keys: Vec<Arc<str>> =
            self.shares.iter().map(|share| Arc::from(share.key)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn weights(&self) -> u32 {
        self.shares.iter().map(|share| share.weight).sum()
    }

    fn share(&self, drawn: u32) -> Share {
        let mut below = 0;
        let hit = self.shares.iter().find(|share| {
            below += share.weight;
            drawn < below
        });
        *hit.expect("what is drawn is below the sum of the weights")
    }
}

/// 2^64 divided by the golden ratio: neighbouring numbers get seeds far apart.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bodies::Form;

    fn mix(seed: u64) -> Mix {
        let share = |weight, key| Share {
            weight,
            key,
            shape: Shape::Chat(Form::Json),
            model: "mock-chat",
            max_tokens: None,
        };
        Mix {
            shares: vec![share(9, "plain"), share(1, "fifty")],
            leaving: Some((50, Duration::from_millis(100))),
            only_key: None,
            seed,
        }
    }

    #[test]
    fn a_call_follows_from_the_seed_and_its_number() {
        let calls = |seed| (0..100).map(|number| mix(seed).call(number)).collect::<Vec<_>>();
        assert_eq!(calls(7), calls(7));
        assert_ne!(calls(7), calls(8));
    }

    #[test]
    fn shares_are_drawn_by_their_weight() {
        let calls: Vec<_> = (0..10_000).map(|number| mix(1).call(number)).collect();
        let fifty = calls.iter().filter(|call| &*call.key == "fifty").count();
        let leaving = calls.iter().filter(|call| call.leaves_after.is_some()).count();
        assert!((900..1_100).contains(&fifty), "{fifty}");
        assert!((4_800..5_200).contains(&leaving), "{leaving}");
    }

    #[test]
    fn one_hot_key_makes_every_call() {
        let hot = Mix { only_key: Some("theo".into()), ..mix(1) };
        assert!((0..100).all(|number| &*hot.call(number).key == "theo"));
        assert_eq!(hot.keys(), ["theo".into()]);
        assert_eq!(mix(1).keys(), ["fifty".into(), "plain".into()]);
    }
}
