//! The store for any number of gateways, on one Postgres.
//!
//! Each operation is one transaction, READ COMMITTED with row locks that everybody takes in the one
//! order that `locks` tells. What spends credits takes instants as arguments, as everywhere.
//!
//! Statements name their columns: `SELECT *` would fail on every connection that has prepared it
//! when a later version adds one.

mod column;
mod connect;
mod connections;
mod error;
mod lineage;
mod locks;
mod nudge;
mod options;
mod partitions;
mod schema;
mod session;

mod audit;
mod changes;
mod entries;
mod idempotency;
mod money;
mod nodes;
mod people;
mod reconcile;
mod registration;
mod retire;
mod sync;
mod thresholds;
mod usage;

use std::time::Duration;

use async_trait::async_trait;
use ledger::{
    Charge, CountsFrom, Epoch, Grant, HoldId, Instant, Limit, LimitId, NodeId, OrgId, PeriodOpened,
};
use store::{
    Adjusted, Adjustment, AdjustmentRequest, Alive, Audit, Change, ChangeSeq, ClaimAnswer, Entry,
    Expired, Group, Heartbeat, IdempotencyClaim, Indeterminate, Key, KeyIdentity, Member, Nudge,
    Org, OrgData, Project, Provision, Reconciliation, Registered, Registration, Rejoin, Result,
    Retired, Retirement, RevokedToken, SecretHash, Stamp, Store, StoredAccount, StoredNode,
    SyncAnswer, SyncRequest, ThresholdEvent, UsageQuery, UsageRow,
};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio::time::timeout;

use connections::Connections;
pub use options::Options;
use session::Session;

/// A store in a Postgres database.
#[derive(Debug)]
pub struct PostgresStore {
    connections: Connections,
    operation_timeout: Duration,
    claims: idempotency::UnderWay,
    listeners: broadcast::Sender<Nudge>,
    /// What goes on beside the operations; it ends with the store.
    _tasks: JoinSet<()>,
}

impl PostgresStore {
    /// Makes the store's tables in an empty database, or brings them up to date. Gateways of the
    /// version before may go on meanwhile.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] while the database cannot be reached, or its tables are in use
    /// for too long; [`store::Error::Conflict`] for a URL that is none and a database of another
    /// program; [`store::Error::Corrupt`] for tables that were made by other migrations.
    pub async fn migrate(options: &Options) -> Result<()> {
        schema::migrate(options).await
    }

    /// Opens the store of a database.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] while the database cannot be reached; [`store::Error::Conflict`]
    /// for a URL that is none, and for tables that are too old or too new for this version;
    /// [`store::Error::Corrupt`] for tables that were made by other migrations.
    pub async fn connect(options: &Options) -> Result<Self> {
        let opened = connect::open(options).await?;
        Ok(Self::of(options, opened))
    }

    /// Opens the store of a database for reading only: beside the gateways that use it, and without
    /// what they need to have done. Operations that write are refused.
    ///
    /// # Errors
    /// As [`PostgresStore::connect`].
    pub async fn connect_read_only(options: &Options) -> Result<Self> {
        let opened = connect::open_read_only(options).await?;
        Ok(Self::of(options, opened))
    }

    fn of(options: &Options, opened: connect::Opened) -> Self {
        let connect::Opened { connections, listeners, tasks } = opened;
        Self {
            connections,
            operation_timeout: options.operation_timeout,
            claims: idempotency::UnderWay::default(),
            listeners,
            _tasks: tasks,
        }
    }

    /// The database's time, which gateways go by.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] while the database cannot be reached.
    pub async fn now(&self) -> Result<Instant> {
        const NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
        let now = async {
            let mut session = self.plain().await?;
            Ok(sqlx::query_scalar(NOW).fetch_one(&mut session).await?)
        };
        self.bounded(now).await.map(Instant::from_micros)
    }

    /// Ends every connection.
    pub async fn close(self) {
        self.connections.close().await;
    }

