//! Who and what the small organisation is made of.

use ledger::{
    Access, AccountId, Change, Credits, Grant, GrantId, GrantKind, GroupId, Instant, KeyId,
    KeyStanding, KeyStatus, Limit, LimitId, MemberId, MemberStanding, MemberStatus, PathKey,
    Period, PeriodOpened, ProjectId, Scope, Tool,
};

pub(crate) fn credits(micros: u16) -> Credits {
    Credits::from_micros(micros.into()).unwrap()
}

pub(crate) fn member(n: u8) -> MemberId {
    MemberId::from_u128(100 + u128::from(n))
}

pub(crate) fn key(n: u8) -> KeyId {
    KeyId::from_u128(200 + u128::from(n))
}

pub(crate) fn group(n: u8) -> GroupId {
    GroupId::from_u128(300 + u128::from(n))
}

pub(crate) fn project(n: u8) -> ProjectId {
    ProjectId::from_u128(400 + u128::from(n))
}

pub(crate) fn grant_id(n: u8) -> GrantId {
    GrantId::from_u128(500 + u128::from(n))
}

pub(crate) fn chat() -> Tool {
    Tool::new("chatbot")
}

pub(crate) fn image() -> Tool {
    Tool::new("text-to-image")
}

/// Three members; the first two are at home in a group each.
pub(crate) fn standing(
    n: u8,
    status: MemberStatus,
    both_groups: bool,
    only: Option<Tool>,
) -> Change {
    let home = (n < 2).then(|| group(n));
    let mut groups: Vec<_> = home.into_iter().collect();
    if both_groups {
        groups = vec![group(0), group(1)];
    }
    let tools = only.map(|tool| vec![tool]);
    Change::Member(MemberStanding { id: member(n), status, home, groups, tools })
}

/// Four keys: one of each member, and a second one of the last.
pub(crate) fn key_standing(
    n: u8,
    status: KeyStatus,
    expires: Instant,
    only: Option<Tool>,
) -> Change {
    Change::Key(KeyStanding {
        id: key(n),
        member: member(n.min(2)),
        status,
        expires,
        group: (n == 1).then(|| group(0)),
        project: (n != 1).then(|| project(0)),
        tools: only.map(|tool| vec![tool]),
    })
}

pub(crate) fn people() -> Vec<Change> {
    let members = (0..3).map(|n| standing(n, MemberStatus::Active, n == 1, None));
    let keys = (0..4).map(|n| key_standing(n, KeyStatus::Active, Instant::MAX, None));
    members.chain(keys).collect()
}

pub(crate) fn callers() -> Vec<PathKey> {
    let caller = |m, k: Option<u8>, tool: Option<Tool>| PathKey {
        member: member(m),
        key: k.map(key),
        group: None,
        project: None,
        tool,
    };
    vec![
        caller(0, Some(0), Some(chat())),
        caller(0, Some(0), Some(image())),
        caller(1, Some(1), Some(chat())),
        PathKey { group: Some(group(1)), ..caller(1, None, Some(chat())) },
        PathKey { project: Some(project(1)), ..caller(2, Some(2), Some(chat())) },
        caller(2, Some(3), Some(image())),
        caller(2, Some(3), None),
    ]
}

pub(crate) const LIMITS: u8 = 10;

pub(crate) fn limit(n: u8, amount: u16) -> Limit {
    let (scope, tool, period) = match n {
        0 => (Scope::Key(key(0)), None, Period::Total),
        1 => (Scope::Key(key(1)), Some(chat()), Period::Day),
        2 => (Scope::Member(member(0)), None, Period::Week),
        3 => (Scope::Member(member(2)), Some(image()), Period::Day),
        4 => (Scope::Project(project(0)), None, Period::Month),
        5 => (Scope::Group(group(0)), None, Period::Cycle),
        6 => (Scope::Group(group(1)), Some(chat()), Period::Day),
        7 => (Scope::Org, None, Period::Month),
        8 => (Scope::Org, None, Period::Day),
        _ => (Scope::Org, Some(chat()), Period::Total),
    };
    let id = LimitId::from_u128(600 + u128::from(n));
    Limit { id, scope, tool, period, amount: credits(amount) }
}

/// The period of a limit that contains an instant; a revived limit finds its account again.
pub(crate) fn period(limit: &Limit, at: Instant) -> PeriodOpened {
    let length = match limit.period {
        Period::Day => 100,
        Period::Week => 300,
        Period::Month => 500,
        Period::Cycle => 700,
        Period::Total => 0,
    };
    let n = at.seconds().checked_div(length).unwrap_or(0);
    let account = limit.id.as_u128() * 1_000 + u128::try_from(n).unwrap();
    let (start, end) = match length {
        0 => (Instant::MIN, Instant::MAX),
        _ => (Instant::from_seconds(n * length), Instant::from_seconds((n + 1) * length)),
    };
    let (limit, account) = (limit.id, AccountId::from_u128(account));
    let (spent, refunded) = (Credits::ZERO, Credits::ZERO);
    PeriodOpened { limit, account, start, end, spent, refunded }
}

pub(crate) const GRANTS: u8 = 7;

pub(crate) fn grant(n: u8, amount: u16, access: u8, start: Instant, end: Instant) -> Grant {
    let access = match access % 5 {
        0 => Access::Everyone,
        1 => Access::Listed { members: vec![member(0)], groups: Vec::new() },
        2 => Access::Listed { members: Vec::new(), groups: vec![group(1)] },
        3 => Access::Listed { members: vec![member(2)], groups: vec![group(0)] },
        _ => Access::Listed { members: Vec::new(), groups: Vec::new() },
    };
    Grant {
        id: grant_id(n),
        kind: GrantKind::ALL[usize::from(n % 4)],
        amount: credits(amount),
        start,
        end,
        // The last made is the oldest, so that age and id do not agree.
        created: Instant::from_seconds(-i64::from(n)),
        access,
    }
}
