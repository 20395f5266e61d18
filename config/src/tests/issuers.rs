//! What an issuer says, as it is understood; and what holds when it says nothing.

use std::time::Duration;

use ledger::{Instant, OrgId, Period, Surface};

use super::{CANARY, SOUND, parsed};
use crate::{
    Algorithm, Allowed, Claims, KeySource, OrgRule, Provision, ProvisionLimit, ProvisionRole,
};

#[test]
fn an_issuer_is_understood_as_it_is_written() {
    let runtime = parsed(SOUND).unwrap().runtime;
    let corp = &runtime.issuers[0];
    assert_eq!((&*corp.name, &*corp.issuer), ("corp", "https://login.example.com/"));
    assert_eq!(corp.audiences, ["bursar".into()]);
    assert_eq!(corp.algorithms, [Algorithm::Rs256, Algorithm::EdDsa]);
    assert_eq!(corp.types, ["jwt".into(), "at+jwt".into()]);
    assert_eq!(corp.leeway, Duration::from_secs(20));
    assert_eq!(corp.max_lifetime, Duration::from_secs(48 * 3_600));
    assert_eq!(corp.valid_after, Instant::from_seconds(1_795_564_800));
    assert_eq!(corp.required_scope.as_deref(), Some("spend"));
    assert_eq!(corp.surface, Surface::Platform);
    let allowed = Allowed::Only(vec![OrgId::from_u128(1)]);
    assert_eq!(corp.org, OrgRule::Claim { claim: "org".into(), allowed });
    let claims =
        Claims { groups: Some("roles".into()), tools: Some("tools".into()), ..Claims::default() };
    assert_eq!(corp.claims, claims);
    let limit = ProvisionLimit { amount: "20".parse().unwrap(), period: Period::Month };
    let provision = Provision { role: ProvisionRole::Manager, limit: Some(limit) };
    assert_eq!(corp.provision, Some(provision));
    match &corp.keys {
        KeySource::Url { url, refresh } => {
            assert_eq!(url.as_str(), "https://login.example.com/jwks.json");
            assert_eq!(*refresh, Duration::from_secs(600));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_an_issuer_does_not_say_is_the_strict_thing() {
    let runtime = parsed(SOUND).unwrap().runtime;
    let portal = &runtime.issuers[1];
    assert_eq!(portal.types, ["jwt".into(), "at+jwt".into()]);
    assert_eq!(portal.leeway, Duration::from_secs(30));
    assert_eq!(portal.max_lifetime, Duration::from_secs(24 * 3_600));
    assert_eq!(portal.valid_after, Instant::MIN);
    assert_eq!(portal.surface, Surface::Api);
    assert_eq!(portal.org, OrgRule::Fixed(OrgId::from_u128(2)));
    assert_eq!((portal.provision.as_ref(), portal.required_scope.as_ref()), (None, None));
    match &portal.keys {
        KeySource::Secret(secret) => assert_eq!(secret.expose(), CANARY),
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_start_at_the_folder_of_the_config_and_any_organisation_has_to_be_asked_for() {
    let text = SOUND
        .replace("url: https://login.example.com/jwks.json", "file: keys/jwks.json")
        .replace("[org_00000000000000000000000000000001]", "[\"*\"]");
    let runtime = parsed(&text).unwrap().runtime;
    match &runtime.issuers[0].keys {
        KeySource::File { path, .. } => {
            assert_eq!(path.to_str(), Some("/etc/bursar/keys/jwks.json"));
        }
        other => panic!("{other:?}"),
    }
    match &runtime.issuers[0].org {
        OrgRule::Claim { allowed, .. } => assert!(allowed.contains(OrgId::from_u128(7))),
        other @ OrgRule::Fixed(_) => panic!("{other:?}"),
    }
}

#[test]
fn nobody_is_an_issuer_or_a_trusted_proxy_unless_the_config_says_so() {
    let text = SOUND.split("trusted_proxies").next().unwrap();
    let runtime = parsed(text).unwrap().runtime;
    assert!(runtime.issuers.is_empty() && runtime.trusted_proxies.is_empty());
    assert_eq!(runtime.bounds.auth_failures_per_minute.get(), 300);
    let text = SOUND.replace("hold_wait: 3s", "auth_failures_per_minute: 7");
    let runtime = parsed(&text).unwrap().runtime;
    assert_eq!(runtime.bounds.auth_failures_per_minute.get(), 7);
    let proxies: Vec<_> = runtime.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "::1/128"]);
}
