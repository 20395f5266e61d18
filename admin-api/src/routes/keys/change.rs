//! A change of a key that does not depend on what was read of it.

use ledger::KeyId;
use store::{ChangeSeq, Error, Key, OrgData};

use super::find;
use crate::AdminApi;
use crate::problem::Problem;

/// How often a change is tried that others come in between of.
const TRIES: u32 = 8;

/// Changes a key as it is: as `org` has it, or as it has become meanwhile. The key as it is then,
/// and the number of a change from which on it is; nothing is put when nothing changes.
///
/// # Errors
/// As `to` says, which is asked anew each time; or others change it again and again.
pub(super) async fn change(
    api: &AdminApi,
    org: &OrgData,
    id: KeyId,
    to: impl Fn(&Key) -> Result<Key, Problem>,
) -> Result<(Key, ChangeSeq), Problem> {
    let org_id = org.org.id;
    let (mut tries, mut newer) = (1, None);
    loop {
        let org = newer.as_ref().unwrap_or(org);
        let key = find(org, id)?;
        let changed = to(key)?;
        if changed == *key {
            return Ok((changed, org.seq));
        }
        match api.store.put_key(&changed, Some(key.version)).await {
            Err(Error::Stale(_)) if tries < TRIES => tries += 1,
            put => return Ok((stored(changed), put?)),
        }
        let missing = || Problem::not_found(format!("there is no organisation {org_id}"));
        newer = Some(api.store.load(org_id).await?.ok_or_else(missing)?);
    }
}

/// A key that was put, as it is stored.
pub(super) fn stored(key: Key) -> Key {
    Key { version: key.version.saturating_add(1), ..key }
}
