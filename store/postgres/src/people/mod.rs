//! Organisations and those in them.

mod group;
mod key;
mod list;
mod load;
mod member;
mod org;
mod project;
mod provision;
mod put_key;
mod secret;
mod subject;
mod token;
mod used;

pub(crate) use group::{group, groups, put_group, require_groups};
pub(crate) use key::{key, keys, require_keys};
pub(crate) use list::{List, Which, list, missing};
pub(crate) use load::load;
pub(crate) use member::{
    change_member, member, members, put_member, require_members, write_member,
};
pub(crate) use org::{change_org, org, orgs, put_org, require};
pub(crate) use project::{project, projects, put_project, require_projects};
pub(crate) use provision::provision;
pub(crate) use put_key::{make_key, put_key};
pub(crate) use secret::{identity, secret_hashes};
pub(crate) use token::{revoke_token, revoked_token, revoked_tokens};
pub(crate) use used::note_used;
