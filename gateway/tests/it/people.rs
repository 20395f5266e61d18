//! Who calls, and what they may spend: members, keys, groups, projects, grants, limits.

use gateway::Clock;
use ledger::{
    Access, CountsFrom, Grant, GrantId, GrantKind, GroupId, Instant, KeyId, KeyStanding, KeyStatus,
    Limit, LimitId, MemberId, MemberStanding, MemberStatus, OrgId, Period, ProjectId, Scope,
    Surface,
};
use store::{
    ChangeSeq, Group, Key, KeyKind, Member, PlainKey, Project, ProjectStatus, Rates, Role, Store,
};

use crate::house::House;

/// Somebody with a key.
pub(crate) struct Caller {
    pub(crate) member: MemberId,
    pub(crate) key: KeyId,
    pub(crate) secret: String,
}

impl House {
    /// A member with a key and a seat grant of so many credits, if any.
    pub(crate) async fn caller(&self, credits: &str) -> Caller {
        let caller = self.newcomer(None, None).await;
        if credits != "0" {
            self.grant(&caller, credits).await;
        }
        caller
    }

    /// A member with a key and ample credits, and that key's group and project.
    pub(crate) async fn caller_of(&self, group: GroupId, project: ProjectId) -> Caller {
        let caller = self.newcomer(Some(group), Some(project)).await;
        self.grant(&caller, "1000").await;
        caller
    }

    async fn newcomer(&self, group: Option<GroupId>, project: Option<ProjectId>) -> Caller {
        let n = self.next();
        let (member, key) = (MemberId::from_u128(n), KeyId::from_u128(n));
        self.put_member(member, group, |_| {}).await;
        let secret = plain_key(n);
        let caller = Caller { member, key, secret: secret.expose().to_owned() };
        let mut row = self.key(&caller);
        row.standing.project = project;
        self.store.put_key(&row, None).await.unwrap();
        self.take_in().await;
        caller
    }

    /// The caller's key as it was made.
    pub(crate) fn key(&self, caller: &Caller) -> Key {
        let row = key_row(self.org, caller.key, caller.member, self.clock.now());
        let plain = PlainKey::parse(&caller.secret).unwrap();
        Key { secrets: vec![self.keys.secret(&plain, row.created)], ..row }
    }

    /// Changes what the caller's key is.
    pub(crate) async fn change_key(&self, caller: &Caller, change: impl FnOnce(&mut KeyStanding)) {
        self.change_key_unseen(caller, change).await;
        self.take_in().await;
    }

    /// The same, of which the gateway has yet to hear.
    pub(crate) async fn change_key_unseen(
        &self,
        caller: &Caller,
        change: impl FnOnce(&mut KeyStanding),
    ) -> ChangeSeq {
        let mut row = self.key(caller);
        change(&mut row.standing);
        self.store.put_key(&row, None).await.unwrap()
    }

    /// Changes anything about the caller's key.
    pub(crate) async fn change_rules(&self, caller: &Caller, change: impl FnOnce(&mut Key)) {
        let mut row = self.key(caller);
        change(&mut row);
        self.store.put_key(&row, None).await.unwrap();
        self.take_in().await;
    }

    /// Changes what the caller itself is.
    pub(crate) async fn change_member(
        &self,
        caller: &Caller,
        change: impl FnOnce(&mut MemberStanding),
    ) {
        self.put_member(caller.member, None, change).await;
        self.take_in().await;
    }

    async fn put_member(
        &self,
        id: MemberId,
        home: Option<GroupId>,
        change: impl FnOnce(&mut MemberStanding),
    ) {
        let mut member = member_row(self.org, id, home);
        change(&mut member.standing);
        self.store.put_member(&member).await.unwrap();
    }

    pub(crate) async fn group(&self, managers: &[&Caller]) -> GroupId {
        let id = GroupId::from_u128(self.next());
        let managers = managers.iter().map(|caller| caller.member).collect();
        let group = Group { id, org: self.org, name: "Design".to_owned(), managers };
        self.store.put_group(&group).await.unwrap();
        self.take_in().await;
        id
    }

