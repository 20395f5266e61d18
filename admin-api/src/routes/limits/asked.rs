//! The limit that a request asks for.

use ledger::{CountsFrom, Limit, LimitId, Scope};
use serde_json::Value;
use store::OrgData;
use uuid::Uuid;

use super::scope_id;
use crate::body::{self, Fields};
use crate::problem::Problem;

/// Reads a limit; it has the id of the one of its scope, tool and period, if there is one.
pub(super) fn read(mut fields: Fields, org: &OrgData) -> Result<(Limit, CountsFrom), Problem> {
    let scope = scope(&mut fields, org);
    let tool = fields.optional("tool", body::tool);
    let period = fields.required("period", body::period);
    let amount = fields.required("amount", body::credits);
    let counts_from = fields.optional("counts_from", counts_from);
    let limit = || {
        let (scope, period, amount) = (scope?, period?, amount?);
        let same =
            |known: &&Limit| (known.scope, &known.tool, known.period) == (scope, &tool, period);
        let known = org.limits.iter().find(same).map(|known| known.id);
        let id = known.unwrap_or_else(|| LimitId::from_u128(Uuid::now_v7().as_u128()));
        let limit = Limit { id, scope, tool: tool.clone(), period, amount };
        Some((limit, counts_from.unwrap_or(CountsFrom::PeriodStart)))
    };
    let limit = limit();
    fields.finish(limit)
}

const SCOPES: [&str; 5] = ["org", "group", "project", "member", "key"];

/// Whose spending is to be counted: somebody or something that the organisation has.
fn scope(fields: &mut Fields, org: &OrgData) -> Option<Scope> {
    let kind = fields.required("scope", |value| {
        let kind = body::text(value)?;
        let known = SCOPES.into_iter().find(|known| *known == kind);
        known.ok_or_else(|| format!("must be one of {}", SCOPES.join(", ")))
    });
    let scopes: Vec<Scope> = match kind {
        Some("org") => {
            let needless = |_: &Value| Err("is not for the scope org: leave it out".to_owned());
            return fields.optional("scope_id", needless).or(Some(Scope::Org));
        }
        Some("group") => org.groups.iter().map(|group| Scope::Group(group.id)).collect(),
        Some("project") => org.projects.iter().map(|of| Scope::Project(of.id)).collect(),
        Some("member") => org.members.iter().map(|of| Scope::Member(of.standing.id)).collect(),
        Some("key") => org.keys.iter().map(|key| Scope::Key(key.standing.id)).collect(),
        // Whose id it is cannot be told.
        _ => return fields.optional("scope_id", |_| Ok(Scope::Org)).and(None),
    };
    fields.required("scope_id", |value| {
        let id = body::text(value)?;
        let scope = scopes.into_iter().find(|scope| scope_id(*scope).as_deref() == Some(id));
        let kind = kind.unwrap_or_default();
        scope.ok_or_else(|| format!("the organisation has no such {kind}"))
    })
}

fn counts_from(value: &Value) -> Result<CountsFrom, String> {
    match body::text(value)? {
        "period_start" => Ok(CountsFrom::PeriodStart),
        "now" => Ok(CountsFrom::Now),
        _ => Err("must be one of period_start, now".to_owned()),
    }
}
