//! What is mapped has to be of its type, and what restricts is never left out.

use serde_json::json;

use super::{Row, World};
use crate::Fault;

pub(super) fn rows(world: &World) -> Vec<Row> {
    let corp = |name: &str, value| world.corp().claim(name, value).token();
    let strict = |name: &str, value| world.strict().claim(name, value).token();
    let (claims, scope) = (Err(Fault::TokenClaims), Err(Fault::TokenScope));
    let scp = |value| world.strict().without("scope").claim("scp", value).token();
    vec![
        ("groups", corp("groups", json!(["design", "grp_x"])), Ok(())),
        ("one group", corp("groups", json!("design")), Ok(())),
        ("groups nothing", corp("groups", json!(null)), claims),
        ("groups a number", corp("groups", json!(1)), claims),
        ("groups with a number", corp("groups", json!(["design", 1])), claims),
        ("groups with an empty one", corp("groups", json!(["design", ""])), claims),
        ("project", corp("project", json!("site")), Ok(())),
        ("project a list", corp("project", json!(["site"])), claims),
        ("project empty", corp("project", json!("")), claims),
        ("surface", corp("surface", json!("extension")), Ok(())),
        ("surface unknown", corp("surface", json!("mainframe")), claims),
        ("surface a list", corp("surface", json!(["api"])), claims),
        ("tools", corp("tools", json!(["chatbot"])), Ok(())),
        ("no tools at all", corp("tools", json!([])), Ok(())),
        ("tools an object", corp("tools", json!({"chatbot": true})), claims),
        ("tools nothing", corp("tools", json!(null)), claims),
        ("tools true", corp("tools", json!(true)), claims),
        (
            "another organisation",
            strict("org", json!("org_00000000000000000000000000000002")),
            Err(Fault::TokenOrg),
        ),
        ("no organisation", world.strict().without("org").token(), claims),
        ("organisation by name", strict("org", json!("acme")), claims),
        (
            "organisation a list",
            strict("org", json!(["org_00000000000000000000000000000001"])),
            claims,
        ),
        ("no member", world.strict().without("member").token(), claims),
        ("member by name", strict("member", json!("ada")), claims),
        (
            "member of another kind",
            strict("member", json!("key_0000000000000000000000000000000a")),
            claims,
        ),
        ("scope missing", world.strict().without("scope").token(), scope),
        ("scope of something else", strict("scope", json!("read write")), scope),
        ("scope with more behind", strict("scope", json!("spender spend:all")), scope),
        ("scope of another case", strict("scope", json!("Spend")), scope),
        ("scope a list", strict("scope", json!(["spend"])), claims),
        ("scp", scp(json!(["read", "spend"])), Ok(())),
        ("scp a text", scp(json!("read spend")), Ok(())),
        ("scp of something else", scp(json!(["read"])), scope),
        ("scp a number", scp(json!(1)), claims),
        ("scope that is not asked for", corp("scope", json!(1)), Ok(())),
    ]
}
