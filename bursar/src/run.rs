//! One process that runs: store, gateway and admin API, put together and taken apart again.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use admin_api::{AdminApi, AdminTokens, KeyMaker};
use anyhow::{Context, anyhow};
use bursar_config::{Bootstrap, Config, Durability, Handle, Peppers};
use gateway::{Clock, Ended, Gateway, Setup, SteadyClock};
use ledger::Instant;
use store::KeyHasher;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::folder::DataFolder;
use crate::gateways::Gateways;
use crate::neighbours::Neighbours;
use crate::node::ThisNode;
use crate::open_store::OpenStore;

/// What a process ends with when the journal's disk has failed: EX_IOERR of sysexits.h. Started
/// again, it recovers from what is on disk.
const DISK_FAILED: i32 = 74;

/// What an orderly end may take beside the requests that still run: the admin's, and the last sync.
const END: Duration = Duration::from_secs(5);

/// A gateway and its admin API that answer.
pub(crate) struct Running {
    /// Where the gateway listens.
    pub(crate) gateway: SocketAddr,
    /// Where the admin API listens.
    pub(crate) admin: SocketAddr,
    /// Where metrics and health are asked for.
    pub(crate) operations: SocketAddr,
    config: Handle,
    node: Arc<ThisNode>,
    ended: Pin<Box<dyn Future<Output = Ended> + Send>>,
    stop_admin: oneshot::Sender<()>,
    admin_api: JoinHandle<std::io::Result<()>>,
    store: OpenStore,
    _folder: DataFolder,
}

/// Opens the data folder; a new one is named at random.
///
/// # Errors
/// As the folder says.
pub(crate) fn open_folder(path: &Path) -> anyhow::Result<DataFolder> {
    DataFolder::open(path, rand::random)
}

/// What keys are hashed with.
///
/// # Errors
/// There is no pepper of the current version.
pub(crate) fn key_hasher(peppers: &Peppers) -> anyhow::Result<KeyHasher> {
    let versions = peppers.versions.iter();
    let versions = versions.map(|(version, pepper)| (*version, pepper.expose().as_bytes()));
    KeyHasher::new(peppers.current, versions).context("there is no pepper of the current version")
}

impl Running {
    /// Starts everything on a folder and a store that are open.
    ///
    /// # Errors
    /// The store refuses, or an address cannot be listened on.
    pub(crate) async fn start(
        config: Config,
        mut folder: DataFolder,
        store: OpenStore,
    ) -> anyhow::Result<Self> {
        let (bootstrap, config) = (config.bootstrap.clone(), Handle::new(config));
        // First, since it is the one listener that is ours to bind.
        let (listener, admin) = listen(bootstrap.listen.admin).await?;

        let clock: Arc<dyn Clock> = Arc::new(SteadyClock::start());
        let shared = store.shared();
        let store_id = shared.stamp().await?.store;
        let journal = folder.journal(store_id, rand::random(), journal_options(&bootstrap))?;
        let hasher = key_hasher(&bootstrap.peppers)?;
        let gateway = Gateway::start(Setup {
            config: config.clone(),
            store: Arc::clone(&shared),
            journal,
            on_journal_failure: Box::new(end_at_once),
            clock: Arc::clone(&clock),
            keys: hasher.clone(),
            node: folder.node(),
        })
        .await?;
        let (gateway_address, operations) = (gateway.address(), gateway.operations_address());
        let ended = Box::pin(gateway.ended());
        let node = Arc::new(ThisNode::new(folder.node(), gateway));

        let control = bootstrap.control.clone().filter(|_| shared.serves_many());
        let neighbours = control.map(|control| {
            Neighbours::new(node.id(), Arc::clone(&shared), Arc::clone(&clock), control.token)
        });
        let gateways = Gateways::new(Arc::clone(&node), neighbours.transpose()?);
        let tokens = bootstrap.admin_tokens.iter().map(|token| token.expose().to_owned());
        let api = AdminApi {
            store: shared,
            nodes: Arc::new(gateways),
            tokens: AdminTokens::new(tokens),
            clock: Arc::new(AdminClock(clock)),
            keys: KeyMaker::new(hasher, rand::random),
            issuers: Arc::new(ConfiguredIssuers(config.clone())),
        };
        let (stop_admin, stopped) = oneshot::channel::<()>();
        let stopped = async {
            // Dropped or sent: both say stop.
            let _ = stopped.await;
        };
        let admin_api = tokio::spawn(admin_api::serve(listener, api, stopped));
        tracing::info!(gateway = %gateway_address, %admin, %operations, node = %folder.node(), "ready");
        Ok(Self {
            gateway: gateway_address,
            admin,
            operations,
            config,
            node,
            ended,
            stop_admin,
            admin_api,
            store,
            _folder: folder,
        })
    }