    /// A project that only these members may use, or all.
    pub(crate) async fn project(&self, slug: &str, members: Option<&[&Caller]>) -> ProjectId {
        let id = ProjectId::from_u128(self.next());
        let project = Project {
            id,
            org: self.org,
            slug: slug.to_owned(),
            client: "A client".to_owned(),
            status: ProjectStatus::Active,
            members: members.map(|members| members.iter().map(|caller| caller.member).collect()),
        };
        self.store.put_project(&project).await.unwrap();
        self.take_in().await;
        id
    }

    /// Gives a caller a seat grant of its own.
    pub(crate) async fn grant(&self, caller: &Caller, credits: &str) {
        self.grant_unseen(caller, credits).await;
        self.take_in().await;
    }

    /// The same, of which the gateway has yet to hear.
    pub(crate) async fn grant_unseen(&self, caller: &Caller, credits: &str) {
        let access = Access::Listed { members: vec![caller.member], groups: Vec::new() };
        self.put_grant(access, GrantKind::Seat, credits).await;
    }

    pub(crate) async fn grant_to(&self, access: Access, kind: GrantKind, credits: &str) {
        self.put_grant(access, kind, credits).await;
        self.take_in().await;
    }

    async fn put_grant(&self, access: Access, kind: GrantKind, credits: &str) {
        let id = GrantId::from_u128(self.next());
        let (amount, now) = (credits.parse().unwrap(), self.clock.now());
        let grant = Grant { id, kind, amount, start: now, end: Instant::MAX, created: now, access };
        self.store.put_grant(self.org, &grant, None, now).await.unwrap();
    }

    /// Sets a limit that never turns.
    pub(crate) async fn limit(&self, scope: Scope, credits: &str) -> Limit {
        let (id, amount) = (LimitId::from_u128(self.next()), credits.parse().unwrap());
        let limit = Limit { id, scope, tool: None, period: Period::Total, amount };
        self.set_limit(&limit).await;
        limit
    }

    pub(crate) async fn set_limit(&self, limit: &Limit) {
        let now = self.clock.now();
        self.store.put_limit(self.org, limit, CountsFrom::PeriodStart, now).await.unwrap();
        self.take_in().await;
    }
}

/// A key that is another for each number.
pub(crate) fn plain_key(n: u128) -> PlainKey {
    let mut seed = u8::try_from(n).unwrap().wrapping_mul(31);
    PlainKey::generate(KeyKind::Member, || {
        seed = seed.wrapping_mul(5).wrapping_add(113);
        seed
    })
}

pub(crate) fn key_row(org: OrgId, id: KeyId, member: MemberId, created: Instant) -> Key {
    Key {
        org,
        name: "a key".to_owned(),
        hint: "bursar_u_".to_owned(),
        surface: Surface::Api,
        created,
        standing: standing(id, member),
        models: None,
        ips: None,
        rates: Rates::default(),
        secrets: Vec::new(),
        version: 0,
    }
}

pub(crate) fn member_row(org: OrgId, id: MemberId, home: Option<GroupId>) -> Member {
    let groups = home.into_iter().collect();
    Member {
        org,
        name: format!("Member {}", id.as_u128()),
        email: None,
        service_account: false,
        role: Role::Member,
        job_role: None,
        standing: MemberStanding { id, status: MemberStatus::Active, home, groups, tools: None },
        subjects: Vec::new(),
        tokens_valid_after: Instant::MIN,
        rates: Rates::default(),
    }
}

fn standing(id: KeyId, member: MemberId) -> KeyStanding {
    let (group, project, tools) = (None, None, None);
    let (status, expires) = (KeyStatus::Active, Instant::MAX);
    KeyStanding { id, member, status, expires, group, project, tools }
}
