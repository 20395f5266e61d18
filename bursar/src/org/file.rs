//! The file that an organisation is imported from: JSON, in which people, groups and keys are known
//! by their names.

use std::num::NonZeroU32;

use ipnet::IpNet;
use ledger::{Credits, GrantKind, Instant, Period, Surface, Tool};
use serde::Deserialize;
use store::{Rates, Role};

use super::read::{amount, expires, ips, kind, models, period, role, surface, tools};

/// An organisation and everything in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrgFile {
    pub(super) name: String,
    #[serde(default = "utc")]
    pub(super) time_zone: String,
    #[serde(default = "first")]
    pub(super) anchor_day: u8,
    #[serde(default)]
    pub(super) contact: String,
    #[serde(default)]
    pub(super) require_project: bool,
    #[serde(default)]
    pub(super) rates: RatesRow,
    #[serde(default)]
    pub(super) groups: Vec<GroupRow>,
    #[serde(default)]
    pub(super) members: Vec<MemberRow>,
    #[serde(default)]
    pub(super) projects: Vec<ProjectRow>,
    #[serde(default)]
    pub(super) keys: Vec<KeyRow>,
    #[serde(default)]
    pub(super) grants: Vec<GrantRow>,
    #[serde(default)]
    pub(super) limits: Vec<LimitRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupRow {
    pub(super) name: String,
    #[serde(default)]
    pub(super) managers: Vec<String>,
}

/// How often somebody may call.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RatesRow {
    per_second: Option<NonZeroU32>,
    per_minute: Option<NonZeroU32>,
    concurrent: Option<NonZeroU32>,
}

impl From<RatesRow> for Rates {
    fn from(RatesRow { per_second, per_minute, concurrent }: RatesRow) -> Self {
        Self { per_second, per_minute, concurrent }
    }
}

/// A project that everybody may use unless it lists members.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectRow {
    pub(super) slug: String,
    #[serde(default)]
    pub(super) client: String,
    #[serde(default)]
    pub(super) members: Option<Vec<String>>,
}

/// A member; the first of its groups is its home.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberRow {
    pub(super) name: String,
    #[serde(default)]
    pub(super) email: Option<String>,
    #[serde(default)]
    pub(super) service_account: bool,
    #[serde(default = "member", deserialize_with = "role")]
    pub(super) role: Role,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    #[serde(default, deserialize_with = "tools")]
    pub(super) tools: Option<Vec<Tool>>,
    #[serde(default)]
    pub(super) rates: RatesRow,
    #[serde(default)]
    pub(super) subjects: Vec<SubjectRow>,
}

/// Whom tokens call a member: the claims `iss` and `sub`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SubjectRow {
    pub(super) issuer: String,
    pub(super) subject: String,
}

/// A key, and what it is restricted to; nothing is what is left out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyRow {
    pub(super) name: String,
    pub(super) member: String,
    #[serde(default = "api", deserialize_with = "surface")]
    pub(super) surface: Surface,
    /// The name of one of the member's groups.
    #[serde(default)]
    pub(super) group: Option<String>,
    /// The slug of a project that the member may use.
    #[serde(default)]
    pub(super) project: Option<String>,
    #[serde(default, deserialize_with = "tools")]
    pub(super) tools: Option<Vec<Tool>>,
    #[serde(default, deserialize_with = "models")]
    pub(super) models: Option<Vec<String>>,
    #[serde(default, deserialize_with = "ips")]
    pub(super) ips: Option<Vec<IpNet>>,
    #[serde(default)]
    pub(super) rates: RatesRow,
    #[serde(default = "never", deserialize_with = "expires")]
    pub(super) expires: Instant,
}

/// A grant without an end; everyone may burn it when it lists nobody.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantRow {
    #[serde(deserialize_with = "kind")]
    pub(super) kind: GrantKind,
    #[serde(deserialize_with = "amount")]
    pub(super) amount: Credits,
    #[serde(default)]
    pub(super) members: Vec<String>,
    #[serde(default)]
    pub(super) groups: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitRow {
    /// The kind of its scope.
    pub(super) scope: String,
    /// The name of the group, member or key, or the slug of the project; nothing for the organisation.
    #[serde(default)]
    pub(super) of: Option<String>,
    #[serde(default)]
    pub(super) tool: Option<String>,
    #[serde(deserialize_with = "period")]
    pub(super) period: Period,
    #[serde(deserialize_with = "amount")]
    pub(super) amount: Credits,
}

fn utc() -> String {
    "UTC".to_owned()
}

const fn first() -> u8 {
    1
}

const fn member() -> Role {
    Role::Member
}

const fn api() -> Surface {
    Surface::Api
}

const fn never() -> Instant {
    Instant::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_a_default_and_what_is_unknown_is_a_mistake() {
        let org: OrgFile = serde_json::from_str(
            r#"{"name":"Acme","members":[{"name":"ada"}],
                "grants":[{"kind":"seat","amount":"12.5","members":["ada"]}]}"#,
        )
        .unwrap();
        assert_eq!((org.time_zone.as_str(), org.anchor_day), ("UTC", 1));
        assert_eq!(org.members[0].role, Role::Member);
        assert_eq!(org.grants[0].amount, "12.5".parse().unwrap());
        let key = &serde_json::from_str::<OrgFile>(
            r#"{"name":"Acme","keys":[{"name":"ci","member":"ada","ips":["::1","10.0.0.0/8"],
                "expires":"2027-01-01T00:00:00Z","rates":{"per_minute":60}}]}"#,
        )
        .unwrap()
        .keys[0];
        assert_eq!(key.ips.as_ref().map(|ips| ips[0].to_string()).as_deref(), Some("::1/128"));
        assert_eq!((key.surface, &key.tools), (Surface::Api, &None));
        assert_eq!(key.expires, Instant::from_seconds(1_798_761_600));
        let wrong = |text: &str| serde_json::from_str::<OrgFile>(text).unwrap_err().to_string();
        assert!(wrong(r#"{"name":"Acme","grant":[]}"#).contains("unknown field `grant`"));
        let gift = wrong(r#"{"name":"Acme","grants":[{"kind":"gift","amount":"1"}]}"#);
        assert!(gift.starts_with("`gift` is no kind of grant"), "{gift}");
        for (restriction, why) in [
            (r#""ips":["10.0.0.1/8"]"#, "is no network such as"),
            (r#""ips":[]"#, "lists nothing"),
            (r#""tools":[]"#, "lists nothing"),
            (r#""models":["a*b"]"#, "`a*b` is no model"),
            (r#""expires":"soon""#, "`soon` is no time"),
            (r#""rates":{"per_second":0}"#, "nonzero"),
        ] {
            let key =
                format!(r#"{{"name":"A","keys":[{{"name":"k","member":"a",{restriction}}}]}}"#);
            assert!(wrong(&key).contains(why), "{}", wrong(&key));
        }
        assert!(
            serde_json::from_str::<OrgFile>(
                r#"{"name":"Acme","grants":[{"kind":"seat","amount":12.5}]}"#
            )
            .is_err()
        );
    }
}
