//! Who is in the organisation: its groups, members and projects.

use ledger::{GroupId, Instant, MemberStanding, MemberStatus};
use store::{Group, Member, Money, Org, Plan, Project, ProjectStatus, Rates, Role};

use super::credits::whole;
use super::ids::{Ids, founded};

/// A group and who manages it.
pub(super) struct GroupRow {
    pub(super) name: &'static str,
    manager: &'static str,
}

pub(super) const GROUPS: [GroupRow; 3] = [
    GroupRow { name: "Design", manager: "mira" },
    GroupRow { name: "Marketing", manager: "theo" },
    GroupRow { name: "Engineering", manager: "lena" },
];

/// A person or a service account.
pub(super) struct Person {
    pub(super) handle: &'static str,
    name: &'static str,
    role: Role,
    job_role: Option<&'static str>,
    /// The home group first.
    groups: &'static [&'static str],
    status: MemberStatus,
    service_account: bool,
}

const fn person(
    handle: &'static str,
    name: &'static str,
    role: Role,
    job_role: &'static str,
    groups: &'static [&'static str],
) -> Person {
    let (status, service_account) = (MemberStatus::Active, false);
    Person { handle, name, role, job_role: Some(job_role), groups, status, service_account }
}

pub(super) const PEOPLE: [Person; 13] = [
    person("nora", "Nora Falk", Role::Owner, "managing director", &["Marketing"]),
    person("jonas", "Jonas Weber", Role::Admin, "operations", &["Engineering"]),
    person("mira", "Mira Santos", Role::Manager, "design lead", &["Design", "Marketing"]),
    person("theo", "Theo Brandt", Role::Manager, "marketing lead", &["Marketing"]),
    person("lena", "Lena Okafor", Role::Manager, "engineering lead", &["Engineering"]),
    person("priya", "Priya Nair", Role::Member, "engineer", &["Engineering"]),
    person("samuel", "Samuel Cruz", Role::Member, "designer", &["Design"]),
    person("ines", "Ines Moreau", Role::Member, "copywriter", &["Marketing"]),
    // Freelancers: in no group, and so outside every shared grant.
    person("yuki", "Yuki Tanaka", Role::Member, "photographer", &[]),
    person("oskar", "Oskar Lind", Role::Member, "intern", &[]),
    person("dana", "Dana Petrov", Role::Member, "editor", &[]),
    Person {
        status: MemberStatus::AccessRemoved,
        ..person("felix", "Felix Roth", Role::Member, "former copywriter", &["Marketing"])
    },
    Person {
        job_role: None,
        service_account: true,
        ..person("pipeline", "Asset pipeline", Role::Member, "", &["Engineering"])
    },
];

/// A project and the only members that may use it.
pub(super) struct ProjectRow {
    pub(super) slug: &'static str,
    client: &'static str,
    members: Option<&'static [&'static str]>,
}

pub(super) const PROJECTS: [ProjectRow; 2] = [
    ProjectRow { slug: "atlas-rebrand", client: "Atlas Outdoor", members: None },
    ProjectRow {
        slug: "harbour-festival",
        client: "Harbour Festival Society",
        members: Some(&["mira", "samuel", "ines"]),
    },
];

pub(super) fn org(ids: &Ids, now: Instant) -> Org {
    Org {
        id: ids.org(),
        name: "Northwind Studio".to_owned(),
        plan: Plan {
            name: "Studio".to_owned(),
            allocation: whole(super::grants::ALLOCATION),
            price: Money { minor: 45_000, currency: "EUR".to_owned() },
        },
        time_zone: "Europe/Berlin".to_owned(),
        anchor_day: 15,
        contact: address("nora"),
        created: founded(now),
        require_project: false,
        rates: Rates::default(),
    }
}

pub(super) fn groups(ids: &Ids) -> impl Iterator<Item = Group> {
    GROUPS.iter().map(|row| Group {
        id: ids.group(row.name),
        org: ids.org(),
        name: row.name.to_owned(),
        managers: vec![ids.member(row.manager)],
    })
}

pub(super) fn members(ids: &Ids) -> Vec<Member> {
    let member = |row: &Person| {
        let groups: Vec<GroupId> = row.groups.iter().map(|name| ids.group(name)).collect();
        Member {
            org: ids.org(),
            name: row.name.to_owned(),
            email: (!row.service_account).then(|| address(row.handle)),
            service_account: row.service_account,
            role: row.role,
            job_role: row.job_role.map(str::to_owned),
            standing: MemberStanding {
                id: ids.member(row.handle),
                status: row.status,
                home: groups.first().copied(),
                groups,
                tools: None,
            },
            subjects: Vec::new(),
            tokens_valid_after: Instant::MIN,
            rates: Rates::default(),
        }
    };
    PEOPLE.iter().map(member).collect()
}

pub(super) fn projects(ids: &Ids) -> impl Iterator<Item = Project> {
    PROJECTS.iter().map(|row| Project {
        id: ids.project(row.slug),
        org: ids.org(),
        slug: row.slug.to_owned(),
        client: row.client.to_owned(),
        status: ProjectStatus::Active,
        members: row.members.map(|handles| handles.iter().map(|it| ids.member(it)).collect()),
    })
}

/// A mail address of a domain that cannot exist.
fn address(handle: &str) -> String {
    format!("{handle}@northwind.example")
}
