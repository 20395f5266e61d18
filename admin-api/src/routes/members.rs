//! Members, and whether they have access.

use axum::Json;
use axum::extract::{Path, State};
use ledger::{MemberId, MemberStatus};
use serde::Serialize;
use store::Member;
use tracing::Instrument;

use crate::applied::{InForce, apply};
use crate::org_path::OrgPath;
use crate::problem::Problem;
use crate::{AdminApi, action};

#[derive(Serialize)]
pub(crate) struct MemberBody {
    id: String,
    name: String,
    service_account: bool,
    role: &'static str,
    job_role: Option<String>,
    status: &'static str,
    home_group: Option<String>,
    groups: Vec<String>,
}

impl From<Member> for MemberBody {
    fn from(member: Member) -> Self {
        let standing = member.standing;
        Self {
            id: standing.id.to_string(),
            name: member.name,
            service_account: member.service_account,
            role: member.role.name(),
            job_role: member.job_role,
            status: name(standing.status),
            home_group: standing.home.map(|group| group.to_string()),
            groups: standing.groups.iter().map(ToString::to_string).collect(),
        }
    }
}

/// What is to become of a member's access.
#[derive(Clone, Copy)]
enum Access {
    Remove,
    Restore,
}

const VERBS: [(&str, Access); 2] =
    [("remove-access", Access::Remove), ("restore-access", Access::Restore)];

/// `POST /api/v1/orgs/{org}/members/{id}:remove-access` and `:restore-access`: whether the member,
/// with whichever of its keys, may use any tool.
///
/// What is so already stays as it is, and the gateways are told again.
pub(crate) async fn act(
    State(api): State<AdminApi>,
    OrgPath(org): OrgPath,
    Path((_, parameter)): Path<(String, String)>,
) -> Result<Json<InForce<MemberBody>>, Problem> {
    let (id, access): (MemberId, _) = action::read(&parameter, "mem_...", &VERBS)?;
    let member = org.members.into_iter().find(|member| member.standing.id == id);
    let missing = || Problem::not_found(format!("{} has no member {id}", org.org.id));
    let mut member = member.ok_or_else(missing)?;
    let before = member.standing.status;
    member.standing.status = after(id, before, access)?;
    let put = async move {
        let status = member.standing.status;
        if status == before {
            return Ok(InForce { thing: member.into(), applied: apply(&api, org.seq).await });
        }
        let seq = api.store.put_member(&member).await?;
        tracing::info!(org.id = %member.org, member.id = %id, status = name(status), "access changed");
        Ok(InForce { thing: member.into(), applied: apply(&api, seq).await })
    };
    // A client that hangs up ends its handler, and a change that is committed is to be told of.
    let put = tokio::spawn(put.in_current_span()).await;
    put.map_err(|error| Problem::internal(&error))?.map(Json)
}

/// What a member's status becomes.
fn after(id: MemberId, before: MemberStatus, access: Access) -> Result<MemberStatus, Problem> {
    match (before, access) {
        (MemberStatus::Active | MemberStatus::AccessRemoved, Access::Remove) => {
            Ok(MemberStatus::AccessRemoved)
        }
        (MemberStatus::Active | MemberStatus::AccessRemoved, Access::Restore) => {
            Ok(MemberStatus::Active)
        }
        // It has no access, and is more than without.
        (MemberStatus::Deactivated, Access::Remove) => Ok(MemberStatus::Deactivated),
        (MemberStatus::Deactivated, Access::Restore) => {
            Err(Problem::conflict(format!("{id} is deactivated, and that takes more to undo")))
        }
    }
}

const fn name(status: MemberStatus) -> &'static str {
    match status {
        MemberStatus::Active => "active",
        MemberStatus::AccessRemoved => "access_removed",
        MemberStatus::Deactivated => "deactivated",
    }
}
