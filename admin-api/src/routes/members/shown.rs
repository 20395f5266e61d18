//! What is shown of a member.

use ledger::MemberStatus;
use serde::Serialize;
use store::{Member, Subject};

use crate::rates::RatesBody;
use crate::time;

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
    /// The only ones, or `null` for any.
    tools: Option<Vec<String>>,
    rates: RatesBody,
    subjects: Vec<SubjectBody>,
    /// Tokens issued before are refused; `null` when none is for that.
    tokens_valid_after: Option<String>,
}

/// Whom tokens call it.
#[derive(Serialize)]
struct SubjectBody {
    issuer: String,
    subject: String,
}

impl From<Subject> for SubjectBody {
    fn from(Subject { issuer, subject }: Subject) -> Self {
        Self { issuer, subject }
    }
}

impl From<Member> for MemberBody {
    fn from(member: Member) -> Self {
        let standing = member.standing;
        let names =
            |tools: Vec<ledger::Tool>| tools.iter().map(|it| it.name().to_owned()).collect();
        Self {
            id: standing.id.to_string(),
            name: member.name,
            service_account: member.service_account,
            role: member.role.name(),
            job_role: member.job_role,
            status: name(standing.status),
            home_group: standing.home.map(|group| group.to_string()),
            groups: standing.groups.iter().map(ToString::to_string).collect(),
            tools: standing.tools.map(names),
            rates: member.rates.into(),
            subjects: member.subjects.into_iter().map(Into::into).collect(),
            tokens_valid_after: time::print(member.tokens_valid_after),
        }
    }
}

pub(super) const fn name(status: MemberStatus) -> &'static str {
    match status {
        MemberStatus::Active => "active",
        MemberStatus::AccessRemoved => "access_removed",
        MemberStatus::Deactivated => "deactivated",
    }
}