    /// How many statements this store has sent, ever; those that open connections and listen are not
    /// among them.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.connections.statements()
    }

    /// For operations of one statement.
    async fn plain(&self) -> error::Result<Session> {
        self.connections.plain().await
    }

    /// A transaction that reads one state of everything.
    async fn read(&self) -> error::Result<Session> {
        self.connections.read().await
    }

    /// The same, and a statement takes as long as it takes: nobody waits for who only reads.
    async fn whole(&self) -> error::Result<Session> {
        let mut session = self.read().await?;
        sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut session).await?;
        Ok(session)
    }

    /// A transaction that writes.
    async fn write(&self) -> error::Result<Session> {
        self.connections.write().await
    }

    /// An operation that is given up when it takes too long, whatever has become of the server.
    async fn bounded<T>(&self, operation: impl Future<Output = error::Result<T>>) -> Result<T> {
        let late = |_| store::Error::Unavailable("the database does not answer in time".to_owned());
        Ok(timeout(self.operation_timeout, operation).await.map_err(late)??)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn stamp(&self) -> Result<Stamp> {
        self.bounded(async { changes::stamp(&mut self.plain().await?).await }).await
    }

    async fn register(&self, registration: &Registration) -> Result<Registered> {
        self.bounded(registration::register(self, registration)).await
    }

    async fn recovered(&self, node: NodeId, epoch: Epoch) -> Result<()> {
        self.bounded(registration::recovered(self, node, epoch)).await
    }

    async fn heartbeat(&self, beat: &Heartbeat) -> Result<Alive> {
        self.bounded(nodes::heartbeat(self, beat)).await
    }

    async fn rejoin(&self, rejoin: &Rejoin) -> Result<Registered> {
        self.bounded(nodes::rejoin(self, rejoin)).await
    }

    async fn leave(&self, node: NodeId, epoch: Epoch, now: Instant) -> Result<()> {
        self.bounded(nodes::leave(self, node, epoch, now)).await
    }

    async fn retire(&self, retirement: &Retirement) -> Result<Retired> {
        self.bounded(retire::retire(self, retirement)).await
    }

    async fn nodes(&self, now: Instant) -> Result<Vec<StoredNode>> {
        self.bounded(async { nodes::nodes(&mut self.plain().await?, now).await }).await
    }

    fn nudges(&self) -> Option<broadcast::Receiver<Nudge>> {
        Some(self.listeners.subscribe())
    }

    fn serves_many(&self) -> bool {
        true
    }

    async fn sync(&self, request: &SyncRequest) -> Result<SyncAnswer> {
        self.bounded(sync::sync(self, request)).await
    }

    async fn claim_idempotency(&self, claim: &IdempotencyClaim) -> Result<ClaimAnswer> {
        self.bounded(idempotency::claim(self, claim)).await
    }

    async fn unclaim_idempotency(&self, org: OrgId, holds: &[HoldId]) -> Result<()> {
        self.bounded(idempotency::unclaim(self, org, holds)).await
    }

    async fn load(&self, org: OrgId) -> Result<Option<OrgData>> {
        self.bounded(async { people::load(&mut self.read().await?, org).await }).await
    }

    async fn open_periods(&self, org: OrgId, at: Instant) -> Result<Vec<PeriodOpened>> {
        self.bounded(money::open_periods(self, org, at)).await
    }

    async fn secret_hashes(
        &self,
        after: Option<SecretHash>,
        max: usize,
    ) -> Result<Vec<SecretHash>> {
        self.bounded(async { people::secret_hashes(&mut self.plain().await?, after, max).await })
            .await
    }

    async fn note_used(&self, used: &[(SecretHash, Instant)]) -> Result<()> {
        if used.is_empty() {
            return Ok(());
        }
        self.bounded(async { people::note_used(&mut self.plain().await?, used).await }).await
    }

    async fn identity(&self, secret: &SecretHash) -> Result<Option<KeyIdentity>> {
        self.bounded(async { people::identity(&mut self.plain().await?, secret).await }).await
    }

    async fn changes_since(&self, seq: ChangeSeq, max: usize) -> Result<Vec<Change>> {
        self.bounded(async { changes::since(&mut self.read().await?, seq, max).await }).await
    }

    async fn charge(&self, org: OrgId, hold: HoldId) -> Result<Option<Charge>> {
        self.bounded(async { usage::charge(&mut self.read().await?, org, hold).await }).await
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>> {
        self.bounded(async { usage::by_hour(&mut self.read().await?, query).await }).await
    }

    async fn orgs(&self) -> Result<Vec<Org>> {
        self.bounded(async { people::orgs(&mut self.plain().await?).await }).await
    }

    async fn put_org(&self, org: &Org) -> Result<ChangeSeq> {
        self.bounded(people::put_org(self, org)).await
    }

    async fn change_org(&self, read: &Org, org: &Org) -> Result<ChangeSeq> {
        self.bounded(people::change_org(self, read, org)).await
    }

    async fn put_group(&self, group: &Group) -> Result<ChangeSeq> {
        self.bounded(people::put_group(self, group)).await
    }

    async fn put_project(&self, project: &Project) -> Result<ChangeSeq> {
        self.bounded(people::put_project(self, project)).await
    }

    async fn put_member(&self, member: &Member) -> Result<ChangeSeq> {
        self.bounded(people::put_member(self, member)).await
    }

    async fn change_member(&self, read: &Member, member: &Member) -> Result<ChangeSeq> {
        self.bounded(people::change_member(self, read, member)).await
    }

    async fn provision(&self, provision: &Provision) -> Result<(Member, ChangeSeq)> {
        self.bounded(people::provision(self, provision)).await
    }

    async fn make_key(&self, key: &Key, limits: &[Limit], now: Instant) -> Result<ChangeSeq> {
        self.bounded(people::make_key(self, key, limits, now)).await
    }

    async fn put_key(&self, key: &Key, expected: Option<u64>) -> Result<ChangeSeq> {
        self.bounded(people::put_key(self, key, expected)).await
    }

    async fn revoke_token(
        &self,
        org: OrgId,
        token: &RevokedToken,
        now: Instant,
    ) -> Result<ChangeSeq> {
        self.bounded(people::revoke_token(self, org, token, now)).await
    }

    async fn put_grant(
        &self,
        org: OrgId,
        grant: &Grant,
        idempotency: Option<&str>,
        now: Instant,
    ) -> Result<(Grant, ChangeSeq)> {
        self.bounded(money::put_grant(self, org, grant, idempotency, now)).await
    }

    async fn put_limit(
        &self,
        org: OrgId,
        limit: &Limit,
        counts_from: CountsFrom,
        now: Instant,
    ) -> Result<ChangeSeq> {
        self.bounded(money::put_limit(self, org, limit, counts_from, now)).await
    }

    async fn remove_limit(&self, org: OrgId, limit: LimitId) -> Result<ChangeSeq> {
        self.bounded(money::remove_limit(self, org, limit)).await
    }

    async fn expire(&self, now: Instant) -> Result<Vec<Expired>> {
        self.bounded(money::expire(self, now)).await
    }

    async fn adjust(&self, request: &AdjustmentRequest) -> Result<Adjusted> {
        self.bounded(money::adjust(self, request)).await
    }

    async fn indeterminate(&self, org: Option<OrgId>) -> Result<Vec<Indeterminate>> {
        self.bounded(async { usage::indeterminate(&mut self.read().await?, org).await }).await
    }
}

/// What is looked through whole takes as long as it takes.
#[async_trait]
impl Audit for PostgresStore {
    async fn accounts(&self, org: OrgId) -> Result<Vec<StoredAccount>> {
        Ok(audit::accounts(&mut self.whole().await?, org).await?)
    }

    async fn entries(&self, org: OrgId) -> Result<Vec<Entry>> {
        Ok(entries::entries(&mut self.whole().await?, org).await?)
    }

    async fn threshold_events(&self, org: OrgId) -> Result<Vec<ThresholdEvent>> {
        Ok(thresholds::threshold_events(&mut self.whole().await?, org).await?)
    }

    async fn adjustments(&self, org: OrgId) -> Result<Vec<Adjustment>> {
        Ok(usage::adjustments(&mut self.whole().await?, org).await?)
    }

    async fn charges_after(
        &self,
        org: OrgId,
        after: Option<HoldId>,
        most: usize,
    ) -> Result<Vec<Charge>> {
        Ok(usage::charges(&mut self.whole().await?, org, after, most).await?)
    }

    async fn reconcile(&self) -> Result<Reconciliation> {
        Ok(reconcile::reconcile(&mut self.whole().await?).await?)
    }
}
