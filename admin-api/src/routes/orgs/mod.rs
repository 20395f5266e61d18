//! Organisations, and everything in one.

mod edit;

use axum::Json;
use axum::extract::State;
use ledger::{Credits, MemberId};
use serde::Serialize;
use store::{Group, Org, OrgData, OrgGrant, Project, ProjectStatus};

use super::grants::GrantBody;
use super::keys::KeyBody;
use super::limits::LimitBody;
use super::members::MemberBody;
use crate::org_path::OrgPath;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::rates::RatesBody;
use crate::{AdminApi, time};

pub(crate) use edit::edit;

/// `GET /api/v1/orgs`: every organisation, a page at a time, in order of their ids.
pub(crate) async fn list(
    State(api): State<AdminApi>,
    query: PageQuery,
) -> Result<Json<Page<OrgBody>>, Problem> {
    let orgs = api.store.orgs().await?;
    Ok(Json(query.of(orgs, |org| org.id.as_u128()).map(OrgBody::from)))
}

/// `GET /api/v1/orgs/{org}`: an organisation with its people, keys, grants and limits.
pub(crate) async fn read(OrgPath(org): OrgPath) -> Json<WholeOrgBody> {
    Json(WholeOrgBody::from(org))
}

#[derive(Serialize)]
pub(crate) struct OrgBody {
    id: String,
    name: String,
    plan: PlanBody,
    time_zone: String,
    anchor_day: u8,
    contact: String,
    created: Option<String>,
    require_project: bool,
    rates: RatesBody,
}

#[derive(Serialize)]
struct PlanBody {
    name: String,
    allocation: String,
    price: PriceBody,
}

#[derive(Serialize)]
struct PriceBody {
    /// Integer minor units of the currency: cents.
    minor: i64,
    currency: String,
}

impl From<Org> for OrgBody {
    fn from(org: Org) -> Self {
        let price = PriceBody { minor: org.plan.price.minor, currency: org.plan.price.currency };
        let allocation = org.plan.allocation.to_string();
        Self {
            id: org.id.to_string(),
            name: org.name,
            plan: PlanBody { name: org.plan.name, allocation, price },
            time_zone: org.time_zone,
            anchor_day: org.anchor_day,
            contact: org.contact,
            created: time::print(org.created),
            require_project: org.require_project,
            rates: org.rates.into(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct WholeOrgBody {
    #[serde(flatten)]
    org: OrgBody,
    groups: Vec<GroupBody>,
    projects: Vec<ProjectBody>,
    members: Vec<MemberBody>,
    keys: Vec<KeyBody>,
    grants: Vec<SpentGrantBody>,
    limits: Vec<LimitBody>,
}

impl From<OrgData> for WholeOrgBody {
    fn from(data: OrgData) -> Self {
        Self {
            org: data.org.into(),
            groups: data.groups.into_iter().map(Into::into).collect(),
            projects: data.projects.into_iter().map(Into::into).collect(),
            members: data.members.into_iter().map(Into::into).collect(),
            keys: data.keys.into_iter().map(Into::into).collect(),
            grants: data.grants.into_iter().map(Into::into).collect(),
            limits: data.limits.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Serialize)]
struct GroupBody {
    id: String,
    name: String,
    managers: Vec<String>,
}

impl From<Group> for GroupBody {
    fn from(group: Group) -> Self {
        let managers = group.managers.iter().map(ToString::to_string).collect();
        Self { id: group.id.to_string(), name: group.name, managers }
    }
}

#[derive(Serialize)]
struct ProjectBody {
    id: String,
    slug: String,
    client: String,
    status: &'static str,
    /// The only members that may use it, or `null` for all.
    members: Option<Vec<String>>,
}

impl From<Project> for ProjectBody {
    fn from(project: Project) -> Self {
        let status = match project.status {
            ProjectStatus::Active => "active",
            ProjectStatus::Archived => "archived",
        };
        let ids = |members: Vec<MemberId>| members.iter().map(ToString::to_string).collect();
        Self {
            id: project.id.to_string(),
            slug: project.slug,
            client: project.client,
            status,
            members: project.members.map(ids),
        }
    }
}

/// A grant with its account's figures.
#[derive(Serialize)]
struct SpentGrantBody {
    #[serde(flatten)]
    grant: GrantBody,
    spent: String,
    leased: String,
    /// What is neither spent nor leased, nor ended with the grant.
    available: String,
}

impl From<OrgGrant> for SpentGrantBody {
    fn from(of: OrgGrant) -> Self {
        let gone = of.spent.saturating_add(of.leased).saturating_add(of.expired);
        let available: Credits = of.grant.amount.saturating_sub(gone);
        Self {
            grant: GrantBody::from(&of.grant),
            spent: of.spent.to_string(),
            leased: of.leased.to_string(),
            available: available.to_string(),
        }
    }
}
