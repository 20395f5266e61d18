//! Seeded random operations on the model and on another store: every answer must agree, and after
//! every step both must hold the same, and it must add up.

mod asking;
mod calls;
mod corrections;
mod entry;
mod examples;
mod keys;
mod op;
mod people;
mod sums;
mod world;

use ledger::OrgId;

use super::fixture::org_id;
use crate::{Audit, Error, Model, Result, Store};
use op::Answer;
use sums::{Figures, Sums};
use world::World;

/// Runs so many random operations of a seed on an empty store and on the model side by side, and
/// sees that they met all that they were made for.
///
/// # Panics
/// When an answer or what is stored differs, or does not add up: with the seed, the step and the
/// operation; or when the run was too short to prove anything.
pub async fn lockstep<S: Audit>(seed: u64, steps: u32, store: &S) {
    let (world, sums) = run(seed, steps, store).await;
    world.check_that_everything_happened();
    sums.check_that_everything_was_reached();
}

/// Has a store be busy with so many random operations of a seed, whatever they meet.
///
/// # Panics
/// As [`lockstep`], but for a run that was short.
pub async fn keep_busy<S: Audit>(seed: u64, steps: u32, store: &S) {
    run(seed, steps, store).await;
}

async fn run<S: Audit>(seed: u64, steps: u32, store: &S) -> (World, Sums) {
    let model = Model::default();
    let mut world = World::new(seed);
    let mut sums = Sums::default();
    for step in 0..steps {
        let op = world.next(&model).await;
        let about = format!("seed {seed}, step {step}: {op:?}");
        let expected = op.apply(&model).await;
        let answer = op.apply(store).await;
        assert_eq!(said(&answer), said(&expected), "{about}");
        world.learn(&op, &expected);
        sums.learn(&op, &expected);
        for org in (1..=3).map(org_id) {
            same(&model, store, org, &about).await;
            sums.check(&Figures::of(&model, org).await, &about);
        }
    }
    adds_up(&model, seed).await;
    adds_up(store, seed).await;
    (world, sums)
}

/// What an answer comes down to: errors are compared without their words.
#[derive(Debug, PartialEq)]
enum Said<'a> {
    Answer(&'a Answer),
    Refusal(String),
}

fn said(answer: &Result<Answer>) -> Said<'_> {
    match answer {
        Ok(answer) => Said::Answer(answer),
        Err(Error::Conflict(_)) => Said::Refusal("Conflict".to_owned()),
        Err(Error::Stale(_)) => Said::Refusal("Stale".to_owned()),
        Err(Error::NameTaken(_)) => Said::Refusal("NameTaken".to_owned()),
        Err(Error::Corrupt(_)) => Said::Refusal("Corrupt".to_owned()),
        Err(error) => Said::Refusal(format!("{error:?}")),
    }
}

async fn adds_up<S: Audit>(store: &S, seed: u64) {
    let found = store.reconcile().await.expect("what is stored can be read");
    assert!(found.holds(), "seed {seed}: {:#?}", found.checks);
}

/// What is stored of an organisation must be the same in both.
async fn same<S: Audit>(model: &Model, store: &S, org: OrgId, about: &str) {
    let readable = "what is stored can be read";
    let expected = Figures::of(model, org).await;
    assert_eq!(Figures::of(store, org).await, expected, "{about}");
    let expected = model.load(org).await.expect(readable);
    assert_eq!(store.load(org).await.expect(readable), expected, "{about}");
}
