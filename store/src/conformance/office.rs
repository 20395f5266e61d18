//! An organisation of fifty that calls all day, and the gateway that reports it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{
    Member, Money, Org, Plan, Rates, Refill, Registration, Role, Spend, Store, SyncRequest,
};
use ledger::{
    Access, AccountId, Charge, CountsFrom, Credits, Ending, Epoch, Grant, GrantId, GrantKind,
    HoldId, Instant, KeyId, Limit, LimitId, Line, LineSource, MemberId, MemberStanding,
    MemberStatus, NodeId, OrgId, Period, Scope, Surface, Tool, Unit, Usage,
};

const MEMBERS: u64 = 50;
const NOW: Instant = Instant::from_seconds(1_795_426_200);
const ORG: OrgId = OrgId::from_u128(0x0192_f0c1_0000_7000_8000_0000_0000_0001);
const GRANT: GrantId = GrantId::from_u128(0x5001);

/// An organisation of fifty, each member with a limit, and the gateway that reports what they call.
#[derive(Debug)]
pub struct Office {
    /// The accounts of the limits: the organisation's, then each member's.
    limits: Vec<AccountId>,
    epoch: Epoch,
    seq: u64,
    n: u64,
}

fn credits(micros: u64) -> Credits {
    Credits::from_micros(micros).expect("small amounts")
}

fn member(number: u64) -> MemberId {
    MemberId::from_u128(0x3000 + u128::from(number))
}

impl Office {
    /// The organisation.
    pub const ORG: OrgId = ORG;

    /// Makes the organisation, starts its gateway, and leases everything.
    pub async fn move_in(store: &impl Store) -> Self {
        settle(store).await;
        let periods = store.open_periods(ORG, NOW).await.expect("periods");
        let limits = periods.iter().map(|period| period.account).collect();
        let registration =
            Registration { node: NodeId(1), journal: 1, last_lsn: 0, now: NOW, control: None };
        let epoch = store.register(&registration).await.expect("a start").epoch;
        let mut office = Self { limits, epoch, seq: 0, n: 0 };
        let accounts = office.limits.iter().copied().chain([GRANT.into()]);
        let refill = accounts.map(Refill::everything).collect();
        let lease = SyncRequest { refill, ..office.empty_call() };
        store.sync(&lease).await.expect("leases");
        office
    }

    /// The next call, with so many charges.
    pub fn call(&mut self, charges: u64) -> SyncRequest {
        let events: Vec<_> = (0..charges).map(|_| self.charge()).collect();
        let mut sums: BTreeMap<AccountId, Credits> = BTreeMap::new();
        for line in events.iter().flat_map(|charge| &charge.lines) {
            let sum = sums.entry(line.account).or_default();
            *sum = sum.saturating_add(line.amount);
        }
        let report = sums.into_iter().map(|(account, amount)| Spend { account, amount }).collect();
        SyncRequest { report, events, ..self.empty_call() }
    }

    fn empty_call(&mut self) -> SyncRequest {
        self.seq += 1;
        SyncRequest {
            node: NodeId(1),
            epoch: self.epoch,
            shard: ORG.shard(),
            seq: self.seq,
            lsn: self.n,
            now: NOW,
            report: Vec::new(),
            give_back: Vec::new(),
            regranted: Vec::new(),
            ask: Vec::new(),
            refill: Vec::new(),
            events: Vec::new(),
            keyed: Vec::new(),
        }
    }

    fn charge(&mut self) -> Charge {
        self.n += 1;
        // Two hundred requests a second.
        let admitted = NOW.plus_micros(i64::try_from(self.n).expect("a short run") * 5_000);
        let person = self.n % MEMBERS;
        let limit = |place: u64| self.limits[usize::try_from(place).expect("few limits")];
        let charged = credits(1_000 + self.n % 700);
        let line = |account, source| Line { account, source, amount: charged };
        let lines = [
            line(limit(0), LineSource::Limit),
            line(limit(1 + person), LineSource::Limit),
            line(GRANT.into(), LineSource::Grant(GrantKind::TopUp)),
        ];
        Charge {
            hold: HoldId { node: NodeId(1), epoch: self.epoch, n: self.n },
            org: ORG,
            member: member(person),
            key: Some(KeyId::from_u128(0x4000 + u128::from(person))),
            group: None,
            project: None,
            surface: Surface::Api,
            tool: Tool::new("chatbot"),
            provider: Arc::from("openai"),
            model: Arc::from(if self.n.is_multiple_of(2) { "gpt-5-mini" } else { "gpt-5" }),
            admitted,
            ended: admitted.plus_micros(900_000),
            ending: Ending::Settled,
            usage: Usage::default().with(Unit::InputToken, 812).with(Unit::OutputToken, 240),
            outputs: 1,
            held: charged.saturating_add(credits(4_000)),
            charged,
            overrun: Credits::ZERO,
            lines: lines.into_iter().collect(),
            price_book: Arc::from("2026-11"),
            body_hash: hash(self.n),
            status: 200,
        }
    }
}

/// As good as random, as hashes are.
fn hash(n: u64) -> [u8; 32] {
    let mut hash = [0; 32];
    let mut word = n;
    for eight in hash.chunks_exact_mut(8) {
        word = (word ^ 0x5555).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        eight.copy_from_slice(&word.to_be_bytes());
    }
    hash
}

async fn settle(store: &impl Store) {
    let price = Money { minor: 0, currency: "EUR".to_owned() };
    let org = Org {
        id: ORG,
        name: "Office".to_owned(),
        plan: Plan { name: "Studio".to_owned(), allocation: Credits::ZERO, price },
        time_zone: "UTC".to_owned(),
        anchor_day: 1,
        contact: String::new(),
        created: NOW,
        require_project: false,
        rates: Rates::default(),
    };
    store.put_org(&org).await.expect("an organisation");
    let grant = Grant {
        id: GRANT,
        kind: GrantKind::TopUp,
        amount: Credits::MAX,
        start: NOW,
        end: Instant::MAX,
        created: NOW,
        access: Access::Everyone,
    };
    store.put_grant(ORG, &grant, None, NOW).await.expect("a grant");
    put_limit(store, 0, Scope::Org).await;
    for number in 0..MEMBERS {
        let standing = MemberStanding {
            id: member(number),
            status: MemberStatus::Active,
            home: None,
            groups: Vec::new(),
            tools: None,
        };
        let member = Member {
            org: ORG,
            name: format!("Member {number}"),
            email: None,
            service_account: false,
            role: Role::Member,
            job_role: None,
            standing,
            subjects: Vec::new(),
            tokens_valid_after: Instant::MIN,
            rates: Rates::default(),
        };
        store.put_member(&member).await.expect("a member");
        put_limit(store, 1 + number, Scope::Member(member.standing.id)).await;
    }
}

async fn put_limit(store: &impl Store, number: u64, scope: Scope) {
    let id = LimitId::from_u128(0x6000 + u128::from(number));
    let limit = Limit { id, scope, tool: None, period: Period::Total, amount: Credits::MAX };
    store.put_limit(ORG, &limit, CountsFrom::Now, NOW).await.expect("a limit");
}
