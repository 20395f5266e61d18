//! Members who come with their first token.

use std::sync::Arc;

use ::identity::{Fault, Verified};
use bursar_config::ProvisionRole;
use ledger::{Instant, Limit, LimitId, MemberId, MemberStanding, MemberStatus, OrgId, Scope};
use store::{Member, Provision, Rates, Role, Subject};
use uuid::Builder;

use crate::flights::Flights;
use crate::org::Org;
use crate::refusal::Denial;
use crate::sync::Ledger;

/// Finds the members that tokens mean, and makes those that there are not yet.
pub(super) struct Newcomers {
    ledger: Arc<Ledger>,
    /// Of many first tokens of one subject, one makes the member.
    making: Flights<(OrgId, Subject), ()>,
}

impl Newcomers {
    pub(super) fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger, making: Flights::default() }
    }

    /// The member that a token means, whatever its standing.
    ///
    /// # Errors
    /// There is none and none is made, or the store could not be asked.
    pub(super) async fn member_of(
        &self,
        org: &Arc<Org>,
        token: &Verified,
    ) -> Result<MemberId, Denial> {
        let nobody = || Denial::credential(Fault::TokenMember);
        if let Some(member) = token.member {
            return org.view().member(member).map(|_| member).ok_or_else(nobody);
        }
        let (issuer, subject) = (token.issuer.issuer.to_string(), token.subject.to_string());
        let subject = Subject { issuer, subject };
        if let Some(member) = org.view().member_called(&subject) {
            return Ok(member);
        }
        let rule = token.issuer.provision.as_ref().ok_or_else(nobody)?;
        let flight = (org.id(), subject.clone());
        let made = self.making.board(flight, || self.make(org, &subject, token, rule)).await;
        made.map_err(|failure| {
            tracing::warn!(%failure, "the member of a first token could not be made");
            Denial::ledger_unavailable()
        })?;
        org.view().member_called(&subject).ok_or_else(nobody)
    }

    /// Has the store make the member, unless another gateway has, and puts it in force here.
    async fn make(
        &self,
        org: &Arc<Org>,
        subject: &Subject,
        token: &Verified,
        rule: &bursar_config::Provision,
    ) -> store::Result<()> {
        if org.view().member_called(subject).is_some() {
            return Ok(());
        }
        let now = self.ledger.now();
        let member = member(org, subject, token, rule, now);
        let limit = rule.limit.map(|limit| Limit {
            id: LimitId::from_u128(id(now)),
            scope: Scope::Member(member.standing.id),
            tool: None,
            period: limit.period,
            amount: limit.amount,
        });
        let provision = Provision { member, limit, now };
        let (made, seq) = self.ledger.store().provision(&provision).await?;
        self.ledger.confirm(seq).await?;
        let (org, issuer) = (org.id(), &*token.issuer.name);
        tracing::info!(%org, member = %made.standing.id, issuer, "a token's subject is a member");
        Ok(())
    }
}

fn member(
    org: &Org,
    subject: &Subject,
    token: &Verified,
    rule: &bursar_config::Provision,
    now: Instant,
) -> Member {
    let groups = org.view().groups_called(&token.groups);
    let standing = MemberStanding {
        id: MemberId::from_u128(id(now)),
        status: MemberStatus::Active,
        home: groups.first().copied(),
        groups,
        tools: None,
    };
    Member {
        org: org.id(),
        name: subject.subject.clone(),
        email: None,
        service_account: false,
        role: match rule.role {
            ProvisionRole::Manager => Role::Manager,
            ProvisionRole::Member => Role::Member,
        },
        job_role: None,
        standing,
        subjects: vec![subject.clone()],
        tokens_valid_after: Instant::MIN,
        rates: Rates::default(),
    }
}

/// A new id: a `UUIDv7`.
fn id(now: Instant) -> u128 {
    let millis = u64::try_from(now.micros() / 1_000).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid().as_u128()
}
