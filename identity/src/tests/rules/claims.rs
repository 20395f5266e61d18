//! Whom a token is from, about and for.

use serde_json::json;

use super::{Row, World};
use crate::Fault;

pub(super) fn rows(world: &World) -> Vec<Row> {
    let corp = |name: &str, value| world.corp().claim(name, value).token();
    let twice = |claim: &str| {
        let edited = |text: &str| text.replacen('{', &format!("{{{claim},"), 1);
        world.corp().edited(str::to_owned, edited)
    };
    let (claims, audience) = (Err(Fault::TokenClaims), Err(Fault::TokenAudience));
    let (issuer, ambiguous) = (Err(Fault::TokenIssuer), Err(Fault::TokenAmbiguous));
    vec![
        ("no iss", world.corp().without("iss").token(), claims),
        ("iss a list", corp("iss", json!(["https://login.example.com/"])), claims),
        ("iss empty", corp("iss", json!("")), claims),
        ("iss without its slash", corp("iss", json!("https://login.example.com")), issuer),
        ("iss with another slash", corp("iss", json!("https://login.example.com//")), issuer),
        ("iss of another case", corp("iss", json!("https://Login.example.com/")), issuer),
        ("iss over http", corp("iss", json!("http://login.example.com/")), issuer),
        ("iss that looks like it", corp("iss", json!("https://l\u{43e}gin.example.com/")), issuer),
        ("iss with more behind", corp("iss", json!("https://login.example.com/evil")), issuer),
        ("iss with a space behind", corp("iss", json!("https://login.example.com/ ")), issuer),
        ("iss by its name with us", corp("iss", json!("corp")), issuer),
        ("iss twice", twice(r#""iss":"https://other.example.com/""#), ambiguous),
        ("no aud", world.corp().without("aud").token(), claims),
        ("aud nothing", corp("aud", json!(null)), claims),
        ("aud a number", corp("aud", json!(1)), claims),
        ("aud empty", corp("aud", json!("")), claims),
        ("aud of nobody", corp("aud", json!([])), audience),
        ("aud of somebody else", corp("aud", json!("billing")), audience),
        ("aud of others", corp("aud", json!(["billing", "mail"])), audience),
        ("aud of others and us", corp("aud", json!(["billing", "bursar"])), Ok(())),
        ("aud of us by another name", corp("aud", json!("gateway")), Ok(())),
        ("aud of us among numbers", corp("aud", json!(["bursar", 1])), claims),
        ("aud of us in a list in a list", corp("aud", json!([["bursar"]])), claims),
        ("aud of us in an object", corp("aud", json!({"bursar": true})), claims),
        ("aud of another case", corp("aud", json!("Bursar")), audience),
        ("aud with more behind", corp("aud", json!("bursar2")), audience),
        ("aud of two in a text", corp("aud", json!("billing bursar")), audience),
        ("aud twice", twice(r#""aud":"billing""#), ambiguous),
        ("no sub", world.corp().without("sub").token(), claims),
        ("sub empty", corp("sub", json!("")), claims),
        ("sub a number", corp("sub", json!(7)), claims),
        ("sub as long as may be", corp("sub", json!("s".repeat(255))), Ok(())),
        ("sub too long", corp("sub", json!("s".repeat(256))), claims),
        ("sub with a zero byte", corp("sub", json!("ada\0")), claims),
        ("sub twice", twice(r#""sub":"root""#), ambiguous),
        ("sub twice, once escaped", twice(r#""s\u0075b":"root""#), ambiguous),
        ("twice, deep inside", twice(r#""x":{"y":[{"z":1,"z":2}]}"#), ambiguous),
        ("jti", corp("jti", json!("t-1")), Ok(())),
        ("jti a number", corp("jti", json!(1)), claims),
        ("jti empty", corp("jti", json!("")), claims),
        ("a claim that nobody asked for", corp("email", json!(["ada@example.com"])), Ok(())),
    ]
}
