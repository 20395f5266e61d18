//! And it is accounted for: charges and usage read back.

use ledger::{Cause, Ending, GrantKind, Instant, LineSource, Surface, Tool, Unit, Usage};

use super::fixture::{
    HOUR, NOW, credits, grant, grant_id, group_id, key_id, member_id, org_id, project_id, settle_in,
};
use super::node::Node;
use crate::{Audit, UsageQuery, UsageRow};

/// A gateway that has leased a seat of 30, a promo of 60 and a top-up of 1,000.
async fn leased<S: Audit>(store: &S) -> Node {
    let org = settle_in(store, 1).await;
    let mut node = Node::start(store, 7).await;
    let grants =
        [(1, GrantKind::Seat, 30), (2, GrantKind::Promo, 60), (3, GrantKind::TopUp, 1_000)];
    for (id, kind, amount) in grants {
        store.put_grant(org, &grant(id, kind, amount), None, NOW).await.expect("a grant");
        node.lease(store, org, grant_id(id), amount).await;
    }
    node
}

fn whole() -> UsageQuery {
    UsageQuery { org: org_id(1), member: None, from: Instant::MIN, until: Instant::MAX }
}

/// The event of a request comes back as it was reported, whatever it says.
pub async fn a_charge_reads_back_whole<S: Audit>(store: &S) {
    let mut node = leased(store).await;
    let split = [(1, GrantKind::Seat, 10), (2, GrantKind::Promo, 20)];
    let split =
        split.map(|(id, kind, amount)| (LineSource::Grant(kind), grant_id(id).into(), amount));
    let full = node.charge_of(1, split);
    let mut bare = node.charge_of(1, []);
    (bare.key, bare.group, bare.project) = (None, Some(group_id(1)), Some(project_id(1)));
    (bare.surface, bare.tool) = (Surface::Platform, Tool::new("text-to-image"));
    bare.ending = Ending::Released(Cause::ProviderTimeout);
    bare.usage = Usage::default();
    (bare.outputs, bare.status) = (0, 0);
    bare.admitted = Instant::from_micros(-1);
    let mut charges = vec![full, bare];
    for (ending, n) in [Ending::Estimated, Ending::Indeterminate].into_iter().zip(1..) {
        let mut charge = node.charge(1, (GrantKind::TopUp, grant_id(3)), 5);
        (charge.ending, charge.overrun) = (ending, credits(n));
        for unit in Unit::ALL {
            charge.usage = charge.usage.with(unit, n + u64::from(unit == Unit::Image));
        }
        charges.push(charge);
    }
    node.report(store, charges.clone()).await.expect("charges");
    for charge in charges {
        let neighbour = store.charge(org_id(2), charge.hold).await;
        assert_eq!(neighbour.expect("a look-up"), None);
        assert_eq!(store.charge(charge.org, charge.hold).await.expect("a look-up"), Some(charge));
    }
    let mut unknown = node.charge_of(1, []).hold;
    assert_eq!(store.charge(org_id(1), unknown).await.expect("a look-up"), None);
    (unknown.n, unknown.epoch) = (1, ledger::Epoch(9));
    assert_eq!(store.charge(org_id(1), unknown).await.expect("a look-up"), None);
}

/// An organisation's charges are read in the order of their names, from any of them on.
pub async fn charges_are_read_in_order_a_page_at_a_time<S: Audit>(store: &S) {
    let mut node = leased(store).await;
    let neighbour = settle_in(store, 2).await;
    let paid = [(1, GrantKind::Seat, 30), (3, GrantKind::TopUp, 5)];
    let paid =
        paid.map(|(id, kind, amount)| (LineSource::Grant(kind), grant_id(id).into(), amount));
    let mut charges = vec![node.charge_of(1, paid), node.charge_of(1, []), node.charge_of(1, [])];
    node.report(store, [charges[2].clone(), charges[0].clone()]).await.expect("charges");
    node.report(store, [charges[1].clone()]).await.expect("a late charge");
    let other = node.charge_of(2, []);
    node.report(store, [other.clone()]).await.expect("a neighbour's charge");
    node.restart(store).await;
    charges.push(node.charge_of(1, []));
    node.report(store, [charges[3].clone()]).await.expect("a charge of the next start");

    let org = org_id(1);
    assert_eq!(store.charges(org).await.expect("charges"), charges);
    let page = async |after, most| store.charges_after(org, after, most).await.expect("charges");
    assert_eq!(page(None, 2).await, charges[..2]);
    assert_eq!(page(Some(charges[1].hold), 1).await, charges[2..3]);
    assert_eq!(page(Some(charges[1].hold), 9).await, charges[2..]);
    assert_eq!(page(Some(charges[3].hold), 9).await, []);
    assert_eq!(store.charges(neighbour).await.expect("charges"), [other]);
    assert_eq!(store.charges(org_id(3)).await.expect("charges"), []);
}