    /// The config in force, and the way to put another in force.
    pub(crate) fn config(&self) -> &Handle {
        &self.config
    }

    /// Runs until `asked` ends.
    ///
    /// # Errors
    /// The admin API ended by itself; [`Ended`] when the gateway can serve no more, and is to be
    /// stopped.
    pub(crate) async fn until<T>(&mut self, asked: impl Future<Output = T>) -> anyhow::Result<T> {
        tokio::select! {
            asked = asked => Ok(asked),
            ended = &mut self.ended => Err(ended.into()),
            ended = &mut self.admin_api => {
                ended.context("the admin API broke off")?.context("the admin API cannot listen")?;
                Err(anyhow!("the admin API ended by itself"))
            }
        }
    }

    /// Ends it: nothing new is admitted, running requests end, the last sync is acknowledged.
    ///
    /// # Errors
    /// The last sync was not acknowledged, or it took longer than running requests may.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let bound = self.config.load().runtime.bounds.shutdown + END;
        let ended = tokio::time::timeout(bound, self.end()).await;
        ended.with_context(|| format!("it did not end within {} s", bound.as_secs()))?
    }

    async fn end(self) -> anyhow::Result<()> {
        let _ = self.stop_admin.send(());
        let (admin, gateway) = tokio::join!(self.admin_api, self.node.shutdown());
        gateway?;
        admin.context("the admin API broke off")?.context("the admin API cannot listen")?;
        drop(self.node);
        self.store.close().await;
        Ok(())
    }
}

fn journal_options(bootstrap: &Bootstrap) -> journal::Options {
    let durability = match bootstrap.durability {
        Durability::Strict => journal::Durability::Strict,
        Durability::Relaxed => journal::Durability::Relaxed,
    };
    let max_bytes = bootstrap.journal_bytes;
    journal::Options { durability, max_bytes, ..journal::Options::default() }
}

/// A write that a disk has refused may be lost although a second try says otherwise: nothing that is
/// known from here on can be relied on, and a start recovers from what is on disk.
fn end_at_once(error: &std::io::Error) {
    tracing::error!(%error, "the journal cannot be written: the process ends, look at its disk");
    std::process::exit(DISK_FAILED);
}

async fn listen(address: SocketAddr) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let cannot = || format!("the admin API cannot listen on {address}");
    let listener = TcpListener::bind(address).await.with_context(cannot)?;
    let bound = listener.local_addr().with_context(cannot)?;
    Ok((listener, bound))
}

/// The gateway's time, for the admin API.
struct AdminClock(Arc<dyn Clock>);

impl admin_api::Clock for AdminClock {
    fn now(&self) -> Instant {
        self.0.now()
    }
}

/// The issuers of whatever configuration is in force.
struct ConfiguredIssuers(Handle);

impl admin_api::Issuers for ConfiguredIssuers {
    fn has(&self, issuer: &str) -> bool {
        self.0.load().runtime.issuers.iter().any(|known| *known.issuer == *issuer)
    }
}
