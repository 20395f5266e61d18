//! What claims are called.

use super::check_plain;
use crate::place::Place;
use crate::problem::Report;
use crate::raw::{self, Field, Text};

/// What the claims of a token are called; of what is none, the token says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The member's id. None: the member is the one that has the token's subject.
    pub member: Option<Box<str>>,
    /// Groups, by id or name.
    pub groups: Option<Box<str>>,
    /// The project, by its slug.
    pub project: Option<Box<str>>,
    /// Where the call comes from.
    pub surface: Option<Box<str>>,
    /// The only tools that may be used.
    pub tools: Option<Box<str>>,
}

pub(super) fn check(raw: &raw::Claims, place: &Place, report: &mut Report<'_>) -> Option<Claims> {
    let mut claim = |name: &str, field: &Field<Text>| {
        field.check_or(None, |text| check_claim(Some(text), &place.key(name), report).map(Some))
    };
    let member = claim("member", &raw.member);
    let groups = claim("groups", &raw.groups);
    let project = claim("project", &raw.project);
    let surface = claim("surface", &raw.surface);
    let tools = claim("tools", &raw.tools);
    Some(Claims {
        member: member?,
        groups: groups?,
        project: project?,
        surface: surface?,
        tools: tools?,
    })
}

/// Checks the name of a claim, at the top of the payload.
pub(super) fn check_claim(
    text: Option<&Text>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Box<str>> {
    report.check(place, check_plain(text?)).map(Into::into)
}
