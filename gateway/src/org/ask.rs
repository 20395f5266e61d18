//! Whom a refused caller may ask: the managers of the pool or group, else the admins.

use ledger::{GrantId, GroupId, Refusal, Scope, ShortOn};
use store::Member;

use super::{Org, OrgView};

impl Org {
    /// Whom to ask about a refusal, by name; `None` where nobody could help.
    pub(crate) fn ask_about(&self, refusal: &Refusal) -> Option<String> {
        let view = self.view();
        let managers = match refusal {
            Refusal::CredentialEnded | Refusal::PeriodUnopened(_) => return None,
            Refusal::CreditsHeld(_) | Refusal::CreditsInDoubt(_) => return None,
            Refusal::KeyBlocked | Refusal::AccessRemoved | Refusal::ToolNotAllowed => None,
            Refusal::Short(short) => match &short.on {
                ShortOn::Limit(limit) => match limit.scope {
                    Scope::Group(group) => managers_of(&view, &[group]),
                    Scope::Key(_) | Scope::Member(_) | Scope::Project(_) | Scope::Org => None,
                },
                ShortOn::Grants { restricted } => {
                    restricted.and_then(|grant| pool_managers(&view, grant))
                }
            },
        };
        Some(managers.unwrap_or_else(|| admins(&view)))
    }

    /// Whom to ask about what only an admin can change.
    pub(crate) fn admins(&self) -> String {
        admins(&self.view())
    }
}

fn pool_managers(view: &OrgView, grant: GrantId) -> Option<String> {
    managers_of(view, view.pools.get(&grant)?)
}

fn managers_of(view: &OrgView, groups: &[GroupId]) -> Option<String> {
    let groups = groups.iter().filter_map(|group| view.groups.get(group));
    let asked: Vec<_> = groups
        .filter_map(|group| {
            let managers = group.managers.iter().filter_map(|member| view.members.get(member));
            let names = names(managers);
            (!names.is_empty()).then(|| format!("{names} ({})", group.name))
        })
        .collect();
    (!asked.is_empty()).then(|| asked.join("; "))
}

fn admins(view: &OrgView) -> String {
    let names = names(view.admins());
    if names.is_empty() { "an admin of your organisation".to_owned() } else { names }
}

fn names<'a>(members: impl Iterator<Item = &'a Member>) -> String {
    let mut names: Vec<_> = members.map(|member| member.name.as_str()).collect();
    names.sort_unstable();
    names.truncate(3);
    names.join(", ")
}
