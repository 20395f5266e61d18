//! Several gateways on one store that serves many, with one organisation in it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gateway::{Clock, Gateway, SteadyClock};
use ledger::{
    Access, CountsFrom, Credits, Grant, GrantId, GrantKind, Instant, KeyId, Limit, LimitId,
    MemberId, NodeId, OrgId, Period, Scope,
};
use mock_provider::{MockProvider, Options};
use parking_lot::Mutex;
use reqwest::RequestBuilder;
use serde_json::Value;
use store::{Audit, KeyHasher, Model, Store, StoredAccount};
use tempfile::TempDir;

use crate::calls::CHAT;
use crate::flaky::{FlakyStore, Reach};
use crate::house::{OPERATORS_KEY, PEPPER, file, load, organisation, small, start_node};
use crate::people::{Caller, key_row, member_row, plain_key};

/// Gateways, their provider and their store.
pub(crate) struct Cluster {
    pub(crate) provider: MockProvider,
    pub(crate) store: Arc<Model>,
    pub(crate) clock: Arc<MovedClock>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) org: OrgId,
    pub(crate) client: reqwest::Client,
    keys: KeyHasher,
    config: String,
}

/// One gateway, its folder, and how much of the store it reaches.
pub(crate) struct Node {
    pub(crate) gateway: Gateway,
    reach: Arc<Mutex<Reach>>,
    folder: TempDir,
}

/// A clock that all of them share, and that can be put forward.
pub(crate) struct MovedClock {
    clock: SteadyClock,
    ahead_micros: AtomicU64,
}

impl MovedClock {
    pub(crate) fn put_forward(&self, by: Duration) {
        self.ahead_micros.fetch_add(u64::try_from(by.as_micros()).unwrap(), Ordering::Relaxed);
    }

    fn ahead(&self) -> i64 {
        i64::try_from(self.ahead_micros.load(Ordering::Relaxed)).unwrap()
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Instant {
        self.clock.now().plus_micros(self.ahead())
    }

    fn not_before(&self, instant: Instant) {
        self.clock.not_before(instant.plus_micros(-self.ahead()));
    }

    fn store_says(&self, _instant: Instant) {}

    fn since_boot(&self) -> Duration {
        let ahead = Duration::from_micros(self.ahead_micros.load(Ordering::Relaxed));
        self.clock.since_boot() + ahead
    }
}

impl Cluster {
    pub(crate) async fn of(gateways: u32, edit: impl FnOnce(String) -> String) -> Self {
        let options = Options {
            record: true,
            credential: Some(OPERATORS_KEY.to_owned()),
            ..Options::default()
        };
        let provider = MockProvider::start(options).await.unwrap();
        let config = edit(include_str!("house.yaml").to_owned());
        let (store, org) = (Arc::new(Model::shared()), OrgId::from_u128(7));
        store.put_org(&organisation(org)).await.unwrap();
        let clock = MovedClock { clock: SteadyClock::start(), ahead_micros: AtomicU64::new(0) };
        let mut cluster = Self {
            config: config.replace("UPSTREAM_URL", &provider.url()),
            provider,
            store,
            clock: Arc::new(clock),
            nodes: Vec::new(),
            org,
            client: reqwest::Client::new(),
            keys: KeyHasher::new(1, [(1, PEPPER)]).unwrap(),
        };
        for id in 1..=gateways {
            let node = cluster.start(id, tempfile::tempdir().unwrap()).await;
            cluster.nodes.push(node);
        }
        cluster
    }

    pub(crate) async fn start(&self, id: u32, folder: TempDir) -> Node {
        std::fs::write(file(&folder), &self.config).unwrap();
        let (config, reach) = (load(&folder), Arc::new(Mutex::new(Reach::All)));
        let store = Arc::clone(&self.store) as Arc<dyn Store>;
        let store = FlakyStore::new(store, Arc::clone(&reach));
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let node = NodeId(id);
        let gateway = start_node(node, &config, store, clock, &self.keys, &folder, small()).await;
        Node { gateway, reach, folder }
    }

    /// A member with a key.
    pub(crate) async fn caller(&self, n: u128) -> Caller {
        let (member, key, secret) = (MemberId::from_u128(n), KeyId::from_u128(n), plain_key(n));
        self.store.put_member(&member_row(self.org, member, None)).await.unwrap();
        let mut row = key_row(self.org, key, member, self.clock.now());
        row.secrets.push(self.keys.secret(&secret, row.created));
        self.store.put_key(&row, None).await.unwrap();
        self.take_in().await;
        Caller { member, key, secret: secret.expose().to_owned() }
    }

