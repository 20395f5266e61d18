//! The embedded store: one file, one gateway, no server.
//!
//! SQLite in WAL mode with `synchronous = FULL`: what is acknowledged survives a power loss. All
//! writes go through one connection, each operation in one `BEGIN IMMEDIATE` transaction; reads have
//! connections of their own. A second gateway on the same file is refused.

mod column;
mod detail;
mod error;
mod open;
mod read_only;
mod writer;

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

use std::fs::File;
use std::path::Path;

use async_trait::async_trait;
use ledger::{
    Charge, CountsFrom, Epoch, Grant, HoldId, Instant, Limit, LimitId, NodeId, OrgId, PeriodOpened,
};
use sqlx::{Sqlite, SqlitePool, Transaction};
use store::{
    Adjusted, Adjustment, AdjustmentRequest, Alive, Audit, Change, ChangeSeq, ClaimAnswer, Entry,
    Expired, Group, Heartbeat, IdempotencyClaim, Indeterminate, Key, KeyIdentity, Member, Org,
    OrgData, Project, Provision, Reconciliation, Registered, Registration, Rejoin, Result, Retired,
    Retirement, RevokedToken, SecretHash, Stamp, Store, StoredAccount, StoredNode, SyncAnswer,
    SyncRequest, ThresholdEvent, UsageQuery, UsageRow,
};

use read_only::AtRest;
use writer::Writer;

/// A store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: SqlitePool,
    series: sync::KnownSeries,
    /// None for a store that is open for reading only.
    lock: Option<File>,
    /// That of a store that is read as if nobody could write to it.
    rest: Option<AtRest>,
}

impl SqliteStore {
    /// Opens the file for the one gateway that uses it, and makes it where there is none.
    ///
    /// The lock beside it is held for as long as the store lives.
    ///
    /// # Errors
    /// [`store::Error::InUse`] while another gateway has it; [`store::Error::Corrupt`] for a file
    /// that is damaged or another program's; [`store::Error::Conflict`] for one that a newer version
    /// wrote; [`store::Error::Unavailable`] for one that cannot be read or is locked.
    pub async fn open(path: &Path) -> Result<Self> {
        let open::Opened { writer, readers, lock } = open::open(path).await?;
        let series = sync::KnownSeries::default();
        Ok(Self { writer, readers, series, lock: Some(lock), rest: None })
    }

    /// Opens the file for reading only: beside the gateway that has it, or while nobody has.
    ///
    /// It takes no lock, changes no table and leaves no file behind. Operations that write are
    /// refused.
    ///
    /// # Errors
    /// [`store::Error::Unavailable`] for a file that is not there, cannot be read or is locked;
    /// [`store::Error::Corrupt`] for one that is damaged or another program's;
    /// [`store::Error::Conflict`] for one that an older or a newer version wrote.
    pub async fn open_read_only(path: &Path) -> Result<Self> {
        let read_only::Opened { readers, rest } = read_only::open(path).await?;
        let (writer, series) = (Writer::nobody(), sync::KnownSeries::default());
        Ok(Self { writer, readers, series, lock: None, rest })
    }

    /// Ends every connection, so that the file is whole on its own, and lets the lock go.
    pub async fn close(self) {
        self.readers.close().await;
        self.writer.close().await;
        drop(self.lock);
    }

