//! The ceilings that some of the organisation have.
//!
//! None is of the organisation or of the group Engineering: who uses the key `plain` meets no limit.

use bursar_config::PriceBook;
use ledger::{Credits, Limit, LimitId, Period, Scope, Tool};

use super::credits::{flat_call, times, whole};
use super::history::CAPPED_CALLS;
use super::ids::Ids;

/// Every limit.
///
/// # Errors
/// A price is missing.
pub(super) fn limits(ids: &mut Ids, prices: &PriceBook) -> anyhow::Result<Vec<Limit>> {
    let design = Scope::Group(ids.group("Design"));
    let marketing = Scope::Group(ids.group("Marketing"));
    let samuel = Scope::Member(ids.member("samuel"));
    let ines = Scope::Member(ids.member("ines"));
    let festival = Scope::Project(ids.project("harbour-festival"));
    let capped = Scope::Key(ids.key("capped"));
    // Exactly what the key has spent.
    let used_up = times(flat_call(prices)?, CAPPED_CALLS);

    let mut limit = |scope, period, amount: Credits| Limit {
        id: LimitId::from_u128(ids.unused()),
        scope,
        tool: None,
        period,
        amount,
    };
    Ok(vec![
        limit(design, Period::Month, whole(300)),
        limit(marketing, Period::Month, whole(200)),
        limit(samuel, Period::Day, whole(20)),
        Limit { tool: Some(Tool::new("chatbot")), ..limit(ines, Period::Week, whole(10)) },
        limit(festival, Period::Total, whole(250)),
        limit(capped, Period::Total, used_up),
    ])
}
