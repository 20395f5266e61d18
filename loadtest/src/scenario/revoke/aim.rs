//! Which key makes the next call: every other one is the key that is revoked next.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::FORM;
use crate::bodies::MAX_TOKENS;
use crate::installation::People;
use crate::traffic::{Calls, Planned, Shape};

/// Keys that stay, whose calls are the rest of the load.
const OTHERS: u64 = 20;
/// Credits of everybody: more than any run needs.
const CREDITS: u64 = 100_000_000;

/// Where the calls are aimed at.
#[derive(Clone)]
pub(super) struct Aim {
    target: Arc<AtomicU32>,
    revocations: u32,
}

/// So many keys to be revoked, and those that stay, of one member each.
pub(super) fn people(revocations: u32) -> People {
    let mut people = People { name: "Load test".to_owned(), ..People::default() };
    people.grant("allocation", CREDITS, &[], &[]);
    let others = (0..OTHERS).map(other);
    for name in (0..revocations).map(target).chain(others) {
        people.member(&name, &[], &[&name]);
    }
    people
}

/// The name of a key that is revoked.
fn target(number: u32) -> String {
    format!("target-{number}")
}

fn other(number: u64) -> String {
    format!("other-{number}")
}

impl Aim {
    pub(super) fn new(revocations: u32) -> Self {
        Self { target: Arc::default(), revocations }
    }

    /// The names of the keys to be revoked, in order.
    pub(super) fn targets(&self) -> impl Iterator<Item = String> {
        (0..self.revocations).map(target)
    }

    /// Aims at the next key.
    pub(super) fn next(&self) {
        self.target.fetch_add(1, Ordering::Relaxed);
    }
}

impl Calls for Aim {
    fn call(&self, number: u64) -> Planned {
        let aimed = self.target.load(Ordering::Relaxed);
        let key = if number.is_multiple_of(2) && aimed < self.revocations {
            target(aimed)
        } else {
            other(number / 2 % OTHERS)
        };
        let (shape, max_tokens) = (Shape::Chat(FORM), Some(MAX_TOKENS));
        let (key, model) = (Arc::from(key), "mock-flat");
        Planned { number, key, shape, model, max_tokens, leaves_after: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_call_is_of_the_key_that_goes_next() {
        let aim = Aim::new(2);
        let aimed = |aim: &Aim| aim.call(0).key;
        assert_eq!(aimed(&aim), "target-0".into());
        assert!(aim.call(1).key.starts_with("other-"));
        aim.next();
        assert_eq!(aimed(&aim), "target-1".into());
        aim.next();
        assert!(aimed(&aim).starts_with("other-"), "none is left");
    }
}
