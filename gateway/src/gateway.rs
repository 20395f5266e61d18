//! A gateway from its start to its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bursar_config::Handle;
use journal::{AppliedUpTo, ClosedJournal, Journal, Lsn, OnFailure};
use ledger::{Epoch, Instant as Money, NodeId};
use store::{ChangeSeq, KeyHasher, Registration, Store};

use crate::admission::Admission;
use crate::control::Control;
use crate::counter::RequestCounter;
use crate::gate::Gate;
use crate::identity::{Keyring, KnownSecrets, Tokens};
use crate::metrics::Metrics;
use crate::operations::Operations;
use crate::own::Own;
use crate::proxy::Proxy;
use crate::recovery::Recovered;
use crate::server::{Listeners, Server};
use crate::store_calls::StoreCalls;
use crate::sync::{Ledger, Membership, Tasks};
use crate::time::Clock;
use crate::upstream::Resolver;

/// What a gateway is made of.
pub struct Setup {
    /// The configuration, swapped when it is reloaded.
    pub config: Handle,
    /// Where the credits are.
    pub store: Arc<dyn Store>,
    /// What is written down before it is acted upon, as the last start left it.
    pub journal: ClosedJournal,
    /// What is done when the journal's disk fails: the process has to end.
    pub on_journal_failure: OnFailure,
    /// The time for money.
    pub clock: Arc<dyn Clock>,
    /// How keys are recognised.
    pub keys: KeyHasher,
    /// This gateway's data folder.
    pub node: NodeId,
}

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store could not be read, or did not take in what the last start had left.
    #[error("the store: {0}")]
    Store(#[from] store::Error),
    /// The journal could not be gone on with.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// There is no room to end what the last start had left.
    #[error("the journal has no room to end what the last start left: make room on the disk")]
    JournalFull,
    /// An address could not be listened on.
    #[error("cannot listen on {address}: {source}; stop what has it, or choose another")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Pingora refused what it was given.
    #[error("the proxy: {0}")]
    Proxy(String),
}

/// Why a gateway did not end cleanly.
#[derive(Debug, thiserror::Error)]
pub enum ShutdownError {
    /// The last sync was not acknowledged: the journal keeps it for the next start.
    #[error(
        "the store did not take the last charges, the journal keeps them for the next start: {0}"
    )]
    Unsynced(store::Error),
    /// A later start of this node has begun.
    #[error(transparent)]
    Ended(#[from] Ended),
}

/// Why a gateway can serve no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// A later start of this node has begun, or the operator has retired it.
    #[error(
        "fenced: epoch {0:?} of this node has begun elsewhere; what this one has charged since is in \
         its journal, and the next start on its folder reports it"
    )]
    Fenced(Epoch),
}

/// A running gateway.
pub struct Gateway {
    gate: Arc<Gate>,
    ledger: Arc<Ledger>,
    metrics: Arc<Metrics>,
    config: Handle,
    server: Server,
    tasks: Tasks,
    recovered: Recovered,
}

/// How long syncs that are under way may take, and then the last one.
const SYNCS: Duration = Duration::from_millis(500);
const LAST_SYNC: Duration = Duration::from_secs(4);
const DRAIN_POLL: Duration = Duration::from_millis(20);

impl Gateway {
    /// Starts to listen; when this returns, requests are answered.
    ///
    /// # Errors
    /// [`StartError`] when the store cannot be read or an address is taken.
    pub async fn start(setup: Setup) -> Result<Self, StartError> {
        let Setup { config, store, journal, on_journal_failure, clock, keys, node } = setup;
        let metrics = Metrics::new().map_err(|error| StartError::Proxy(error.to_string()))?;
        let metrics = Arc::new(metrics);
        let store = Arc::new(StoreCalls::new(store, metrics.store_calls.clone()));
        // First: an address that is taken is found out before the store hears of this start.
        let listeners = Listeners::of(&config.load().bootstrap)?;
        let control = config.load().bootstrap.control.clone();
        let address = control.as_ref().map(|control| match &control.advertise {
            Some(address) => address.clone(),
            None => listeners.operations().to_string(),
        });
        let arrival = Arrival { node, control: address, now: clock.now() };
        let (journal, membership) = join(&store, journal, on_journal_failure, arrival).await?;
        let epoch = membership.epoch;
        let (journal, clock_of) = (Arc::new(journal), Arc::clone(&clock));
        let secrets = Arc::new(KnownSecrets::new(keys));
        let secrets_of = Arc::clone(&secrets);
        let ledger =
            Ledger::new(membership, Arc::clone(&store), secrets_of, Arc::clone(&journal), clock_of)
                .await?;
        ledger.give_sign_of_life().await?;
        clock.not_before(journal.latest());
        let recovered = ledger.recover().await?;
        if recovered != Recovered::default() {
            tracing::info!(
                records = recovered.records,
                indeterminate = recovered.indeterminate,
                charged = %recovered.charged,
                released = recovered.released,
                "recovered what the last start had left; `bursar ledger indeterminate` lists what \
                 was charged by the journal"
            );
        }
        let ledger = Arc::new(ledger);
        let keyring = Keyring::new(secrets, store, Arc::clone(&ledger));
        let tokens = Arc::new(Tokens::new(config.clone(), Arc::clone(&ledger)));
        let (ledger_of, metrics_of) = (Arc::clone(&ledger), Arc::clone(&metrics));
        let gate = Arc::new(Gate::new(keyring, Arc::clone(&tokens), ledger_of, metrics_of));
        let proxy = Proxy {
            config: config.clone(),
            counter: RequestCounter::new(node, epoch),
            gate: Arc::clone(&gate),
            admission: Admission { ledger: Arc::clone(&ledger), metrics: Arc::clone(&metrics) },
            own: Own { ledger: Arc::clone(&ledger) },
            resolver: Resolver::default(),
            metrics: Arc::clone(&metrics),
        };
        let operations = Operations {
            metrics: Arc::clone(&metrics),
            ledger: Arc::clone(&ledger),
            gate: Arc::clone(&gate),
            tokens: Arc::clone(&tokens),
            config: config.clone(),
            control: control.map(|control| Control::new(node, Arc::clone(&ledger), &control.token)),
        };
        let server = Server::start(proxy, operations, listeners).await?;
        let tasks = Tasks::start(&ledger, &config, tokens);
        Ok(Self { gate, ledger, metrics, config, server, tasks, recovered })
    }

