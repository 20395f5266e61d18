//! An operation of the protocol with its arguments, and its answer.

use ledger::{
    Charge, CountsFrom, Epoch, Grant, HoldId, Instant, Limit, LimitId, NodeId, OrgId, PeriodOpened,
    Shard,
};

use crate::{
    Adjusted, AdjustmentRequest, Alive, Change, ChangeSeq, ClaimAnswer, Expired, Group, Heartbeat,
    IdempotencyClaim, Indeterminate, Key, KeyIdentity, Member, Org, Project, Provision, Registered,
    Registration, Result, Retired, Retirement, RevokedToken, SecretHash, Store, StoredNode,
    SyncAnswer, SyncRequest, UsageQuery, UsageRow,
};

#[derive(Clone, Debug)]
pub(super) enum Op {
    Register(Registration),
    Recovered(NodeId, Epoch),
    Heartbeat(Heartbeat),
    Leave(NodeId, Epoch, Instant),
    Retire(Retirement),
    Nodes(Instant),
    Sync(Box<SyncRequest>),
    ClaimIdempotency(IdempotencyClaim),
    UnclaimIdempotency(OrgId, Vec<HoldId>),
    OpenPeriods(OrgId, Instant),
    Identity(SecretHash),
    SecretHashes(Option<SecretHash>, usize),
    NoteUsed(Vec<(SecretHash, Instant)>),
    ChangesSince(ChangeSeq, usize),
    Charge(OrgId, HoldId),
    Usage(UsageQuery),
    PutOrg(Org),
    PutGroup(Group),
    PutProject(Project),
    PutMember(Member),
    Provision(Provision),
    MakeKey(Key, Vec<Limit>, Instant),
    PutKey(Key, Option<u64>),
    RevokeToken(OrgId, RevokedToken, Instant),
    PutGrant(OrgId, Grant, Option<String>, Instant),
    PutLimit(OrgId, Limit, CountsFrom, Instant),
    RemoveLimit(OrgId, LimitId),
    Expire(Instant),
    Adjust(AdjustmentRequest),
    Indeterminate(Option<OrgId>),
}

#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Done,
    Registered(Registered),
    Alive(Heard),
    Nodes(Vec<StoredNode>),
    Retired(Retired),
    Synced(SyncAnswer),
    Claim(ClaimAnswer),
    Periods(Vec<PeriodOpened>),
    Identity(Option<KeyIdentity>),
    Secrets(Vec<SecretHash>),
    Changes(Vec<Change>),
    Charge(Box<Option<Charge>>),
    Usage(Vec<UsageRow>),
    Changed(ChangeSeq),
    Provisioned(Box<Member>, ChangeSeq),
    Granted(Grant, ChangeSeq),
    Expired(Vec<Expired>),
    Adjusted(Adjusted),
    Indeterminate(Vec<Indeterminate>),
}

/// What a gateway is told that gives a sign of life, without which store told it, and by what clock.
#[derive(Debug, PartialEq)]
pub(super) struct Heard {
    pub(super) seq: ChangeSeq,
    pub(super) live: u32,
    pub(super) recalled: Vec<Shard>,
    pub(super) frozen: bool,
}

impl From<Alive> for Heard {
    fn from(alive: Alive) -> Self {
        let Alive { now: _, stamp, live, recalled, frozen } = alive;
        Self { seq: stamp.seq, live, recalled, frozen }
    }
}

impl Op {
    pub(super) async fn apply(&self, store: &impl Store) -> Result<Answer> {
        Ok(match self {
            Self::Register(registration) => Answer::Registered(store.register(registration).await?),
            Self::Recovered(node, epoch) => {
                store.recovered(*node, *epoch).await?;
                Answer::Done
            }
            Self::Heartbeat(beat) => Answer::Alive(store.heartbeat(beat).await?.into()),
            Self::Leave(node, epoch, now) => {
                store.leave(*node, *epoch, *now).await?;
                Answer::Done
            }
            Self::Retire(retirement) => Answer::Retired(store.retire(retirement).await?),
            Self::Nodes(now) => Answer::Nodes(store.nodes(*now).await?),
            Self::Sync(request) => Answer::Synced(store.sync(request).await?),
            Self::ClaimIdempotency(claim) => Answer::Claim(store.claim_idempotency(claim).await?),
            Self::UnclaimIdempotency(org, holds) => {
                store.unclaim_idempotency(*org, holds).await?;
                Answer::Done
            }
            Self::OpenPeriods(org, at) => Answer::Periods(store.open_periods(*org, *at).await?),
            Self::Identity(secret) => Answer::Identity(store.identity(secret).await?),
            Self::SecretHashes(after, max) => {
                Answer::Secrets(store.secret_hashes(*after, *max).await?)
            }
            Self::NoteUsed(used) => {
                store.note_used(used).await?;
                Answer::Done
            }
            Self::ChangesSince(seq, max) => Answer::Changes(store.changes_since(*seq, *max).await?),
            Self::Charge(org, hold) => Answer::Charge(Box::new(store.charge(*org, *hold).await?)),
            Self::Usage(query) => Answer::Usage(store.usage(query).await?),
            Self::PutOrg(org) => Answer::Changed(store.put_org(org).await?),
            Self::PutGroup(group) => Answer::Changed(store.put_group(group).await?),
            Self::PutProject(project) => Answer::Changed(store.put_project(project).await?),
            Self::PutMember(member) => Answer::Changed(store.put_member(member).await?),
            Self::Provision(provision) => {
                let (member, seq) = store.provision(provision).await?;
                Answer::Provisioned(Box::new(member), seq)
            }
            Self::MakeKey(key, limits, now) => {
                Answer::Changed(store.make_key(key, limits, *now).await?)
            }
            Self::RevokeToken(org, token, now) => {
                Answer::Changed(store.revoke_token(*org, token, *now).await?)
            }
            Self::PutKey(key, expected) => Answer::Changed(store.put_key(key, *expected).await?),
            Self::PutGrant(org, grant, name, now) => {
                let (grant, seq) = store.put_grant(*org, grant, name.as_deref(), *now).await?;
                Answer::Granted(grant, seq)
            }
            Self::PutLimit(org, limit, counts_from, now) => {
                Answer::Changed(store.put_limit(*org, limit, *counts_from, *now).await?)
            }
            Self::RemoveLimit(org, limit) => {
                Answer::Changed(store.remove_limit(*org, *limit).await?)
            }
            Self::Expire(now) => Answer::Expired(store.expire(*now).await?),
            Self::Adjust(request) => Answer::Adjusted(store.adjust(request).await?),
            Self::Indeterminate(org) => Answer::Indeterminate(store.indeterminate(*org).await?),
        })
    }
}
