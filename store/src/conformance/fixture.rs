//! A small organisation: who is in it is told by small numbers.

use ledger::{
    Access, Credits, Grant, GrantId, GrantKind, GroupId, Instant, KeyId, KeyStanding, KeyStatus,
    Limit, LimitId, MemberId, MemberStanding, MemberStatus, OrgId, Period, ProjectId, Scope,
    Surface,
};

use crate::{
    Change, ChangeSeq, Group, Key, KeySecret, Member, Money, Org, OrgData, Plan, Project,
    ProjectStatus, Rates, Role, SecretHash, Stamp, Store, Subject,
};

/// 2026-11-23 09:30 UTC, a Monday.
pub(super) const NOW: Instant = Instant::from_seconds(1_795_426_200);

pub(super) const HOUR: i64 = 3_600_000_000;
pub(super) const DAY: i64 = 24 * HOUR;

pub(super) fn credits(micros: u64) -> Credits {
    Credits::from_micros(micros).expect("the amounts of a test are small")
}

/// Two organisations of one shard and one of another: 1, 2 and 3.
pub(super) fn org_id(number: u128) -> OrgId {
    let base = 0x0192_f0c1_0000_7000_8000_0000_0000_0000;
    let shard = OrgId::from_u128(base).shard();
    let mut ids = (base..).map(OrgId::from_u128).filter(|id| (id.shard() == shard) == (number < 3));
    let place = if number == 2 { 1 } else { 0 };
    ids.nth(place).expect("there is an id of every shard")
}

pub(super) fn org(number: u128) -> Org {
    Org {
        id: org_id(number),
        name: format!("Org {number}"),
        plan: Plan {
            name: "Studio".to_owned(),
            allocation: credits(1_000_000),
            price: Money { minor: 49_00, currency: "EUR".to_owned() },
        },
        time_zone: "UTC".to_owned(),
        anchor_day: 1,
        contact: "owner@example.test".to_owned(),
        created: NOW,
        require_project: false,
        rates: Rates::default(),
    }
}

pub(super) fn group_id(number: u128) -> GroupId {
    GroupId::from_u128(0x1000 + number)
}

pub(super) fn group(org: u128, number: u128) -> Group {
    let name = format!("Group {number}");
    Group { id: group_id(number), org: org_id(org), name, managers: Vec::new() }
}

pub(super) fn project_id(number: u128) -> ProjectId {
    ProjectId::from_u128(0x2000 + number)
}

pub(super) fn project(org: u128, number: u128) -> Project {
    Project {
        id: project_id(number),
        org: org_id(org),
        slug: format!("project-{number}"),
        client: "A client".to_owned(),
        status: ProjectStatus::Active,
        members: None,
    }
}

pub(super) fn member_id(number: u128) -> MemberId {
    MemberId::from_u128(0x3000 + number)
}

pub(super) fn member(org: u128, number: u128) -> Member {
    let standing = MemberStanding {
        id: member_id(number),
        status: MemberStatus::Active,
        home: None,
        groups: Vec::new(),
        tools: None,
    };
    Member {
        org: org_id(org),
        name: format!("Member {number}"),
        email: Some(format!("member-{number}@example.test")),
        service_account: false,
        role: Role::Member,
        job_role: None,
        standing,
        subjects: Vec::new(),
        tokens_valid_after: Instant::MIN,
        rates: Rates::default(),
    }
}

/// Whom an issuer's tokens call somebody.
pub(super) fn subject(issuer: &str, subject: &str) -> Subject {
    Subject { issuer: issuer.to_owned(), subject: subject.to_owned() }
}

pub(super) fn key_id(number: u128) -> KeyId {
    KeyId::from_u128(0x4000 + number)
}

/// The key of the member of the same number.
pub(super) fn key(org: u128, number: u128) -> Key {
    let standing = KeyStanding {
        id: key_id(number),
        member: member_id(number),
        status: KeyStatus::Active,
        expires: Instant::MAX,
        group: None,
        project: None,
        tools: None,
    };
    Key {
        org: org_id(org),
        name: format!("Key {number}"),
        hint: "bursar_u_ab".to_owned(),
        surface: Surface::Api,
        created: NOW,
        standing,
        models: None,
        ips: None,
        rates: Rates::default(),
        secrets: Vec::new(),
        version: 0,
    }
}

pub(super) fn secret(number: u8) -> KeySecret {
    KeySecret {
        hash: SecretHash([number; 32]),
        pepper: 1,
        hint: format!("bursar_u_{number}"),
        created: NOW,
        not_after: Instant::MAX,
        last_used: None,
    }
}

pub(super) fn grant_id(number: u128) -> GrantId {
    GrantId::from_u128(0x5000 + number)
}

/// A grant without end that everyone may burn.
pub(super) fn grant(number: u128, kind: GrantKind, amount: u64) -> Grant {
    Grant {
        id: grant_id(number),
        kind,
        amount: credits(amount),
        start: NOW,
        end: Instant::MAX,
        created: NOW,
        access: Access::Everyone,
    }
}

/// A limit for all tools.
pub(super) fn limit(number: u128, scope: Scope, period: Period, amount: u64) -> Limit {
    let id = LimitId::from_u128(0x6000 + number);
    Limit { id, scope, tool: None, period, amount: credits(amount) }
}

/// Makes an organisation with one group, one project, two members and their keys, all of which
/// bear the organisation's number, or ten times that and one for the second member.
pub(super) async fn settle_in(store: &impl Store, number: u128) -> OrgId {
    let made = "an organisation is made";
    store.put_org(&org(number)).await.expect(made);
    store.put_group(&group(number, number)).await.expect(made);
    store.put_project(&project(number, number)).await.expect(made);
    for person in [number, number * 10 + 1] {
        store.put_member(&member(number, person)).await.expect(made);
        store.put_key(&key(number, person), None).await.expect(made);
    }
    org_id(number)
}

/// All that an organisation has, and all that was told of anybody: what is refused leaves it as it was.
pub(super) async fn all_of(
    store: &impl Store,
    org: OrgId,
) -> (Stamp, Option<OrgData>, Vec<Change>) {
    let told = "a store tells what it has";
    let stamp = store.stamp().await.expect(told);
    let data = store.load(org).await.expect(told);
    (stamp, data, store.changes_since(ChangeSeq(0), usize::MAX).await.expect(told))
}
