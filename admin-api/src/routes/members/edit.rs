//! Members that are changed.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use ledger::{GroupId, KeyStatus, MemberId, MemberStatus, Tool};
use store::{Key, Member, OrgData, Subject};

use super::MemberBody;
use super::path::require_short;
use crate::AdminApi;
use crate::anew::{Changing, change};
use crate::applied::{InForce, apply, see_through};
use crate::body::{self, Change, Fields};
use crate::org_path::OrgPath;
use crate::problem::Problem;
use crate::rates::{self, RatesChange};

/// `PATCH /api/v1/orgs/{org}/members/{member}`: the fields that are there get another value, and
/// `null` what they have when nothing is said of them.
pub(crate) async fn edit(
    State(api): State<AdminApi>,
    OrgPath(org): OrgPath,
    Path((_, parameter)): Path<(String, String)>,
    fields: Fields,
) -> Result<Json<InForce<MemberBody>>, Problem> {
    let missing = |_| Problem::not_found(format!("{} has no member {parameter}", org.org.id));
    let id: MemberId = parameter.parse().map_err(missing)?;
    let edits = read(fields, &org, Member::find(&org, id)?)?;
    see_through(async move {
        let now = api.clock.now();
        let to = |org: &OrgData, member: &Member| {
            let edited = edits.clone().over(member.clone());
            keeps_subjects(member, &edited)?;
            keeps_groups_of_keys(org, &edited)?;
            if edited.standing.home.is_some_and(|home| !edited.standing.groups.contains(&home)) {
                return Err(Problem::conflict("the member has changed meanwhile: read it again"));
            }
            if edited.standing.groups != member.standing.groups {
                require_short(org, &edited, now)?;
            }
            Ok(edited)
        };
        let (member, seq) = change(&api, &org, id, to).await?;
        tracing::info!(org.id = %member.org, member.id = %id, "member edited");
        Ok(InForce { thing: member.into(), applied: apply(&api, seq).await })
    })
    .await
    .map(Json)
}

/// What is to become of everything in a member that can be chosen.
#[derive(Clone)]
struct Edits {
    name: Change<String>,
    job_role: Change<String>,
    tools: Change<Vec<Tool>>,
    rates: Change<RatesChange>,
    subjects: Change<Vec<Subject>>,
    groups: Change<Vec<GroupId>>,
    home: Change<GroupId>,
}

impl Edits {
    fn over(self, mut member: Member) -> Member {
        let standing = &mut member.standing;
        standing.tools = self.tools.over_option(standing.tools.take());
        standing.groups = self.groups.over(std::mem::take(&mut standing.groups), Vec::new());
        standing.home = self.home.over_option(standing.home);
        member.name = self.name.over(member.name, String::new());
        member.job_role = self.job_role.over_option(member.job_role);
        member.rates = self.rates.of(member.rates);
        member.subjects = self.subjects.over(member.subjects, Vec::new());
        member
    }
}

/// Where members come with their tokens, the next one would make another member of somebody who is
/// gone and has lost its subject.
fn keeps_subjects(member: &Member, edited: &Member) -> Result<(), Problem> {
    let gone = member.standing.status == MemberStatus::Deactivated;
    if gone && !member.subjects.iter().all(|subject| edited.subjects.contains(subject)) {
        let stay = "of a member that is deactivated have to stay with it";
        return Err(Problem::mistake("subjects", stay));
    }
    Ok(())
}

/// A key that names a group charges it, so that the member is in it as long as there is the key.
fn keeps_groups_of_keys(org: &OrgData, edited: &Member) -> Result<(), Problem> {
    let own = |key: &&Key| {
        key.standing.member == edited.standing.id && key.standing.status != KeyStatus::Revoked
    };
    let lost = |key: &&Key| {
        key.standing.group.is_some_and(|group| !edited.standing.groups.contains(&group))
    };
    match org.keys.iter().filter(own).find(lost) {
        Some(key) => {
            let id = key.standing.id;
            let how = format!("have to have the group that {id} charges: change the key first");
            Err(Problem::mistake("groups", how))
        }
        None => Ok(()),
    }
}

fn read(mut fields: Fields, org: &OrgData, member: &Member) -> Result<Edits, Problem> {
    let known: BTreeSet<_> = org.groups.iter().map(|group| group.id).collect();
    let edits = Edits {
        name: fields.change("name", body::name),
        job_role: fields.change("job_role", body::name),
        tools: fields.change_restriction("tools", body::tool),
        rates: rates::read(&mut fields),
        subjects: fields.change_objects("subjects", |fields| {
            let issuer = fields.required("issuer", body::claim);
            let subject = fields.required("subject", body::claim);
            Some(Subject { issuer: issuer?, subject: subject? })
        }),
        groups: fields.change_list("groups", body::one_of(known.clone(), "group")),
        home: fields.change("home_group", body::one_of(known, "group")),
    };
    if matches!(edits.name, Change::Clear) {
        fields.mistake("name", "cannot be without one");
    }
    if let Change::Set(subjects) = &edits.subjects {
        for (n, subject) in subjects.iter().enumerate() {
            if subjects.iter().take(n).any(|other| other == subject) {
                fields.mistake(&format!("subjects[{n}]"), "is listed twice");
            }
        }
    }
    let groups = edits.groups.clone().over(member.standing.groups.clone(), Vec::new());
    let home = edits.home.clone().over_option(member.standing.home);
    if home.is_some_and(|home| !groups.contains(&home)) {
        fields.mistake("home_group", "must be one of the groups that the member is in");
    }
    fields.finish(Some(edits))
}
