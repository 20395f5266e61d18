//! The budgets of a run: one that is hot, and small ones of every kind beside it.
//!
//! Every call on a budget costs the flat price of one credit, so that a budget is a number of calls.

use std::sync::Arc;

use super::crowd::Crowd;
use super::plan::{HOT_SHARE, Plan};
use crate::bodies::{Form, MAX_TOKENS};
use crate::installation::People;
use crate::traffic::{Planned, Shape};

/// The key of the budget that all gateways share.
pub(super) const HOT: &str = "hot";
/// The key whose credits suffice for anything, priced by tokens.
pub(super) const AMPLE: &str = "ample";
/// Members whose limit is changed under load, each with a key of its name.
pub(super) const ADDED: &str = "added";
pub(super) const LOWERED: &str = "lowered";
pub(super) const TRIMMED: &str = "trimmed";

/// The group that may burn the pool.
const POOL: &str = "pool";
/// Credits of the pool: more than any run needs.
const POOL_CREDITS: u64 = 100_000_000;
/// Of a hundred calls, those on each small budget.
const SMALL_SHARE: u32 = 3;

/// Credits for so many calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    pub(super) name: &'static str,
    /// What it is made of.
    pub(super) of: &'static str,
    pub(super) calls: u64,
    /// The names of the keys that spend it, and nothing else.
    pub(super) keys: Vec<&'static str>,
}

/// Everybody, and what they may spend.
pub(super) struct Budgets {
    pub(super) people: People,
    /// The hot one first.
    pub(super) all: Vec<Budget>,
    /// Where the hot budget's grant stands among the grants.
    pub(super) hot_grant: usize,
    plan: Plan,
}

impl Budgets {
    pub(super) fn of(plan: &Plan) -> Self {
        let people = People { name: "Load test".to_owned(), ..People::default() };
        let mut budgets = Self { people, all: Vec::new(), hot_grant: 0, plan: *plan };
        budgets.people.group(POOL);
        budgets.people.grant("allocation", POOL_CREDITS, &[], &[POOL]);
        budgets.people.member(AMPLE, &[POOL], &[AMPLE]);
        budgets.hot();
        budgets.of_grants();
        budgets.of_limits();
        budgets.changed();
        budgets
    }

    fn add(&mut self, name: &'static str, of: &'static str, calls: u64, keys: &[&'static str]) {
        self.all.push(Budget { name, of, calls, keys: keys.to_vec() });
    }

    fn hot(&mut self) {
        let calls = self.plan.hot_calls;
        self.people.member(HOT, &[], &[HOT]);
        self.hot_grant = self.people.grants.len();
        self.people.grant("top_up", calls, &[HOT], &[]);
        self.add(HOT, "a grant", calls, &[HOT]);
    }

    /// So many percent of what a small budget is asked for while the hot one lasts.
    fn small(&self, percent: u64) -> u64 {
        let asked = self.plan.hot_calls * u64::from(SMALL_SHARE) / u64::from(HOT_SHARE);
        (asked * percent / 100).max(2)
    }

    fn of_grants(&mut self) {
        for (name, percent) in [("seat-1", 20), ("seat-2", 70)] {
            let calls = self.small(percent);
            self.people.member(name, &[], &[name]);
            self.people.grant("seat", calls, &[name], &[]);
            self.add(name, "a seat", calls, &[name]);
        }
        let calls = self.small(50);
        let pair = ["pair-1", "pair-2"];
        pair.iter().for_each(|name| self.people.member(name, &[], &[name]));
        self.people.grant("top_up", calls, &pair, &[]);
        self.add("pair", "a grant of two members", calls, &pair);

        // The first grant is used up in the middle, and no call stands across both.
        let (first, second) = (self.small(20), self.small(30));
        self.people.member("split", &[], &["split"]);
        self.people.grant("promo", first, &["split"], &[]);
        self.people.grant("top_up", second, &["split"], &[]);
        self.add("split", "two grants", first + second, &["split"]);
    }

    fn of_limits(&mut self) {
        let key = self.small(40);
        self.people.member("capped-key", &[POOL], &["capped-key"]);
        self.people.limit("key", "capped-key", key);
        self.add("capped-key", "a key's limit", key, &["capped-key"]);

        let member = self.small(60);
        self.people.member("capped-member", &[POOL], &["laptop", "phone"]);
        self.people.limit("member", "capped-member", member);
        self.add("capped-member", "a member's limit", member, &["laptop", "phone"]);

        let group = self.small(55);
        let crew = ["crew-1", "crew-2", "crew-3"];
        self.people.group("crew");
        crew.iter().for_each(|name| self.people.member(name, &["crew", POOL], &[name]));
        self.people.limit("group", "crew", group);
        self.add("crew", "a group's limit", group, &crew);

        let (inner, outer) = (self.small(30), self.small(90));
        self.people.member("nested", &[POOL], &["nested"]);
        self.people.limit("key", "nested", inner);
        self.people.limit("member", "nested", outer);
        self.add("nested", "a key's limit in a member's", inner, &["nested"]);
    }

    /// Those whose limit is changed are no budgets: what they may spend is known at the end.
    fn changed(&mut self) {
        for name in [ADDED, LOWERED, TRIMMED] {
            self.people.member(name, &[POOL], &[name]);
        }
        for name in [LOWERED, TRIMMED] {
            self.people.limit("member", name, POOL_CREDITS);
        }
    }

    /// What is to be counted of a limit that is added under load.
    pub(super) fn added_calls(&self) -> u64 {
        self.small(30)
    }

    /// What a limit is lowered to that has more than that leased, but has not spent it.
    pub(super) fn trimmed_calls(&self) -> u64 {
        self.small(70)
    }

    /// The calls of the load.
    pub(super) fn crowd(&self, seed: u64) -> Crowd {
        let half = HOT_SHARE / 2;
        let mut shares = vec![(half, flat(HOT)), (HOT_SHARE - half, flat_stream(HOT))];
        for budget in self.all.iter().filter(|budget| budget.name != HOT) {
            let each = SMALL_SHARE.div_ceil(u32::try_from(budget.keys.len()).unwrap_or(1));
            shares.extend(budget.keys.iter().map(|key| (each, flat(key))));
        }
        shares.extend([ADDED, LOWERED, TRIMMED].map(|key| (SMALL_SHARE, flat(key))));
        shares.push((SMALL_SHARE, ample(Form::Json)));
        shares.push((SMALL_SHARE, ample(Form::Stream)));
        Crowd::new(shares, seed)
    }

    /// The calls of one with enough credits, whom nothing is asked about once it is warm.
    pub(super) fn warm(seed: u64) -> Crowd {
        Crowd::new(vec![(1, ample(Form::Json))], seed)
    }
}

/// A call at the flat price.
fn flat(key: &str) -> Planned {
    planned(key, Form::Json, "mock-flat")
}

/// The same, whose answer takes its time once it has begun.
fn flat_stream(key: &str) -> Planned {
    planned(key, Form::Stream, "mock-flat")
}

/// A call that is priced by its tokens.
fn ample(form: Form) -> Planned {
    planned(AMPLE, form, "mock-chat")
}

fn planned(key: &str, form: Form, model: &'static str) -> Planned {
    let (shape, max_tokens) = (Shape::Chat(form), Some(MAX_TOKENS));
    Planned { number: 0, key: Arc::from(key), shape, model, max_tokens, leaves_after: None }
}