    /// Credits that everybody may spend.
    pub(crate) async fn grant(&self, n: u128, credits: &str) -> GrantId {
        let (id, kind, access) = (GrantId::from_u128(n), GrantKind::TopUp, Access::Everyone);
        let (amount, now) = (credits.parse().unwrap(), self.clock.now());
        let grant = Grant { id, kind, amount, start: now, end: Instant::MAX, created: now, access };
        self.store.put_grant(self.org, &grant, None, now).await.unwrap();
        self.take_in().await;
        id
    }

    /// A limit of the whole organisation that never turns.
    pub(crate) async fn limit(&self, n: u128, credits: &str) -> LimitId {
        self.limit_in(Period::Total, n, credits).await
    }

    pub(crate) async fn limit_in(&self, period: Period, n: u128, credits: &str) -> LimitId {
        let (id, amount) = (LimitId::from_u128(n), credits.parse().unwrap());
        let limit = Limit { id, scope: Scope::Org, tool: None, period, amount };
        let now = self.clock.now();
        self.store.put_limit(self.org, &limit, CountsFrom::PeriodStart, now).await.unwrap();
        self.take_in().await;
        id
    }

    /// Has every gateway that reaches the store take in what it has committed.
    pub(crate) async fn take_in(&self) {
        let seq = self.store.stamp().await.unwrap().seq;
        for node in &self.nodes {
            assert!(*node.reach.lock() != Reach::All || node.gateway.take_in(seq).await);
        }
    }

    /// A call by way of one gateway.
    pub(crate) fn post(&self, node: usize, caller: &Caller, body: &Value) -> RequestBuilder {
        let url = self.nodes[node].url(CHAT);
        let request = self.client.post(url).bearer_auth(&caller.secret);
        request.timeout(Duration::from_secs(60)).json(body)
    }

    /// The status that it is answered with, and the code of a refusal.
    pub(crate) async fn call(&self, node: usize, caller: &Caller, body: &Value) -> (u16, String) {
        outcome(self.post(node, caller, body)).await
    }

    pub(crate) async fn accounts(&self) -> Vec<StoredAccount> {
        self.store.accounts(self.org).await.unwrap()
    }

    /// Waits until the accounts are so.
    pub(crate) async fn until(&self, so: impl Fn(&[StoredAccount]) -> bool) {
        while !so(&self.accounts().await) {
            tokio::task::yield_now().await;
        }
    }

    /// Ends every gateway in good order: nothing is leased any more, and nothing was lost.
    pub(crate) async fn shutdown(self) {
        for node in self.nodes {
            node.gateway.shutdown().await.unwrap();
        }
        for account in self.store.accounts(self.org).await.unwrap() {
            assert_eq!(account.leased, Credits::ZERO, "{account:?}");
            assert_eq!(account.leases, []);
        }
        let reconciled = self.store.reconcile().await.unwrap();
        assert!(reconciled.holds(), "{reconciled:?}");
    }
}

impl Node {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.gateway.address())
    }

    pub(crate) fn reach(&self, reach: Reach) {
        *self.reach.lock() = reach;
    }

    /// What is on its disk, as a start finds it that comes after the gateway was killed just now.
    pub(crate) fn disk(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        std::fs::create_dir(copy.path().join("journal")).unwrap();
        for entry in std::fs::read_dir(self.folder.path().join("journal")).unwrap() {
            let path = entry.unwrap().path();
            let to = copy.path().join("journal").join(path.file_name().unwrap());
            std::fs::copy(&path, to).unwrap();
        }
        copy
    }

    /// The samples of a counter by their labels.
    pub(crate) async fn counts(&self, name: &str) -> BTreeMap<String, u64> {
        let url = format!("http://{}/metrics", self.gateway.operations_address());
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        let samples = text.lines().filter_map(|line| line.strip_prefix(name)?.rsplit_once(' '));
        samples.map(|(labels, count)| (labels.to_owned(), count.parse().unwrap())).collect()
    }
}

/// What a call is answered with: the status, and the code of a refusal.
pub(crate) async fn outcome(call: RequestBuilder) -> (u16, String) {
    let response = call.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
}