    /// A transaction that reads one state of everything.
    async fn read(&self) -> error::Result<Transaction<'static, Sqlite>> {
        Ok(self.readers.begin().await?)
    }

    /// What was read, unless somebody may have written to a file that was at rest meanwhile.
    fn undisturbed<T>(&self, read: T) -> Result<T> {
        self.rest.as_ref().map_or(Ok(()), AtRest::require)?;
        Ok(read)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn stamp(&self) -> Result<Stamp> {
        Ok(changes::stamp(&mut *self.read().await?).await?)
    }

    async fn register(&self, registration: &Registration) -> Result<Registered> {
        Ok(registration::register(self, registration).await?)
    }

    async fn recovered(&self, node: NodeId, epoch: Epoch) -> Result<()> {
        Ok(registration::recovered(self, node, epoch).await?)
    }

    async fn heartbeat(&self, beat: &Heartbeat) -> Result<Alive> {
        Ok(nodes::heartbeat(self, beat).await?)
    }

    async fn rejoin(&self, rejoin: &Rejoin) -> Result<Registered> {
        Ok(nodes::rejoin(self, rejoin).await?)
    }

    async fn retire(&self, retirement: &Retirement) -> Result<Retired> {
        Ok(retire::retire(self, retirement).await?)
    }

    async fn leave(&self, node: NodeId, epoch: Epoch, now: Instant) -> Result<()> {
        Ok(nodes::leave(self, node, epoch, now).await?)
    }

    async fn nodes(&self, now: Instant) -> Result<Vec<StoredNode>> {
        self.undisturbed(nodes::nodes(&mut *self.read().await?, now).await?)
    }

    async fn sync(&self, request: &SyncRequest) -> Result<SyncAnswer> {
        Ok(sync::sync(self, request).await?)
    }

    async fn claim_idempotency(&self, claim: &IdempotencyClaim) -> Result<ClaimAnswer> {
        Ok(idempotency::claim(self, claim).await?)
    }

    async fn unclaim_idempotency(&self, org: OrgId, holds: &[HoldId]) -> Result<()> {
        Ok(idempotency::unclaim(self, org, holds).await?)
    }

    async fn load(&self, org: OrgId) -> Result<Option<OrgData>> {
        Ok(people::load(&mut *self.read().await?, org).await?)
    }

    async fn open_periods(&self, org: OrgId, at: Instant) -> Result<Vec<PeriodOpened>> {
        Ok(money::open_periods(self, org, at).await?)
    }

    async fn secret_hashes(
        &self,
        after: Option<SecretHash>,
        max: usize,
    ) -> Result<Vec<SecretHash>> {
        Ok(people::secret_hashes(&mut *self.read().await?, after, max).await?)
    }

    async fn note_used(&self, used: &[(SecretHash, Instant)]) -> Result<()> {
        Ok(people::note_used(self, used).await?)
    }

    async fn identity(&self, secret: &SecretHash) -> Result<Option<KeyIdentity>> {
        Ok(people::identity(&mut *self.read().await?, secret).await?)
    }

    async fn changes_since(&self, seq: ChangeSeq, max: usize) -> Result<Vec<Change>> {
        Ok(changes::since(&mut *self.read().await?, seq, max).await?)
    }

    async fn charge(&self, org: OrgId, hold: HoldId) -> Result<Option<Charge>> {
        Ok(usage::charge(&mut *self.read().await?, org, hold).await?)
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageRow>> {
        Ok(usage::by_hour(&mut *self.read().await?, query).await?)
    }

    async fn orgs(&self) -> Result<Vec<Org>> {
        Ok(people::orgs(&mut *self.read().await?).await?)
    }

    async fn put_org(&self, org: &Org) -> Result<ChangeSeq> {
        Ok(people::put_org(self, org).await?)
    }

    async fn change_org(&self, read: &Org, org: &Org) -> Result<ChangeSeq> {
        Ok(people::change_org(self, read, org).await?)
    }

    async fn put_group(&self, group: &Group) -> Result<ChangeSeq> {
        Ok(people::put_group(self, group).await?)
    }

    async fn put_project(&self, project: &Project) -> Result<ChangeSeq> {
        Ok(people::put_project(self, project).await?)
    }

    async fn put_member(&self, member: &Member) -> Result<ChangeSeq> {
        Ok(people::put_member(self, member).await?)
    }

    async fn change_member(&self, read: &Member, member: &Member) -> Result<ChangeSeq> {
        Ok(people::change_member(self, read, member).await?)
    }

    async fn provision(&self, provision: &Provision) -> Result<(Member, ChangeSeq)> {
        Ok(people::provision(self, provision).await?)
    }

    async fn make_key(&self, key: &Key, limits: &[Limit], now: Instant) -> Result<ChangeSeq> {
        Ok(people::make_key(self, key, limits, now).await?)
    }

    async fn put_key(&self, key: &Key, expected: Option<u64>) -> Result<ChangeSeq> {
        Ok(people::put_key(self, key, expected).await?)
    }

    async fn revoke_token(
        &self,
        org: OrgId,
        token: &RevokedToken,
        now: Instant,
    ) -> Result<ChangeSeq> {
        Ok(people::revoke_token(self, org, token, now).await?)
    }

    async fn put_grant(
        &self,
        org: OrgId,
        grant: &Grant,
        idempotency: Option<&str>,
        now: Instant,
    ) -> Result<(Grant, ChangeSeq)> {
        Ok(money::put_grant(self, org, grant, idempotency, now).await?)
    }

    async fn put_limit(
        &self,
        org: OrgId,
        limit: &Limit,
        counts_from: CountsFrom,
        now: Instant,
    ) -> Result<ChangeSeq> {
        Ok(money::put_limit(self, org, limit, counts_from, now).await?)
    }

    async fn remove_limit(&self, org: OrgId, limit: LimitId) -> Result<ChangeSeq> {
        Ok(money::remove_limit(self, org, limit).await?)
    }

    async fn expire(&self, now: Instant) -> Result<Vec<Expired>> {
        Ok(money::expire(self, now).await?)
    }

    async fn adjust(&self, request: &AdjustmentRequest) -> Result<Adjusted> {
        Ok(money::adjust(self, request).await?)
    }

    async fn indeterminate(&self, org: Option<OrgId>) -> Result<Vec<Indeterminate>> {
        self.undisturbed(usage::indeterminate(&mut *self.read().await?, org).await?)
    }
}

#[async_trait]
impl Audit for SqliteStore {
    async fn accounts(&self, org: OrgId) -> Result<Vec<StoredAccount>> {
        self.undisturbed(audit::accounts(&mut *self.read().await?, org).await?)
    }

    async fn entries(&self, org: OrgId) -> Result<Vec<Entry>> {
        self.undisturbed(entries::entries(&mut *self.read().await?, org).await?)
    }

    async fn threshold_events(&self, org: OrgId) -> Result<Vec<ThresholdEvent>> {
        self.undisturbed(thresholds::threshold_events(&mut *self.read().await?, org).await?)
    }

    async fn adjustments(&self, org: OrgId) -> Result<Vec<Adjustment>> {
        self.undisturbed(usage::adjustments(&mut *self.read().await?, org).await?)
    }

    async fn charges_after(
        &self,
        org: OrgId,
        after: Option<HoldId>,
        most: usize,
    ) -> Result<Vec<Charge>> {
        self.undisturbed(usage::charges(&mut *self.read().await?, org, after, most).await?)
    }

    async fn reconcile(&self) -> Result<Reconciliation> {
        self.undisturbed(reconcile::reconcile(&mut *self.read().await?).await?)
    }
}
