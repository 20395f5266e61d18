//! The file that an organisation is imported from: JSON, in which people, groups and keys are known
//! by their names.

use ledger::{Credits, GrantKind, Period};
use serde::{Deserialize, Deserializer};
use store::Role;

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
    pub(super) groups: Vec<GroupRow>,
    #[serde(default)]
    pub(super) members: Vec<MemberRow>,
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
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyRow {
    pub(super) name: String,
    pub(super) member: String,
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
    /// The name of the group, member or key; nothing for the organisation.
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

fn role<'de, D: Deserializer<'de>>(from: D) -> Result<Role, D::Error> {
    named(from, "role", Role::from_name)
}

fn kind<'de, D: Deserializer<'de>>(from: D) -> Result<GrantKind, D::Error> {
    named(from, "kind of grant", GrantKind::from_name)
}

fn period<'de, D: Deserializer<'de>>(from: D) -> Result<Period, D::Error> {
    named(from, "period", Period::from_name)
}

fn amount<'de, D: Deserializer<'de>>(from: D) -> Result<Credits, D::Error> {
    named(from, "amount such as \"12.5\"", |text| text.parse().ok())
}

fn named<'de, D: Deserializer<'de>, T>(
    from: D,
    what: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    read(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no {what}")))
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
        let wrong = |text: &str| serde_json::from_str::<OrgFile>(text).unwrap_err().to_string();
        assert!(wrong(r#"{"name":"Acme","grant":[]}"#).contains("unknown field `grant`"));
        let gift = wrong(r#"{"name":"Acme","grants":[{"kind":"gift","amount":"1"}]}"#);
        assert!(gift.starts_with("`gift` is no kind of grant"), "{gift}");
        assert!(
            serde_json::from_str::<OrgFile>(
                r#"{"name":"Acme","grants":[{"kind":"seat","amount":12.5}]}"#
            )
            .is_err()
        );
    }
}