/// Each grant's part is charged where it was burnt; the request, its units and its outputs are one.
pub async fn a_charge_split_over_grants_is_counted_once<S: Audit>(store: &S) {
    let mut node = leased(store).await;
    let split = [(1, GrantKind::Seat, 30), (2, GrantKind::Promo, 60), (3, GrantKind::TopUp, 7)];
    let split =
        split.map(|(id, kind, amount)| (LineSource::Grant(kind), grant_id(id).into(), amount));
    let charges = [
        node.charge_of(1, split),
        node.charge(1, (GrantKind::TopUp, grant_id(3)), 1),
        node.charge_of(1, []),
    ];
    node.report(store, charges).await.expect("charges");
    let rows = store.usage(&whole()).await.expect("usage");
    let units = Usage::default().with(Unit::InputToken, 2_700).with(Unit::OutputToken, 300);
    let row = UsageRow {
        hour: Instant::from_micros(NOW.micros() - HOUR / 2),
        member: member_id(1),
        group: None,
        project: None,
        key: Some(key_id(1)),
        tool: Tool::new("chatbot"),
        provider: "openai".to_owned(),
        model: "mock-chat".to_owned(),
        surface: Surface::Api,
        requests: 3,
        charged: credits(98),
        usage: units,
        outputs: 3,
    };
    assert_eq!(rows, [row]);
}

/// Usage is told apart by everything but grant and gateway, and asked for by member and hour.
pub async fn usage_is_told_by_the_hour_of_admission<S: Audit>(store: &S) {
    let mut node = leased(store).await;
    let mut other = Node::start(store, 8).await;
    let hour = Instant::from_micros(NOW.micros() - HOUR / 2);
    let mut late = node.charge(1, (GrantKind::TopUp, grant_id(3)), 1);
    late.admitted = hour.plus_micros(HOUR - 1);
    late.ended = hour.plus_micros(2 * HOUR);
    let mut next = node.charge(1, (GrantKind::TopUp, grant_id(3)), 2);
    next.admitted = hour.plus_micros(HOUR);
    next.ended = next.admitted;
    let mut colleague = node.charge(1, (GrantKind::TopUp, grant_id(3)), 4);
    (colleague.member, colleague.group) = (member_id(11), Some(group_id(1)));
    node.report(store, [late, next, colleague]).await.expect("charges");
    let elsewhere = other.charge_of(1, []);
    other.report(store, [elsewhere]).await.expect("a charge of another gateway");

    let asked = async |member, from: i64, until: i64| {
        let (from, until) = (hour.plus_micros(from), hour.plus_micros(until));
        let query = UsageQuery { org: org_id(1), member, from, until };
        let rows = store.usage(&query).await.expect("usage");
        let row = |row: &UsageRow| (row.hour, row.member, row.requests, row.charged.micros());
        rows.iter().map(row).collect::<Vec<_>>()
    };
    let (one, eleven) = (member_id(1), member_id(11));
    let later = hour.plus_micros(HOUR);
    let all = [(hour, one, 2, 1), (hour, eleven, 1, 4), (later, one, 1, 2)];
    assert_eq!(asked(None, 0, 2 * HOUR).await, all);
    assert_eq!(asked(None, 0, HOUR).await, all[..2]);
    assert_eq!(asked(None, 1, 2 * HOUR).await, all[2..]);
    assert_eq!(asked(Some(eleven), 0, 2 * HOUR).await, all[1..2]);
    assert_eq!(asked(Some(member_id(5)), 0, 2 * HOUR).await, []);
    let neighbour = UsageQuery { org: org_id(2), ..whole() };
    assert_eq!(store.usage(&neighbour).await.expect("usage"), []);
}
