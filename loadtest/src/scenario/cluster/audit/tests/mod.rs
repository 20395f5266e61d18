//! An honest run on two gateways, doctored in every way that the audit is to find.

mod changes;
mod faults;
mod honest;
mod kinds;
mod spending;
mod statements;

use self::honest::{Story, honest};
use super::{Run, audit};
use crate::audit::Check;
use crate::cli::Faults;
use crate::traffic::{Answered, Ended};

/// The rules that a doctored run breaks.
fn broken(plant: impl FnOnce(&mut Run)) -> Vec<&'static str> {
    let mut run = honest().run();
    plant(&mut run);
    rules(&run)
}

/// The rules that another story breaks.
fn told(plant: impl FnOnce(&mut Story)) -> Vec<&'static str> {
    let mut story = honest();
    plant(&mut story);
    rules(&story.run())
}

fn rules(run: &Run) -> Vec<&'static str> {
    let checks = audit(run);
    checks.iter().filter(|check| !check.holds()).map(|check: &Check| check.rule).collect()
}

/// Insists that a rule is among those that are broken.
fn finds(found: &[&str], rule: &str) {
    assert!(found.contains(&rule), "{found:?}");
}

#[test]
fn an_honest_run_holds() {
    assert_eq!(broken(|_| ()), Vec::<&str>::new());
}
