//! Whether a member has access, and whether it is one.

use axum::Json;
use axum::extract::{Path, State};
use ledger::{Instant, MemberId, MemberStatus};
use store::{Member, OrgData};

use super::MemberBody;
use super::shown::name;
use crate::anew::{Changing, change};
use crate::applied::{InForce, apply, see_through};
use crate::body::PerhapsFields;
use crate::org_path::OrgPath;
use crate::problem::Problem;
use crate::routes::keys;
use crate::{AdminApi, action};

/// What is to become of a member.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    RemoveAccess,
    RestoreAccess,
    Deactivate,
    Reactivate,
    RevokeTokens,
}

const VERBS: [(&str, Verb); 5] = [
    ("remove-access", Verb::RemoveAccess),
    ("restore-access", Verb::RestoreAccess),
    ("deactivate", Verb::Deactivate),
    ("reactivate", Verb::Reactivate),
    ("revoke-tokens", Verb::RevokeTokens),
];

/// `POST /api/v1/orgs/{org}/members/{member}:remove-access` and `:restore-access`: whether the
/// member, with whichever of its keys and tokens, may use any tool. `:deactivate`: it is no longer
/// of the organisation, and its keys and tokens end for ever; `:reactivate`: it is again.
/// `:revoke-tokens`: its tokens end, and those issued later do not.
///
/// What is so already stays as it is, and the gateways are told again.
pub(crate) async fn act(
    State(api): State<AdminApi>,
    OrgPath(org): OrgPath,
    Path((_, parameter)): Path<(String, String)>,
    PerhapsFields(fields): PerhapsFields,
) -> Result<Json<InForce<MemberBody>>, Problem> {
    let (id, verb): (MemberId, _) = action::read(&parameter, "mem_...", &VERBS)?;
    Member::find(&org, id)?;
    fields.finish(Some(()))?;
    see_through(commit(api, org, id, verb)).await.map(Json)
}

async fn commit(
    api: AdminApi,
    org: OrgData,
    id: MemberId,
    verb: Verb,
) -> Result<InForce<MemberBody>, Problem> {
    if verb == Verb::Reactivate && is_deactivated(Member::find(&org, id)?) {
        // Whatever was left of them, by a deactivation that broke off, does not come back with it.
        keys::end_all(&api, org.org.id, id).await?;
    }
    let now = api.clock.now();
    let to = |_: &OrgData, member: &Member| after(member, verb, now);
    let (member, mut seq) = change(&api, &org, id, to).await?;
    let status = name(member.standing.status);
    tracing::info!(org.id = %member.org, member.id = %id, status, "member put");
    if is_deactivated(&member) {
        // From here on it gets no other.
        seq = seq.max(keys::end_all(&api, member.org, id).await?);
    }
    Ok(InForce { thing: member.into(), applied: apply(&api, seq).await })
}

fn is_deactivated(member: &Member) -> bool {
    member.standing.status == MemberStatus::Deactivated
}

/// What a member becomes.
fn after(member: &Member, verb: Verb, now: Instant) -> Result<Member, Problem> {
    use MemberStatus::{AccessRemoved, Active, Deactivated};
    let mut member = member.clone();
    member.standing.status = match (member.standing.status, verb) {
        (status, Verb::RevokeTokens) => {
            end_tokens(&mut member, now);
            status
        }
        (Deactivated, Verb::Deactivate) => Deactivated,
        (Active | AccessRemoved, Verb::Deactivate) => {
            end_tokens(&mut member, now);
            Deactivated
        }
        (Active | AccessRemoved, Verb::RemoveAccess) => AccessRemoved,
        (Active | AccessRemoved, Verb::RestoreAccess) => Active,
        // Its issuer may have gone on giving it tokens.
        (Deactivated, Verb::Reactivate) => {
            end_tokens(&mut member, now);
            Active
        }
        (status, Verb::Reactivate) => status,
        // It has no access, and is more than without.
        (Deactivated, Verb::RemoveAccess) => Deactivated,
        (Deactivated, Verb::RestoreAccess) => {
            let id = member.standing.id;
            return Err(Problem::conflict(format!("{id} is deactivated: it takes `:reactivate`")));
        }
    };
    Ok(member)
}

/// Tokens say the second in which they were issued, so that those of this second end too.
fn end_tokens(member: &mut Member, now: Instant) {
    let next_second = Instant::from_seconds(now.seconds().saturating_add(1));
    member.tokens_valid_after = member.tokens_valid_after.max(next_second);
}
