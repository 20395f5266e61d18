//! An organisation for the tests: Ada and a robot, one of two groups, a key, two grants, two limits.

use ledger::{
    Access, CountsFrom, Credits, Grant, GrantId, GrantKind, GroupId, Instant, KeyId, KeyStanding,
    KeyStatus, Limit, LimitId, MemberId, MemberStanding, MemberStatus, OrgId, Period, ProjectId,
    Scope, Surface, Tool,
};
use store::{
    Group, Key, KeySecret, Member, Model, Money, Org, Plan, Project, ProjectStatus, Rates, Role,
    SecretHash, Store,
};

use crate::client::NOW;

pub(crate) const ORG: OrgId = OrgId::from_u128(0xa);
pub(crate) const DESIGN: GroupId = GroupId::from_u128(0x10);
pub(crate) const SALES: GroupId = GroupId::from_u128(0x11);
pub(crate) const ADA: MemberId = MemberId::from_u128(0x20);
pub(crate) const ROBOT: MemberId = MemberId::from_u128(0x21);
pub(crate) const SITE: ProjectId = ProjectId::from_u128(0x30);
pub(crate) const KEY: KeyId = KeyId::from_u128(0x40);
/// What the whole organisation may spend in a cycle: 500.
pub(crate) const LIMIT: LimitId = LimitId::from_u128(0x60);

pub(crate) fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

pub(crate) fn org(id: OrgId, name: &str) -> Org {
    let price = Money { minor: 49_900, currency: "EUR".to_owned() };
    Org {
        id,
        name: name.to_owned(),
        plan: Plan { name: "team".to_owned(), allocation: credits("1000"), price },
        time_zone: "Europe/Berlin".to_owned(),
        anchor_day: 15,
        contact: "it@acme.example".to_owned(),
        created: NOW,
        require_project: false,
        rates: Rates::default(),
    }
}

/// A store that has the organisation.
pub(crate) async fn acme() -> Model {
    let store = Model::default();
    store.put_org(&org(ORG, "Acme")).await.unwrap();
    for (id, name) in [(DESIGN, "Design"), (SALES, "Sales")] {
        let group = Group { id, org: ORG, name: name.to_owned(), managers: vec![] };
        store.put_group(&group).await.unwrap();
    }
    store.put_member(&ada()).await.unwrap();
    store.put_member(&robot()).await.unwrap();
    let managed = Group { id: DESIGN, org: ORG, name: "Design".to_owned(), managers: vec![ADA] };
    store.put_group(&managed).await.unwrap();
    store.put_project(&site()).await.unwrap();
    store.put_key(&key(), None).await.unwrap();
    for grant in grants() {
        store.put_grant(ORG, &grant, None, NOW).await.unwrap();
    }
    for limit in limits() {
        store.put_limit(ORG, &limit, CountsFrom::Now, NOW).await.unwrap();
    }
    store
}

pub(crate) fn ada() -> Member {
    Member {
        org: ORG,
        name: "Ada".to_owned(),
        email: Some("ada@acme.example".to_owned()),
        service_account: false,
        role: Role::Manager,
        job_role: Some("designer".to_owned()),
        standing: MemberStanding {
            id: ADA,
            status: MemberStatus::Active,
            home: Some(DESIGN),
            groups: vec![DESIGN, SALES],
            tools: None,
        },
        subjects: Vec::new(),
        tokens_valid_after: Instant::MIN,
        rates: Rates::default(),
    }
}

fn robot() -> Member {
    Member {
        org: ORG,
        name: "Robot".to_owned(),
        email: None,
        service_account: true,
        role: Role::Member,
        job_role: None,
        standing: MemberStanding {
            id: ROBOT,
            status: MemberStatus::AccessRemoved,
            home: None,
            groups: vec![],
            tools: None,
        },
        subjects: Vec::new(),
        tokens_valid_after: Instant::MIN,
        rates: Rates::default(),
    }
}

/// A store that has the organisation, and another one with nothing in it.
pub(crate) async fn acme_and_another() -> (Model, OrgId) {
    let (store, other) = (acme().await, OrgId::from_u128(0xb));
    store.put_org(&org(other, "Zenith")).await.unwrap();
    (store, other)
}

fn site() -> Project {
    Project {
        id: SITE,
        org: ORG,
        slug: "site".to_owned(),
        client: "Zenith".to_owned(),
        status: ProjectStatus::Active,
        members: None,
    }
}

fn key() -> Key {
    let standing = KeyStanding {
        id: KEY,
        member: ADA,
        status: KeyStatus::Active,
        expires: Instant::MAX,
        group: None,
        project: None,
        tools: None,
    };
    Key {
        org: ORG,
        name: "laptop".to_owned(),
        hint: "bursar_u_4fNv".to_owned(),
        surface: Surface::Api,
        created: NOW,
        standing,
        models: None,
        ips: None,
        rates: Rates::default(),
        secrets: vec![KeySecret {
            hash: SecretHash([0xEE; 32]),
            pepper: 1,
            hint: "bursar_u_4fNv".to_owned(),
            created: NOW,
            not_after: Instant::MAX,
            last_used: None,
        }],
        version: 0,
    }
}

fn grants() -> [Grant; 2] {
    let allocation = Grant {
        id: GrantId::from_u128(0x50),
        kind: GrantKind::Allocation,
        amount: credits("1000"),
        start: NOW,
        end: NOW.plus_micros(30 * 86_400_000_000),
        created: NOW,
        access: Access::Everyone,
    };
    let pool = Grant {
        id: GrantId::from_u128(0x51),
        kind: GrantKind::TopUp,
        amount: credits("12.5"),
        end: Instant::MAX,
        access: Access::Listed { members: vec![ROBOT], groups: vec![SALES] },
        ..allocation.clone()
    };
    [allocation, pool]
}

fn limits() -> [Limit; 2] {
    let whole = Limit {
        id: LIMIT,
        scope: Scope::Org,
        tool: None,
        period: Period::Cycle,
        amount: credits("500"),
    };
    let image = Tool::new("text-to-image");
    let own = Limit {
        id: LimitId::from_u128(0x61),
        scope: Scope::Member(ADA),
        tool: Some(image),
        period: Period::Day,
        amount: credits("0.25"),
    };
    [whole, own]
}
