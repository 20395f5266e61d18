//! Keys, and which secrets open them.

use std::collections::BTreeSet;

use ledger::{CountsFrom, Instant, KeyStatus, Limit, MemberId, MemberStatus};

use super::feed::Entity;
use super::state::{People, State};
use crate::{ChangeSeq, Error, Key, KeyIdentity, MAX_SECRETS, Result, SecretHash};

impl State {
    pub(super) fn make_key(
        &mut self,
        key: &Key,
        limits: &[Limit],
        now: Instant,
    ) -> Result<ChangeSeq> {
        if self.people(key.org)?.keys.contains_key(&key.standing.id) {
            return Err(Error::Conflict(format!("there is a {} already", key.standing.id)));
        }
        self.people(key.org)?.require_not_deactivated(key.standing.member)?;
        // All or nothing: tried on a copy.
        let mut tried = self.clone();
        let mut seq = tried.put_key(key, None)?;
        for limit in limits {
            tried.put_limit(key.org, limit, CountsFrom::PeriodStart, now)?;
        }
        if !limits.is_empty() {
            // Told once more: nobody hears of the key before its limits.
            seq = tried.record(key.org, Entity::Key(key.standing.id));
        }
        *self = tried;
        Ok(seq)
    }

    pub(super) fn put_key(&mut self, key: &Key, expected: Option<u64>) -> Result<ChangeSeq> {
        let (org, id) = (key.org, key.standing.id);
        let people = self.people(org)?;
        let was = people.keys.get(&id);
        let version = was.map_or(0, |known| known.version);
        if expected.is_some_and(|expected| expected != version) {
            return Err(Error::Stale(id.to_string()));
        }
        let revoked = was.is_some_and(|known| known.standing.status == KeyStatus::Revoked);
        if revoked && key.standing.status != KeyStatus::Revoked {
            return Err(Error::Conflict(format!("{id} is revoked for ever")));
        }
        people.require_what_names(key)?;
        self.require_own_secrets(key)?;
        let mut key = Key { version: version + 1, ..key.clone() };
        key.secrets.iter_mut().for_each(|secret| secret.last_used = None);
        self.secrets.retain(|_, opens| *opens != (org, id));
        self.secrets.extend(key.secrets.iter().map(|secret| (secret.hash, (org, id))));
        self.used.retain(|hash, _| self.secrets.contains_key(hash));
        self.people(org)?.keys.insert(id, key);
        Ok(self.record(org, Entity::Key(id)))
    }

    fn require_own_secrets(&self, key: &Key) -> Result<()> {
        if key.secrets.len() > MAX_SECRETS {
            let most = format!("a key has at most {MAX_SECRETS} secrets");
            return Err(Error::Conflict(most));
        }
        let own = (key.org, key.standing.id);
        let opens = |hash| self.secrets.get(hash);
        if key.secrets.iter().any(|secret| opens(&secret.hash).is_some_and(|opens| *opens != own)) {
            return Err(Error::Conflict("the secret opens another key".to_owned()));
        }
        let hashes: BTreeSet<_> = key.secrets.iter().map(|secret| secret.hash).collect();
        if hashes.len() < key.secrets.len() {
            return Err(Error::Conflict("a secret opens its key once".to_owned()));
        }
        Ok(())
    }

    pub(super) fn identity(&self, secret: &SecretHash) -> Option<KeyIdentity> {
        let (org, key) = *self.secrets.get(secret)?;
        Some(KeyIdentity { org, key })
    }

    pub(super) fn secret_hashes(&self, after: Option<SecretHash>, max: usize) -> Vec<SecretHash> {
        let opens_something = |(org, key): &(ledger::OrgId, ledger::KeyId)| {
            let key = self.orgs.get(org).and_then(|people| people.keys.get(key));
            key.is_some_and(|key| key.standing.status != KeyStatus::Revoked)
        };
        let hashes = self.secrets.iter().filter(|(hash, _)| after.is_none_or(|it| **hash > it));
        let hashes = hashes.filter(|(_, opens)| opens_something(opens));
        hashes.map(|(hash, _)| *hash).take(max).collect()
    }

    pub(super) fn note_used(&mut self, used: &[(SecretHash, Instant)]) {
        for (hash, at) in used.iter().filter(|(hash, _)| self.secrets.contains_key(hash)) {
            let last = self.used.entry(*hash).or_insert(*at);
            *last = (*last).max(*at);
        }
    }

    /// A key, with when its secrets were used last.
    pub(super) fn key_as_used(&self, key: &Key) -> Key {
        let mut key = key.clone();
        for secret in &mut key.secrets {
            secret.last_used = self.used.get(&secret.hash).copied();
        }
        key
    }
}

impl People {
    fn require_not_deactivated(&self, member: MemberId) -> Result<()> {
        let status = self.members.get(&member).map(|member| member.standing.status);
        if status == Some(MemberStatus::Deactivated) {
            return Err(Error::Conflict(format!("{member} is deactivated, and gets no key")));
        }
        Ok(())
    }

    fn require_what_names(&self, key: &Key) -> Result<()> {
        let standing = &key.standing;
        self.require_members([&standing.member])?;
        self.require_groups(&standing.group)?;
        match standing.project {
            Some(project) if !self.projects.contains_key(&project) => {
                Err(Error::Conflict(format!("{} has no project {project}", key.org)))
            }
            _ => Ok(()),
        }
    }
}
