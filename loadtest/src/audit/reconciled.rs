//! What `bursar reconcile --json` finds in the store.

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::charge::{Charge, Ending};
use super::{Books, Check};

/// The store's own checks.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Reconciled {
    pub(crate) holds: bool,
    pub(crate) checks: Vec<StoreCheck>,
    /// Leases of nodes that died and have not come back.
    pub(crate) in_doubt: Vec<Value>,
    /// Charges that a person may want to correct.
    pub(crate) indeterminate: Vec<Listed>,
}

/// A request that is listed.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Listed {
    pub(crate) request: String,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StoreCheck {
    pub(crate) name: String,
    pub(crate) holds: bool,
    #[serde(default)]
    pub(crate) found: String,
    #[serde(default)]
    pub(crate) differences: Vec<Value>,
}

/// Reconciles the store.
///
/// # Errors
/// The program fails, or says something else.
pub(crate) fn reconcile(books: &Books) -> Result<Reconciled> {
    let mut command = books.ask(&["reconcile", "--json"]);
    let output = command.output().context("cannot run bursar reconcile")?;
    let said = || {
        let said = String::from_utf8_lossy(&output.stderr);
        format!("bursar reconcile ended with {}: {said}", output.status)
    };
    serde_json::from_slice(&output.stdout).with_context(said)
}

impl Reconciled {
    /// The store agrees with itself, no lease is in doubt, and what a kill left unknown is listed.
    pub(super) fn audit(&self, charges: &[Charge]) -> [Check; 3] {
        [
            Check::none("reconcile: checks of the store that fail", self.broken()),
            Check::none("reconcile: leases in doubt", self.doubts()),
            Check::none("reconcile: indeterminate charges not listed", self.unlisted(charges)),
        ]
    }

    /// The same while the gateway was there.
    pub(super) fn audit_beside(&self) -> [Check; 2] {
        [
            Check::none("reconcile beside the gateway: checks that fail", self.broken()),
            Check::none("reconcile beside the gateway: leases in doubt", self.doubts()),
        ]
    }

    /// What the check of this name found.
    pub(crate) fn found(&self, name: &str) -> Option<&str> {
        let check = self.checks.iter().find(|check| check.name == name);
        check.map(|check| check.found.as_str())
    }

    fn broken(&self) -> Vec<String> {
        let broken = self.checks.iter().filter(|check| !check.holds).map(|check| {
            let first = check.differences.first().map(Value::to_string).unwrap_or_default();
            format!("{} {first}", check.name)
        });
        let mut broken: Vec<_> = broken.collect();
        if !self.holds && broken.is_empty() {
            broken.push("it does not say which".to_owned());
        }
        broken
    }

    fn unlisted(&self, charges: &[Charge]) -> Vec<String> {
        let listed = |request: &str| self.indeterminate.iter().any(|it| it.request == request);
        let indeterminate = charges.iter().filter(|it| it.ending == Ending::Indeterminate);
        let unlisted = indeterminate.filter(|charge| !listed(&charge.request));
        unlisted.map(|charge| charge.request.clone()).collect()
    }

    fn doubts(&self) -> Vec<String> {
        self.in_doubt.iter().map(Value::to_string).collect()
    }
}
