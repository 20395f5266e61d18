//! Which project a call is charged to: the header's, else the token's, else the key's own.
//!
//! Whoever named it, it has to be one that the caller may use now: active, and for everyone or with
//! the caller on its list.

use http::HeaderMap;
use ledger::ProjectId;
use store::{Project, ProjectStatus};

use crate::identity::Caller;
use crate::refusal::{Code, Denial};

/// The header that names a project instead of the credential's own.
pub(crate) const PROJECT_HEADER: &str = "x-bursar-project";

const ANOTHER: &str = "name another one in x-bursar-project";

/// The project that a request names, in its header or in its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    id: ProjectId,
    by: By,
}

/// Who named a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Header,
    Token,
    Key,
}

/// Why a project may not be charged.
enum NotChargeable {
    Archived,
    NotListed,
    Unknown,
}

impl Named {
    pub(crate) const fn project(self) -> ProjectId {
        self.id
    }

    /// The project that the header names, which has to be one whatever is called; else the token's,
    /// for what is charged.
    ///
    /// # Errors
    /// It is no project, or the caller may not charge it; or there are several headers.
    pub(crate) fn of(
        caller: &Caller,
        headers: &HeaderMap,
        is_charged: bool,
    ) -> Result<Option<Self>, Denial> {
        let mut named = headers.get_all(PROJECT_HEADER).iter();
        let Some(slug) = named.next() else {
            return if is_charged { Self::by_token(caller) } else { Ok(None) };
        };
        if named.next().is_some() {
            return Err(misnamed("the request names more than one project; send one".to_owned()));
        }
        let slug = slug.to_str().unwrap_or_default().trim();
        if slug.is_empty() {
            return Err(misnamed("the header is there and names no project".to_owned()));
        }
        let view = caller.org.view();
        let unknown = || misnamed(format!("your organisation has no project `{slug}`"));
        let project = view.project_called(slug).ok_or_else(unknown)?;
        may_charge(caller, project).map_err(|why| why.denial(caller, slug, By::Header))?;
        Ok(Some(Self { id: project.id, by: By::Header }))
    }

    fn by_token(caller: &Caller) -> Result<Option<Self>, Denial> {
        let slug = caller.token().and_then(|token| token.project.as_deref());
        let Some(slug) = slug else { return Ok(None) };
        let project = caller.org.view().project_called(slug).map(|project| project.id);
        let id = project.ok_or_else(|| NotChargeable::Unknown.denial(caller, slug, By::Token))?;
        Ok(Some(Self { id, by: By::Token }))
    }
}

/// Whether what is spent may be charged as it is about to be: to the project that the request names,
/// or else to the key's own.
///
/// Made before a request is looked at, and once more when its hold is taken.
///
/// # Errors
/// The project may not be charged, or there is none and the organisation requires one.
pub(crate) fn check(caller: &Caller, named: Option<Named>) -> Result<(), Denial> {
    let (id, by) = match named {
        Some(Named { id, by }) => (Some(id), by),
        None => (caller.project_of_key(), By::Key),
    };
    let view = caller.org.view();
    let Some(id) = id else {
        return if view.require_project { Err(required(caller)) } else { Ok(()) };
    };
    // One that is named is never forgotten: projects are archived, not deleted.
    let Some(project) = view.project(id) else { return Ok(()) };
    may_charge(caller, project).map_err(|why| why.denial(caller, &project.slug, by))
}

fn may_charge(caller: &Caller, project: &Project) -> Result<(), NotChargeable> {
    if project.status != ProjectStatus::Active {
        return Err(NotChargeable::Archived);
    }
    let listed = project.members.as_ref().is_none_or(|members| members.contains(&caller.member));
    if listed { Ok(()) } else { Err(NotChargeable::NotListed) }
}

impl NotChargeable {
    fn denial(self, caller: &Caller, slug: &str, by: By) -> Denial {
        let why = match self {
            Self::Archived => "it is archived",
            Self::NotListed => "you are not among those who may",
            Self::Unknown => "your organisation does not have it",
        };
        let whose = match by {
            By::Header => format!("the project `{slug}`: {why}"),
            By::Token => format!("the project of this token, `{slug}`: {why}; {ANOTHER}"),
            By::Key => format!("the project of this key, `{slug}`: {why}; {ANOTHER}"),
        };
        let message = format!("you may not charge {whose}");
        let denial = Denial::new(Code::ProjectNotAllowed, message);
        Denial { ask: Some(caller.org.admins()), ..denial }
    }
}

fn misnamed(message: String) -> Denial {
    Denial::new(Code::InvalidRequest, message).about(Some(PROJECT_HEADER.to_owned()))
}

fn required(caller: &Caller) -> Denial {
    let message = format!(
        "your organisation charges everything to a project, and this call has none: name one in \
         {PROJECT_HEADER}"
    );
    let denial = Denial::new(Code::ProjectRequired, message);
    Denial { ask: Some(caller.org.admins()), ..denial.about(Some(PROJECT_HEADER.to_owned())) }
}
