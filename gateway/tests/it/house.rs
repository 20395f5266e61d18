//! A gateway, its provider and its store, with one organisation in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bursar_config::{Config, Environment, Handle, Reloader};
use gateway::{Clock, Gateway, Setup, SteadyClock};
use journal::{ClosedJournal, Options as JournalOptions, Owner};
use ledger::{Credits, Instant, NodeId, OrgId};
use mock_provider::{MockProvider, Options};
use parking_lot::Mutex;
use store::{ChangeSeq, KeyHasher, Money, Org, Plan, Rates, Store};
use store_sqlite::SqliteStore;
use tempfile::TempDir;

use crate::flaky::{FlakyStore, Reach};

/// What the provider knows the operator by; only a call with it is let in there.
pub(crate) const OPERATORS_KEY: &str = "the-operators-own-key";
pub(crate) const PEPPER: &[u8] = b"a pepper of at least thirty-two bytes for tests";

/// One organisation behind one gateway; its folder goes when it does.
pub(crate) struct House {
    pub(crate) provider: MockProvider,
    pub(crate) gateway: Gateway,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<SteadyClock>,
    pub(crate) org: OrgId,
    pub(crate) client: reqwest::Client,
    pub(super) keys: KeyHasher,
    reach: Arc<Mutex<Reach>>,
    made: AtomicU32,
    config: Handle,
    journal: JournalOptions,
    folder: TempDir,
    /// Of gateways that have crashed, and do not know it.
    left: Vec<TempDir>,
}

/// What the configuration names in `${...}`.
struct Env;

impl Environment for Env {
    fn var(&self, name: &str) -> Option<String> {
        match name {
            "PEPPER" => Some(String::from_utf8_lossy(PEPPER).into_owned()),
            "TOKEN" => Some("bursar_a_a-token-for-the-admin-api-of-tests".to_owned()),
            "PROVIDER_KEY" => Some(OPERATORS_KEY.to_owned()),
            _ => None,
        }
    }

    fn read_file(&self, path: &Path) -> std::io::Result<String> {
        std::fs::read_to_string(path)
    }
}

impl House {
    /// A house with the usual bounds and an instant provider.
    pub(crate) async fn new() -> Self {
        Self::with(|text| text).await
    }

    /// A house whose configuration is edited before it is read. In it `UPSTREAM_URL` stands for the
    /// mock provider; another address may be put in its place.
    pub(crate) async fn with(edit: impl FnOnce(String) -> String) -> Self {
        Self::with_journal(edit, small()).await
    }

    /// A house whose journal is kept in a way of its own.
    pub(crate) async fn with_journal(
        edit: impl FnOnce(String) -> String,
        journal: JournalOptions,
    ) -> Self {
        let options = Options {
            record: true,
            credential: Some(OPERATORS_KEY.to_owned()),
            ..Options::default()
        };
        let provider = MockProvider::start(options).await.unwrap();
        let text = edit(include_str!("house.yaml").to_owned());
        let text = text.replace("UPSTREAM_URL", &provider.url());
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(file(&folder), text).unwrap();
        let config = load(&folder);
        let store = open(&folder).await;
        let org = OrgId::from_u128(7);
        store.put_org(&organisation(org)).await.unwrap();
        let keys = KeyHasher::new(1, [(1, PEPPER)]).unwrap();
        let clock = Arc::new(SteadyClock::start());
        let made = AtomicU32::new(0);
        let reach = Arc::new(Mutex::new(Reach::All));
        let flaky = FlakyStore::new(Arc::clone(&store) as Arc<dyn Store>, Arc::clone(&reach));
        let gateway = start(&config, flaky, &clock, &keys, &folder, journal.clone()).await;
        let client = reqwest::Client::new();
        let left = Vec::new();
        Self {
            provider,
            gateway,
            store,
            clock,
            org,
            client,
            keys,
            reach,
            made,
            config,
            journal,
            folder,
            left,
        }
    }

    /// The same folder behind a new gateway, once the present one has ended in good order.
    pub(crate) async fn restarted(self) -> Self {
        let Self { gateway, store, .. } = self;
        gateway.shutdown().await.unwrap();
        Arc::into_inner(store).expect("a gateway that ended has let its store go").close().await;
        let (config, store) = (load(&self.folder), open(&self.folder).await);
        let flaky = FlakyStore::new(Arc::clone(&store) as Arc<dyn Store>, Arc::clone(&self.reach));
        let clock = Arc::new(SteadyClock::start());
        let gateway =
            start(&config, flaky, &clock, &self.keys, &self.folder, self.journal.clone()).await;
        Self { gateway, store, clock, config, client: reqwest::Client::new(), ..self }
    }

