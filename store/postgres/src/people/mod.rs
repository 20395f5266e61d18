//! Organisations and those in them.

mod group;
mod key;
mod list;
mod load;
mod member;
mod org;
mod project;

pub(crate) use group::{group, groups, put_group, require_groups};
pub(crate) use key::{identity, key, keys, put_key, require_keys};
pub(crate) use list::{List, Which, list, missing};
pub(crate) use load::load;
pub(crate) use member::{member, members, put_member, require_members};
pub(crate) use org::{org, orgs, put_org, require};
pub(crate) use project::{project, projects, put_project, require_projects};
