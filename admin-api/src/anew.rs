//! A change that does not depend on what was read: made anew while others come in between.

use ledger::{KeyId, MemberId, OrgId};
use store::{ChangeSeq, Error, Key, Member, Org, OrgData, Store};

use crate::AdminApi;
use crate::problem::Problem;

/// How often a change is tried.
const TRIES: u32 = 8;

/// What is changed only as it was read.
pub(crate) trait Changing: Clone + PartialEq + Send + Sync {
    /// What it is known by in its organisation.
    type Id: Copy + Send;

    /// The one of this id.
    ///
    /// # Errors
    /// The organisation has no such one.
    fn find(org: &OrgData, id: Self::Id) -> Result<&Self, Problem>;

    /// Puts it as it is to be, unless it is not as it was read any more; as it is stored then.
    fn put(
        self,
        store: &dyn Store,
        read: &Self,
    ) -> impl Future<Output = store::Result<(Self, ChangeSeq)>> + Send;
}

/// Changes something as it is: as `read` has it, and while that turns out to be stale, as it has
/// become. What it is then, and the number of a change from which on it is; nothing is put when
/// nothing changes.
///
/// # Errors
/// As `to` says, which is asked anew each time, or the store; or others change it again and again.
pub(crate) async fn change<T: Changing>(
    api: &AdminApi,
    read: &OrgData,
    id: T::Id,
    to: impl Fn(&OrgData, &T) -> Result<T, Problem>,
) -> Result<(T, ChangeSeq), Problem> {
    let (mut tries, mut newer) = (1, None);
    loop {
        let org = newer.as_ref().unwrap_or(read);
        let known = T::find(org, id)?;
        let changed = to(org, known)?;
        if changed == *known {
            return Ok((changed, org.seq));
        }
        match changed.put(&*api.store, known).await {
            Err(Error::Stale(_)) if tries < TRIES => tries += 1,
            put => return Ok(put?),
        }
        newer = Some(load(api, read.org.id).await?);
    }
}

/// Everything of an organisation, as it is now.
///
/// # Errors
/// There is no such one, or the store says no.
pub(crate) async fn load(api: &AdminApi, org: OrgId) -> Result<OrgData, Problem> {
    let missing = || Problem::not_found(format!("there is no organisation {org}"));
    api.store.load(org).await?.ok_or_else(missing)
}

impl Changing for Key {
    type Id = KeyId;

    fn find(org: &OrgData, id: KeyId) -> Result<&Self, Problem> {
        let missing = || Problem::not_found(format!("{} has no key {id}", org.org.id));
        org.keys.iter().find(|key| key.standing.id == id).ok_or_else(missing)
    }

    async fn put(self, store: &dyn Store, read: &Self) -> store::Result<(Self, ChangeSeq)> {
        let seq = store.put_key(&self, Some(read.version)).await?;
        Ok((Self { version: read.version.saturating_add(1), ..self }, seq))
    }
}

impl Changing for Member {
    type Id = MemberId;

    fn find(org: &OrgData, id: MemberId) -> Result<&Self, Problem> {
        let missing = || Problem::not_found(format!("{} has no member {id}", org.org.id));
        org.members.iter().find(|member| member.standing.id == id).ok_or_else(missing)
    }

    async fn put(self, store: &dyn Store, read: &Self) -> store::Result<(Self, ChangeSeq)> {
        let seq = store.change_member(read, &self).await?;
        Ok((self, seq))
    }
}

impl Changing for Org {
    type Id = ();

    fn find(org: &OrgData, (): ()) -> Result<&Self, Problem> {
        Ok(&org.org)
    }

    async fn put(self, store: &dyn Store, read: &Self) -> store::Result<(Self, ChangeSeq)> {
        let seq = store.change_org(read, &self).await?;
        Ok((self, seq))
    }
}
