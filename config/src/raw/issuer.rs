//! Whose tokens are accepted, and what they say of their bearers.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Amount, Duration, Field, SecretText, Text};

/// Whose tokens (JWT) are accepted, and what they say of their bearers.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Issuer {
    /// Its name in metrics and logs: lower-case letters, digits and -.
    pub(crate) name: Field<Text>,
    /// What its tokens have as `iss`, to the letter.
    pub(crate) issuer: Field<Text>,
    /// What its tokens have as `aud`: one of these.
    #[schemars(length(min = 1))]
    pub(crate) audiences: Field<Vec<Field<Text>>>,
    /// How its tokens may be signed. HS256 goes with `secret`, and alone.
    #[schemars(length(min = 1))]
    pub(crate) algorithms: Field<Vec<Field<Algorithm>>>,
    /// Where its public keys are; or `secret`.
    #[serde(default)]
    pub(crate) jwks: Field<Jwks>,
    /// What its tokens are signed with (HS256), at least 32 bytes; or `jwks`.
    #[serde(default)]
    pub(crate) secret: Field<SecretText>,
    /// What its tokens have as `typ`; one without is accepted only if JWT is listed.
    /// Default: [JWT, at+jwt].
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) types: Field<Vec<Field<Text>>>,
    /// How far its clock may be from ours, at most 60s. Default: 30s.
    #[serde(default)]
    pub(crate) leeway: Field<Duration>,
    /// From `iat` to `exp` at most, up to 720h. Default: 24h.
    #[serde(default)]
    pub(crate) max_lifetime: Field<Duration>,
    /// Its tokens that were issued before are refused: a time such as 2026-11-25T00:00:00Z.
    /// Default: none is too old.
    #[serde(default)]
    pub(crate) valid_after: Field<Text>,
    /// What its tokens must have in `scope` or `scp`. Default: nothing.
    #[serde(default)]
    pub(crate) required_scope: Field<Text>,
    /// Where calls with its tokens come from, unless a claim says so. Default: api.
    #[serde(default)]
    pub(crate) surface: Field<Surface>,
    /// The organisation of all its tokens; or `orgs`.
    #[serde(default)]
    pub(crate) org: Field<Text>,
    /// The claim that names the organisation; or `org`.
    #[serde(default)]
    pub(crate) orgs: Field<Orgs>,
    /// What its claims are called.
    #[serde(default)]
    pub(crate) claims: Field<Claims>,
    /// What becomes of a subject that no member has. Default: it is refused.
    #[serde(default)]
    pub(crate) provision: Field<Provision>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(title = "an algorithm")]
pub(crate) enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    #[serde(rename = "EdDSA")]
    EdDsa,
    HS256,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "a surface")]
pub(crate) enum Surface {
    Platform,
    Extension,
    Api,
    Workspace,
}

/// Where public keys are: one of the two.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Jwks {
    /// A JSON Web Key Set: https, or http at a loopback address.
    #[serde(default)]
    pub(crate) url: Field<Text>,
    /// The file of one.
    #[serde(default)]
    pub(crate) file: Field<Text>,
    /// How often it is read, 60s to 24h; what a server says of its keys' age goes before.
    /// Default: 5m.
    #[serde(default)]
    pub(crate) refresh: Field<Duration>,
}

/// The claim that names the organisation.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Orgs {
    /// The claim.
    pub(crate) claim: Field<Text>,
    /// The organisations that it may name; `["*"]` is any.
    #[schemars(length(min = 1))]
    pub(crate) allowed: Field<Vec<Field<Text>>>,
}

/// What claims are called.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Claims {
    /// The member's id, `mem_...`. Default: the member is the one that has the token's subject.
    #[serde(default)]
    pub(crate) member: Field<Text>,
    /// Groups, by id or name: the charge goes to the first that exists. Default: the member's own.
    #[serde(default)]
    pub(crate) groups: Field<Text>,
    /// The project, by its slug. Default: none.
    #[serde(default)]
    pub(crate) project: Field<Text>,
    /// The surface. Default: the issuer's.
    #[serde(default)]
    pub(crate) surface: Field<Text>,
    /// The only tools that may be used. Default: all that the member may use.
    #[serde(default)]
    pub(crate) tools: Field<Text>,
}

/// What becomes of a subject that no member has: a member.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Provision {
    /// The new member's role. Default: member.
    #[serde(default)]
    pub(crate) role: Field<ProvisionRole>,
    /// The new member's limit for all tools together. Default: none.
    #[serde(default)]
    pub(crate) limit: Field<ProvisionLimit>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "a role")]
pub(crate) enum ProvisionRole {
    Manager,
    Member,
}

/// A limit of a new member.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ProvisionLimit {
    /// Credits.
    pub(crate) amount: Field<Amount>,
    /// What they are for.
    pub(crate) period: Field<Period>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "a period")]
pub(crate) enum Period {
    Day,
    Week,
    Month,
    Cycle,
    Total,
}
