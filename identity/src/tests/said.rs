//! What a token says of its bearer, as its issuer's entry maps it.

use bursar_config::Algorithm;
use ledger::{MemberId, OrgId, Surface, Tool};
use serde_json::json;

use super::configured::{NOW, SECRET, at};
use super::mint::Signer;
use super::world::World;

#[tokio::test]
async fn a_token_that_says_nothing_more_is_of_its_subject_and_the_issuers_organisation() {
    let world = World::new().await;
    let said = world.verify(&world.corp().token()).unwrap();
    assert_eq!((&*said.issuer.name, &*said.subject), ("corp", "ada"));
    assert_eq!((said.org, said.member), (OrgId::from_u128(1), None));
    assert_eq!((said.groups.len(), said.project, said.surface), (0, None, Surface::Api));
    assert_eq!((said.tools, said.jti), (None, None));
    assert_eq!((said.issued, said.expires), (at(NOW - 60), at(NOW + 600)));
}

#[tokio::test]
async fn what_is_mapped_is_read() {
    let world = World::new().await;
    let token = world
        .corp()
        .claim("groups", json!(["design", "audit"]))
        .claim("project", "site")
        .claim("surface", "extension")
        .claim("tools", json!(["chatbot"]))
        .claim("jti", "t-1")
        .token();
    let said = world.verify(&token).unwrap();
    assert_eq!(said.groups, ["design".into(), "audit".into()]);
    assert_eq!((said.project.as_deref(), said.surface), (Some("site"), Surface::Extension));
    assert_eq!((said.tools, said.jti.as_deref()), (Some(vec![Tool::new("chatbot")]), Some("t-1")));
    let said = world.verify(&world.corp().claim("tools", json!([])).token()).unwrap();
    assert_eq!(said.tools, Some(Vec::new()));
    let said = world.verify(&world.strict().token()).unwrap();
    assert_eq!((said.org, said.member), (OrgId::from_u128(1), Some(MemberId::from_u128(10))));
}

#[tokio::test]
async fn what_nobody_mapped_says_nothing() {
    let world = World::new().await;
    let claims = ["org", "member", "email", "role"];
    let token = claims.into_iter().fold(world.corp(), |draft, claim| {
        draft.claim(claim, "org_00000000000000000000000000000009")
    });
    let said = world.verify(&token.token()).unwrap();
    assert_eq!((said.org, said.member), (OrgId::from_u128(1), None));
}

#[tokio::test]
async fn a_token_expires_with_the_issuers_leeway() {
    let world = World::new().await;
    let said = world.verify(&world.corp().token()).unwrap();
    assert!(!said.has_expired(at(NOW + 629)) && said.has_expired(at(NOW + 630)));
    let said = world.verify(&world.strict().token()).unwrap();
    assert!(!said.has_expired(at(NOW + 599)) && said.has_expired(at(NOW + 600)));
}

#[test]
fn a_signature_is_verified_whatever_the_process_has_for_cryptography() {
    use jsonwebtoken::crypto::{CryptoProvider, KeyUtils};
    use jsonwebtoken::errors::ErrorKind;

    // Another crate may install what it likes, or turn on features between which nobody has chosen.
    static USELESS: CryptoProvider = CryptoProvider {
        signer_factory: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
        verifier_factory: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
        key_utils: KeyUtils::new_unimplemented(),
    };
    assert!(USELESS.install_default().is_ok());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    assert!(world.verify(&world.corp().token()).is_ok());
}

#[tokio::test]
async fn nothing_that_prints_has_a_token_or_a_secret_in_it() {
    let world = World::new().await;
    let token = world.corp().by(&Signer::ed("gone"), Algorithm::EdDsa).token();
    let unverified = world.issuers.verify(&token, at(NOW)).unwrap_err();
    let printed = format!("{unverified:?}");
    assert!(printed.contains("corp"), "{printed}");
    assert!(!printed.contains(&token[..20]), "{printed}");
    let said = world.verify(&world.batch().token()).unwrap();
    assert!(!format!("{said:?}").contains(SECRET));
}
