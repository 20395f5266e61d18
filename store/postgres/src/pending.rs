//! What the other half of this store brings; it takes this file's place.
#![allow(clippy::unused_async, unused_variables)]

fn later<T>() -> crate::error::Result<T> {
    Err(store::Error::Unavailable("not built yet".to_owned()).into())
}

pub(crate) mod audit {
    use super::*;
    pub(crate) async fn accounts(
        session: &mut crate::Session,
        org: ledger::OrgId,
    ) -> crate::error::Result<Vec<store::StoredAccount>> {
        later()
    }
}
pub(crate) mod entries {
    use super::*;
    pub(crate) async fn entries(
        session: &mut crate::Session,
        org: ledger::OrgId,
    ) -> crate::error::Result<Vec<store::Entry>> {
        later()
    }
}
pub(crate) mod thresholds {
    use super::*;
    pub(crate) async fn threshold_events(
        session: &mut crate::Session,
        org: ledger::OrgId,
    ) -> crate::error::Result<Vec<store::ThresholdEvent>> {
        later()
    }
}
pub(crate) mod reconcile {
    use super::*;
    pub(crate) async fn reconcile(
        session: &mut crate::Session,
    ) -> crate::error::Result<store::Reconciliation> {
        later()
    }
}
pub(crate) mod sync {
    use super::*;
    pub(crate) async fn sync(
        store: &crate::PostgresStore,
        request: &store::SyncRequest,
    ) -> crate::error::Result<store::SyncAnswer> {
        later()
    }
}
pub(crate) mod usage {
    use super::*;
    use crate::Session;
    use crate::error::Result;
    use ledger::*;
    use store::*;
    pub(crate) async fn charge(
        session: &mut Session,
        org: OrgId,
        hold: HoldId,
    ) -> Result<Option<Charge>> {
        later()
    }
    pub(crate) async fn charges(
        session: &mut Session,
        org: OrgId,
        after: Option<HoldId>,
        most: usize,
    ) -> Result<Vec<Charge>> {
        later()
    }
    pub(crate) async fn by_hour(
        session: &mut Session,
        query: &UsageQuery,
    ) -> Result<Vec<UsageRow>> {
        later()
    }
    pub(crate) async fn adjustments(session: &mut Session, org: OrgId) -> Result<Vec<Adjustment>> {
        later()
    }
    pub(crate) async fn indeterminate(
        session: &mut Session,
        org: Option<OrgId>,
    ) -> Result<Vec<Indeterminate>> {
        later()
    }
}
pub(crate) mod money {
    use super::*;
    use crate::error::Result;
    use crate::people::Which;
    use crate::{PostgresStore, Session};
    use ledger::*;
    use store::*;
    pub(crate) struct StoredLimit {
        pub(crate) limit: Limit,
        pub(crate) removed: bool,
    }
    pub(crate) async fn limit(
        session: &mut Session,
        org: OrgId,
        id: LimitId,
    ) -> Result<Option<StoredLimit>> {
        later()
    }
    pub(crate) async fn limits(session: &mut Session, org: OrgId) -> Result<Vec<Limit>> {
        Ok(Vec::new())
    }
    pub(crate) async fn grant(
        session: &mut Session,
        org: OrgId,
        id: GrantId,
    ) -> Result<Option<OrgGrant>> {
        later()
    }
    pub(crate) async fn grants(
        session: &mut Session,
        org: OrgId,
        which: Which<GrantId>,
    ) -> Result<Vec<OrgGrant>> {
        Ok(Vec::new())
    }
    pub(crate) async fn open_periods(
        store: &PostgresStore,
        org: OrgId,
        at: Instant,
    ) -> Result<Vec<PeriodOpened>> {
        later()
    }
    pub(crate) async fn put_grant(
        store: &PostgresStore,
        org: OrgId,
        grant: &Grant,
        name: Option<&str>,
        now: Instant,
    ) -> Result<(Grant, ChangeSeq)> {
        later()
    }
    pub(crate) async fn put_limit(
        store: &PostgresStore,
        org: OrgId,
        limit: &Limit,
        from: CountsFrom,
        now: Instant,
    ) -> Result<ChangeSeq> {
        later()
    }
    pub(crate) async fn remove_limit(
        store: &PostgresStore,
        org: OrgId,
        limit: LimitId,
    ) -> Result<ChangeSeq> {
        later()
    }
    pub(crate) async fn expire(store: &PostgresStore, now: Instant) -> Result<Vec<Expired>> {
        later()
    }
    pub(crate) async fn adjust(
        store: &PostgresStore,
        request: &AdjustmentRequest,
    ) -> Result<Adjusted> {
        later()
    }
}
