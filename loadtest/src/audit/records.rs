//! Charges and lines of the bill, found by the request that they are about.

use std::collections::HashMap;

use mock_provider::Line;

use super::charge::Charge;
use super::prices::price;

/// The records of a run by request.
pub(super) struct Records<'a> {
    charges: HashMap<&'a str, Vec<&'a Charge>>,
    bill: HashMap<&'a str, Vec<&'a Line>>,
}

impl<'a> Records<'a> {
    pub(super) fn of(charges: &'a [Charge], bill: &'a [Line]) -> Self {
        let mut records = Self { charges: HashMap::new(), bill: HashMap::new() };
        for charge in charges {
            records.charges.entry(&charge.request).or_default().push(charge);
        }
        for line in bill {
            let request = line.request_id.as_deref().unwrap_or_default();
            records.bill.entry(request).or_default().push(line);
        }
        records
    }

    /// The charges of a request: one, if all is well.
    pub(super) fn charges(&self, request: &str) -> &[&'a Charge] {
        self.charges.get(request).map_or(&[], Vec::as_slice)
    }

    /// What the provider billed for a request: a line at most, if all is well.
    pub(super) fn bill(&self, request: &str) -> &[&'a Line] {
        self.bill.get(request).map_or(&[], Vec::as_slice)
    }

    /// The list price of what the provider billed for a request, in micro-credits.
    pub(super) fn price(&self, request: &str) -> u64 {
        self.bill(request).iter().map(|line| price(line)).sum()
    }
}
