//! Keys, all of an organisation or one.

use axum::Json;
use axum::extract::Path;
use ledger::{KeyStatus, MemberId};

use super::shown::STATUSES;
use super::{KeyAnswer, KeyBody, named};
use crate::etag::Versioned;
use crate::org_path::OrgPath;
use crate::page::{Filter, Page, PageQuery};
use crate::problem::Problem;

/// Whose keys, and of which status.
#[derive(Debug, Default)]
pub(crate) struct Which {
    member: Option<MemberId>,
    status: Option<KeyStatus>,
}

impl Filter for Which {
    const NAMES: &'static [&'static str] = &["member", "status"];

    fn read(&mut self, name: &str, value: &str) -> Result<(), String> {
        if name == "member" {
            let id = value.parse().map_err(|error| format!("{error}"))?;
            self.member = Some(id);
            return Ok(());
        }
        let status = STATUSES.into_iter().find(|(name, _)| *name == value);
        let names = || format!("must be one of {}", STATUSES.map(|(name, _)| name).join(", "));
        self.status = Some(status.ok_or_else(names)?.1);
        Ok(())
    }
}

/// `GET /api/v1/orgs/{org}/keys`: the keys, a page at a time, in order of their ids; with `member`
/// and `status` only those.
pub(crate) async fn list(
    OrgPath(org): OrgPath,
    query: PageQuery<Which>,
) -> Result<Json<Page<KeyBody>>, Problem> {
    let Which { member, status } = query.filter;
    let keys = org.keys.into_iter().filter(|key| {
        member.is_none_or(|member| key.standing.member == member)
            && status.is_none_or(|status| key.standing.status == status)
    });
    Ok(Json(query.of(keys, |key| key.standing.id.as_u128()).map(KeyBody::from)))
}

/// `GET /api/v1/orgs/{org}/keys/{key}`: one, and the version of it that is shown.
pub(crate) async fn read(
    OrgPath(org): OrgPath,
    Path((_, id)): Path<(String, String)>,
) -> Result<KeyAnswer<KeyBody>, Problem> {
    let key = named(&org, &id)?.clone();
    Ok(Versioned { version: key.version, answer: Json(key.into()) })
}