    /// What a start finds that comes after the present gateway was killed just now, at a time of its
    /// own: all that was written, and nothing that was only known.
    pub(crate) async fn crashed_until(mut self, now: Instant) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("journal")).unwrap();
        // The store first: a journal that is ahead of it is what a crash leaves.
        for within in ["", "journal"] {
            for entry in std::fs::read_dir(self.folder.path().join(within)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    let to = folder.path().join(within).join(path.file_name().unwrap());
                    std::fs::copy(&path, to).unwrap();
                }
            }
        }
        self.left.push(std::mem::replace(&mut self.folder, folder));
        self.reach(Reach::All);
        let (config, store) = (load(&self.folder), open(&self.folder).await);
        let flaky = FlakyStore::new(Arc::clone(&store) as Arc<dyn Store>, Arc::clone(&self.reach));
        let clock = Arc::new(SteadyClock::start_at(now));
        let journal = self.journal.clone();
        let gateway = start(&config, flaky, &clock, &self.keys, &self.folder, journal).await;
        Self { gateway, store, clock, config, client: reqwest::Client::new(), ..self }
    }

    /// The folder of the journal.
    pub(crate) fn journal_folder(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// The same, a moment later.
    pub(crate) async fn crashed(self) -> Self {
        let now = SteadyClock::start().now();
        self.crashed_until(now).await
    }

    /// Puts an edited configuration in force while the gateway runs.
    pub(crate) fn reload(&self, edit: impl FnOnce(String) -> String) {
        let file = file(&self.folder);
        let text = edit(std::fs::read_to_string(&file).unwrap());
        std::fs::write(&file, text).unwrap();
        let reloader = Reloader::new(self.config.clone(), &file, Arc::new(Env));
        reloader.reload().unwrap_or_else(|problems| panic!("{problems}"));
    }

    /// Lets the gateway reach so much of its store from now on.
    pub(crate) fn reach(&self, reach: Reach) {
        *self.reach.lock() = reach;
    }

    /// How much of its store the gateway reaches.
    pub(crate) fn reached(&self) -> Reach {
        *self.reach.lock()
    }

    /// A number that nothing else has.
    pub(super) fn next(&self) -> u128 {
        u128::from(self.made.fetch_add(1, Ordering::Relaxed)) + 1
    }

    /// Has the gateway take in what the store has committed.
    pub(crate) async fn take_in(&self) {
        assert!(self.gateway.take_in(self.seq().await).await);
    }

    /// The last change that the store has committed.
    pub(crate) async fn seq(&self) -> ChangeSeq {
        self.store.stamp().await.unwrap().seq
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.gateway.address())
    }
}

async fn open(folder: &TempDir) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(&folder.path().join("bursar.db")).await.unwrap())
}

pub(crate) fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("house.yaml")
}

pub(crate) fn load(folder: &TempDir) -> Handle {
    let config = Config::load(&file(folder), &Env);
    Handle::new(config.unwrap_or_else(|problems| panic!("{problems}")))
}

pub(crate) fn organisation(id: OrgId) -> Org {
    Org {
        id,
        name: "Northwind".to_owned(),
        plan: Plan {
            name: "Team".to_owned(),
            allocation: Credits::ZERO,
            price: Money { minor: 0, currency: "EUR".to_owned() },
        },
        time_zone: "Europe/Berlin".to_owned(),
        anchor_day: 1,
        contact: "owner@northwind.example".to_owned(),
        created: Instant::from_seconds(0),
        require_project: false,
        rates: Rates::default(),
    }
}

async fn start(
    config: &Handle,
    store: FlakyStore,
    clock: &Arc<SteadyClock>,
    keys: &KeyHasher,
    folder: &TempDir,
    options: JournalOptions,
) -> Gateway {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    start_node(NodeId(1), config, store, clock, keys, folder, options).await
}

pub(crate) async fn start_node(
    node: NodeId,
    config: &Handle,
    store: FlakyStore,
    clock: Arc<dyn Clock>,
    keys: &KeyHasher,
    folder: &TempDir,
    options: JournalOptions,
) -> Gateway {
    let owner = Owner { store: store.stamp().await.unwrap().store, node };
    let folder = folder.path().join("journal");
    let setup = Setup {
        config: config.clone(),
        store: Arc::new(store),
        journal: ClosedJournal::open(&folder, owner, None, 1, options).unwrap(),
        on_journal_failure: Box::new(|error| eprintln!("the journal's disk has failed: {error}")),
        clock,
        keys: keys.clone(),
        node: owner.node,
    };
    Gateway::start(setup).await.unwrap()
}

/// A journal in small files, which are quicker to make.
pub(crate) fn small() -> JournalOptions {
    JournalOptions { segment_bytes: 4 << 20, ..JournalOptions::default() }
}
