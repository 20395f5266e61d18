//! Random keys, secrets, newcomers and revoked tokens: few names, so that they meet.

use std::num::NonZeroU32;

use ledger::{KeyStatus, Limit, OrgId, Period, Scope};

use super::super::fixture::{
    HOUR, key, key_id, limit, member, org_id, project_id, secret, subject,
};
use super::op::Op;
use super::world::World;
use crate::{ChangeSeq, Key, KeySecret, Model, Provision, Rates, RevokedToken, Store, Subject};

const ISSUERS: [&str; 2] = ["corp", "idp"];
const NAMES: [&str; 6] = ["ada", "bob", "cem", "dee", "eve", "Ada"];
const MODELS: [&str; 3] = ["gpt-5*", "claude-sonnet-4", "*"];
const NETWORKS: [&str; 3] = ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/48"];

impl World {
    pub(super) async fn some_entry(&mut self, model: &Model) -> Op {
        match self.pick(0..=9) {
            0 | 1 => self.some_new_key(),
            2 => {
                let number = self.some_org();
                self.some_change_of_a_key(number, model).await
            }
            3 | 4 => self.some_newcomer(),
            5 | 6 => self.some_revocation(),
            7 => self.some_use(model).await,
            _ if self.happens(50) => {
                // What was last, so that little of it is told.
                let last = model.stamp().await.map_or(0, |stamp| stamp.seq.0);
                Op::ChangesSince(ChangeSeq(last.saturating_sub(self.pick(0..=12))), 20)
            }
            _ => {
                let after = self.happens(60).then(|| self.some_secret().hash);
                Op::SecretHashes(after, usize::try_from(self.pick(0..=5)).unwrap_or(0))
            }
        }
    }

    pub(super) fn some_rates(&mut self) -> Rates {
        let mut rate = || {
            let calls = self.happens(30).then(|| self.pick(1..=u64::from(u32::MAX)));
            calls.and_then(|calls| u32::try_from(calls).ok()).and_then(NonZeroU32::new)
        };
        Rates { per_second: rate(), per_minute: rate(), concurrent: rate() }
    }

    fn some_subject(&mut self) -> Subject {
        let (issuer, name) = (self.one_of(&ISSUERS), self.one_of(&NAMES));
        subject(issuer.unwrap_or_default(), name.unwrap_or_default())
    }

    pub(super) fn some_subjects(&mut self) -> Vec<Subject> {
        let many = self.one_of(&[0, 0, 0, 1, 1, 2]).unwrap_or(0);
        (0..many).map(|_| self.some_subject()).collect()
    }

    pub(super) fn some_secret(&mut self) -> KeySecret {
        let mut secret = secret(u8::try_from(self.pick(1..=40)).unwrap_or(1));
        (secret.not_after, secret.created) = (self.some_end(), self.now);
        secret.pepper = u16::try_from(self.pick(1..=3)).unwrap_or(1);
        // It is told, never put.
        secret.last_used = self.happens(10).then_some(self.now);
        secret
    }

    /// A key as it is put: mostly of people who are there.
    fn some_key(&mut self, org: u128, number: u128) -> Key {
        let mut key = key(org, number);
        key.standing.member = self.some_member(org);
        key.standing.group = self.some_group(org).filter(|_| self.happens(50));
        key.standing.tools = self.some_tools();
        key.standing.project = self.happens(30).then(|| project_id(self.some_number(org)));
        key.standing.status = match self.pick(0..=19) {
            0..=3 => KeyStatus::Blocked,
            4 => KeyStatus::Revoked,
            _ => KeyStatus::Active,
        };
        key.models = self
            .happens(30)
            .then(|| self.one_of(&MODELS).unwrap_or_default().to_owned())
            .map(|model| vec![model]);
        key.ips = self.happens(30).then(|| {
            let network = self.one_of(&NETWORKS).unwrap_or("10.0.0.0/8");
            vec![network.parse().expect("a network")]
        });
        key.rates = self.some_rates();
        let many = [0, 1, 1, 1, 2, 2, 3];
        let many = self.one_of(&many).unwrap_or(0);
        key.secrets = (0..many).map(|_| self.some_secret()).collect();
        key
    }

    /// Of the version that is there, of any, or of another one.
    pub(super) async fn some_change_of_a_key(&mut self, org: u128, model: &Model) -> Op {
        let number = self.some_number(org);
        let key = self.some_key(org, number);
        let known = model.load(org_id(org)).await.ok().flatten();
        let known = known.map(|data| data.keys).unwrap_or_default();
        let known = known.into_iter().find(|known| known.standing.id == key.standing.id);
        let version = known.map_or(0, |known| known.version);
        let expected = match self.pick(0..=9) {
            0..=3 => None,
            4..=7 => Some(version),
            _ => Some(self.pick(0..=3)),
        };
        Op::PutKey(key, expected)
    }

    /// With limits of its own; rarely with one that is not.
    fn some_new_key(&mut self) -> Op {
        let org = self.some_org();
        let number = org * 100 + u128::from(self.pick(1..=30));
        let mut key = self.some_key(org, number);
        if self.happens(60) {
            key.secrets.truncate(1);
        }
        let mut limits = Vec::new();
        for _ in 0..self.pick(0..=2) {
            let scope = if self.happens(90) {
                Scope::Key(key.standing.id)
            } else {
                Scope::Key(key_id(org))
            };
            limits.push(self.some_first_limit(org, scope));
        }
        Op::MakeKey(key, limits, self.now)
    }

    fn some_first_limit(&mut self, org: u128, scope: Scope) -> Limit {
        let number = org * 1_000 + u128::from(self.pick(1..=200));
        let period = self.one_of(&[Period::Day, Period::Total]).unwrap_or(Period::Day);
        limit(number, scope, period, self.pick(0..=500))
    }

    fn some_newcomer(&mut self) -> Op {
        let org = self.some_org();
        let number = org * 100 + u128::from(self.pick(1..=30));
        let mut member = member(org, number);
        member.standing.groups = self.some_group(org).into_iter().collect();
        member.subjects = self.some_subjects();
        if self.happens(80) {
            member.subjects.push(self.some_subject());
        }
        member.rates = self.some_rates();
        let own = if self.happens(90) { member.standing.id } else { self.some_member(org) };
        let limit = self.happens(50).then(|| self.some_first_limit(org, Scope::Member(own)));
        Op::Provision(Provision { member, limit, now: self.now })
    }

    fn some_revocation(&mut self) -> Op {
        // One of them there never is.
        let org = if self.happens(5) { OrgId::from_u128(1) } else { org_id(self.some_org()) };
        let hours = i64::try_from(self.pick(0..=20)).unwrap_or(0) - 2;
        let token = RevokedToken {
            issuer: self.one_of(&ISSUERS).unwrap_or_default().to_owned(),
            jti: self.one_of(&NAMES).unwrap_or_default().to_owned(),
            until: self.now.plus_micros(hours * HOUR),
        };
        Op::RevokeToken(org, token, self.now)
    }

    /// Mostly of secrets that there are, and not always in the order of time.
    async fn some_use(&mut self, model: &Model) -> Op {
        let known = model.secret_hashes(None, usize::MAX).await.unwrap_or_default();
        let mut used = Vec::new();
        for _ in 0..self.pick(0..=3) {
            let hash = match self.one_of(&known) {
                Some(hash) if self.happens(80) => hash,
                _ => self.some_secret().hash,
            };
            let ago = i64::try_from(self.pick(0..=5)).unwrap_or(0) * HOUR;
            used.push((hash, self.now.plus_micros(-ago)));
        }
        Op::NoteUsed(used)
    }
}