    /// What the start found of the one before it.
    #[must_use]
    pub const fn recovered(&self) -> Recovered {
        self.recovered
    }

    /// Where clients reach it.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.gateway
    }

    /// Where it is watched.
    #[must_use]
    pub const fn operations_address(&self) -> SocketAddr {
        self.server.operations
    }

    /// Ends when this gateway can serve no more, and says why: it is to be shut down.
    pub fn ended(&self) -> impl Future<Output = Ended> + Send + use<> {
        let fenced = self.ledger.health().fenced();
        async move { Ended::Fenced(fenced.await) }
    }

    /// Takes in what the store has committed; whether everything up to `seq` is in force.
    pub async fn take_in(&self, seq: ChangeSeq) -> bool {
        match self.ledger.confirm(seq).await {
            Ok(in_force) => in_force >= seq,
            Err(failure) => {
                tracing::warn!(%failure, "a change could not be taken in");
                false
            }
        }
    }

    /// Stops admitting, lets running requests end, has the last charges stored and the leases taken
    /// back, and stops.
    ///
    /// # Errors
    /// [`ShutdownError::Unsynced`] when the store did not acknowledge the last charges;
    /// [`ShutdownError::Ended`] when it had fenced this gateway, whose journal keeps them.
    pub async fn shutdown(self) -> Result<(), ShutdownError> {
        self.gate.close();
        let deadline = Instant::now() + self.config.load().runtime.bounds.shutdown;
        while self.metrics.present.get() > 0 && Instant::now() < deadline {
            tokio::time::sleep(DRAIN_POLL).await;
        }
        // What still runs is torn down with Pingora, which ends its holds.
        self.server.stop().await;
        self.tasks.stop(SYNCS).await;
        let left = self.ledger.leave(LAST_SYNC).await;
        match self.ledger.health().fenced_by() {
            Some(epoch) => Err(Ended::Fenced(epoch).into()),
            None => left.map_err(ShutdownError::Unsynced),
        }
    }
}

/// A gateway that comes to a store.
struct Arrival {
    node: NodeId,
    control: Option<String>,
    now: Money,
}

/// Begins a new start of the node: in the store, and then in its journal.
async fn join(
    store: &StoreCalls,
    journal: ClosedJournal,
    on_failure: OnFailure,
    arrival: Arrival,
) -> Result<(Journal, Membership), StartError> {
    let Arrival { node, control, now } = arrival;
    let told_at = control.clone();
    let (journal_id, last_lsn) = (journal.id(), journal.last().0);
    let registration = Registration { node, journal: journal_id, last_lsn, now, control };
    let last_epoch = journal.last_epoch();
    let mut registered = store.register(&registration).await?;
    // A store that went back in time has forgotten starts: none may be begun twice.
    while registered.epoch <= last_epoch {
        registered = store.register(&registration).await?;
    }
    let applied = registered.applied.iter().map(|(shard, applied)| AppliedUpTo {
        shard: *shard,
        lsn: Lsn(applied.lsn),
        seq: applied.seq,
    });
    let applied: Vec<_> = applied.collect();
    let epoch = registered.epoch;
    // Millions of records may have to be read.
    let started = move || journal.start(epoch, &applied, on_failure);
    let started = tokio::task::spawn_blocking(started).await;
    let journal = started.map_err(|error| StartError::Proxy(error.to_string()))??;
    let applied = registered.applied;
    let membership = Membership { node, epoch, control: told_at, journal_id, applied };
    Ok((journal, membership))
}
