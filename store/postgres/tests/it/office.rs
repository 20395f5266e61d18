//! A small organisation in a database of its own, for tests that look below the protocol.

use ledger::{
    Credits, Epoch, HoldId, Instant, KeyId, KeyStanding, KeyStatus, MemberId, MemberStanding,
    MemberStatus, NodeId, OrgId, Surface,
};
use postgres_cluster::{Database, Server, test_server};
use sqlx::{Connection as _, PgConnection};
use store::{
    IdempotencyClaim, Key, KeySecret, Member, Money, Org, Plan, Rates, Registration, Role,
    SecretHash, Store as _,
};
use store_postgres::{Options, PostgresStore};

pub(crate) const NOW: Instant = Instant::from_seconds(1_795_426_200);
pub(crate) const ORG: OrgId = OrgId::from_u128(1);
pub(crate) const MEMBER: MemberId = MemberId::from_u128(2);

/// An empty database on a server.
pub(crate) struct Office {
    pub(crate) database: Database,
    pub(crate) options: Options,
}

impl Office {
    /// On the server of the run, without tables.
    pub(crate) fn bare() -> Self {
        Self::on(&test_server().unwrap())
    }

    pub(crate) fn on(server: &Server) -> Self {
        let database = server.database().unwrap();
        let options = Options { max_connections: 4, ..Options::new(database.url()) };
        Self { database, options }
    }

    /// On the server of the run, with tables.
    pub(crate) async fn new() -> Self {
        Self::bare().migrated().await
    }

    pub(crate) async fn migrated(self) -> Self {
        PostgresStore::migrate(&self.options).await.unwrap();
        self
    }

    pub(crate) async fn store(&self) -> PostgresStore {
        PostgresStore::connect(&self.options).await.unwrap()
    }

    /// Returns once a store waits for a lock.
    pub(crate) async fn until_a_store_waits(&self) {
        self.until_stores_wait(1).await;
    }

    /// Returns once so many calls of stores wait for locks.
    pub(crate) async fn until_stores_wait(&self, calls: i64) {
        const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'bursar'
                 AND wait_event_type = 'Lock'";
        let mut raw = self.raw().await;
        while sqlx::query_scalar::<_, i64>(WAITING).fetch_one(&mut raw).await.unwrap() < calls {}
    }

    /// Cuts every connection of every store.
    pub(crate) fn cut(&self) {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'bursar'";
        self.database.run(cut).unwrap();
    }

    /// A connection that is no store's.
    pub(crate) async fn raw(&self) -> PgConnection {
        PgConnection::connect(&self.database.url()).await.unwrap()
    }
}

/// Puts in an organisation with one member.
pub(crate) async fn settle_in(store: &PostgresStore) {
    store.put_org(&org()).await.unwrap();
    store.put_member(&member()).await.unwrap();
}

pub(crate) fn org() -> Org {
    let price = Money { minor: 49_00, currency: "EUR".to_owned() };
    Org {
        id: ORG,
        name: "Org".to_owned(),
        plan: Plan { name: "Studio".to_owned(), allocation: Credits::ZERO, price },
        time_zone: "UTC".to_owned(),
        anchor_day: 1,
        contact: "owner@example.test".to_owned(),
        created: NOW,
        require_project: false,
        rates: Rates::default(),
    }
}

pub(crate) fn member() -> Member {
    let standing = MemberStanding {
        id: MEMBER,
        status: MemberStatus::Active,
        home: None,
        groups: Vec::new(),
        tools: None,
    };
    Member {
        org: ORG,
        name: "Member".to_owned(),
        email: None,
        service_account: false,
        role: Role::Member,
        job_role: None,
        standing,
        subjects: Vec::new(),
        tokens_valid_after: Instant::MIN,
        rates: Rates::default(),
    }
}

pub(crate) fn key(number: u128) -> Key {
    let standing = KeyStanding {
        id: KeyId::from_u128(number),
        member: MEMBER,
        status: KeyStatus::Active,
        expires: Instant::MAX,
        group: None,
        project: None,
        tools: None,
    };
    Key {
        org: ORG,
        name: format!("Key {number}"),
        hint: "bursar_u_".to_owned(),
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

pub(crate) fn secret(number: u8) -> KeySecret {
    KeySecret {
        hash: SecretHash([number; 32]),
        pepper: 1,
        hint: "bursar_u_abcd".to_owned(),
        created: NOW,
        not_after: Instant::MAX,
        last_used: None,
    }
}

pub(crate) fn registration(node: u32) -> Registration {
    let node = NodeId(node);
    Registration { node, journal: 1, last_lsn: 0, now: NOW, control: None }
}

pub(crate) fn hold(n: u64) -> HoldId {
    HoldId { node: NodeId(1), epoch: Epoch(1), n }
}

pub(crate) fn claim(key: &str, n: u64) -> IdempotencyClaim {
    let (key, hold) = (key.to_owned(), hold(n));
    IdempotencyClaim { org: ORG, member: MEMBER, key, fingerprint: [1; 32], hold, now: NOW }
}
