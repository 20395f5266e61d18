//! Usage by the hour, added up from the charges whenever it is asked for.

use std::collections::BTreeMap;

use ledger::{Charge, Credits, Instant, Unit, Usage};

use super::state::State;
use crate::{UsageQuery, UsageRow};

const HOUR: i64 = 3_600_000_000;

impl State {
    pub(super) fn usage(&self, query: &UsageQuery) -> Vec<UsageRow> {
        let mut rows = BTreeMap::new();
        for charge in self.charges.values() {
            let micros = charge.admitted.micros();
            let hour = Instant::from_micros(micros.saturating_sub(micros.rem_euclid(HOUR)));
            let asked_for = charge.org == query.org
                && query.member.is_none_or(|member| member == charge.member)
                && (query.from..query.until).contains(&hour);
            if asked_for {
                let who = (charge.member, charge.group, charge.project, charge.key);
                let what = (&charge.tool, &charge.provider, &charge.model, charge.surface);
                let row = rows.entry((hour, who, what)).or_insert_with(|| empty_row(hour, charge));
                add(row, charge, self.charged_now(charge));
            }
        }
        rows.into_values().collect()
    }
}

fn empty_row(hour: Instant, charge: &Charge) -> UsageRow {
    UsageRow {
        hour,
        member: charge.member,
        group: charge.group,
        project: charge.project,
        key: charge.key,
        tool: charge.tool.clone(),
        provider: charge.provider.to_string(),
        model: charge.model.to_string(),
        surface: charge.surface,
        requests: 0,
        charged: Credits::ZERO,
        usage: Usage::default(),
        outputs: 0,
    }
}

fn add(row: &mut UsageRow, charge: &Charge, charged: Credits) {
    row.requests += 1;
    row.charged = row.charged.saturating_add(charged);
    row.outputs = row.outputs.saturating_add(charge.outputs);
    for unit in Unit::ALL {
        let units = row.usage.get(unit).saturating_add(charge.usage.get(unit));
        row.usage = row.usage.with(unit, units);
    }
}
