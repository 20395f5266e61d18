//! What a request says of a key that it makes or changes.

use ipnet::IpNet;
use ledger::{GroupId, Instant, ProjectId, Surface, Tool};
use serde_json::Value;
use store::{Key, Member, OrgData, Project, ProjectStatus};

use super::networks::network;
use crate::body::{self, Change, Fields};
use crate::rates::{self, RatesChange};

/// What is to become of everything in a key that can be chosen.
pub(super) struct Edits {
    surface: Change<Surface>,
    group: Change<GroupId>,
    project: Change<ProjectId>,
    tools: Change<Vec<Tool>>,
    models: Change<Vec<String>>,
    ips: Change<Vec<IpNet>>,
    rates: Change<RatesChange>,
    expires: Change<Instant>,
}

impl Edits {
    /// Reads them, for a key of `owner`; without one, what it may use is not told apart.
    pub(super) fn read(
        fields: &mut Fields,
        org: &OrgData,
        owner: Option<&Member>,
        now: Instant,
    ) -> Self {
        Self {
            surface: fields.change("surface", body::surface),
            group: fields.change("group", |value| group(value, org, owner)),
            project: fields.change("project", |value| project(value, org, owner)),
            tools: fields.change_restriction("tools", body::tool),
            models: fields.change_restriction("models", model),
            ips: fields.change_restriction("ips", network),
            rates: rates::read(fields),
            expires: fields.change("expires", body::future(now)),
        }
    }

    /// The key that this makes of one.
    pub(super) fn over(self, mut key: Key) -> Key {
        let standing = &mut key.standing;
        standing.group = self.group.over_option(standing.group);
        standing.project = self.project.over_option(standing.project);
        standing.tools = self.tools.over_option(standing.tools.take());
        standing.expires = self.expires.over(standing.expires, Instant::MAX);
        key.surface = self.surface.over(key.surface, Surface::Api);
        key.models = self.models.over_option(key.models);
        key.ips = self.ips.over_option(key.ips);
        key.rates = self.rates.of(key.rates);
        key
    }
}

/// A group that charges may belong to: one that the member is in.
fn group(value: &Value, org: &OrgData, owner: Option<&Member>) -> Result<GroupId, String> {
    let id = body::text(value)?.parse().map_err(|error| format!("{error}"))?;
    if !org.groups.iter().any(|group| group.id == id) {
        return Err("the organisation has no such group".to_owned());
    }
    if owner.is_some_and(|owner| !owner.standing.groups.contains(&id)) {
        return Err("the member is not in this group".to_owned());
    }
    Ok(id)
}

/// A project that the member may charge.
fn project(value: &Value, org: &OrgData, owner: Option<&Member>) -> Result<ProjectId, String> {
    let id: ProjectId = body::text(value)?.parse().map_err(|error| format!("{error}"))?;
    let project = org.projects.iter().find(|project| project.id == id);
    let project = project.ok_or("the organisation has no such project")?;
    if project.status == ProjectStatus::Archived {
        return Err("the project is archived".to_owned());
    }
    if owner.is_some_and(|owner| !may_use(owner, project)) {
        return Err("the member may not use this project".to_owned());
    }
    Ok(id)
}

fn may_use(member: &Member, project: &Project) -> bool {
    project.members.as_ref().is_none_or(|listed| listed.contains(&member.standing.id))
}

const MAX_MODEL: usize = 200;

/// A name of models: `gpt-*` is every one that begins so.
fn model(value: &Value) -> Result<String, String> {
    let name = body::text(value)?;
    let exact = name.strip_suffix('*').unwrap_or(name);
    let visible = name.bytes().all(|byte| byte.is_ascii_graphic());
    if (1..=MAX_MODEL).contains(&name.len()) && visible && !exact.contains('*') {
        return Ok(name.to_owned());
    }
    let form = "visible ASCII characters, with a `*` at the end at most, which stands for any rest";
    Err(format!("must be 1 to {MAX_MODEL} {form}"))
}
