//! What a token costs: seen before, and at first sight.

use std::hint::black_box;
use std::sync::Arc;

use bursar_config::Algorithm;
use criterion::{Criterion, criterion_group, criterion_main};
use identity::{Issuers, Seen, TokenHash};
use serde_json::json;

#[expect(clippy::panic, reason = "it is the tests' own")]
#[path = "../src/tests/configured.rs"]
mod configured;
#[expect(dead_code, clippy::unwrap_used, clippy::panic, reason = "it is the tests' own")]
#[path = "../src/tests/mint.rs"]
mod mint;

use configured::{NOW, at, configured};
use mint::Signer;

/// A token of about 700 bytes, as login services make them.
fn token(signer: &Signer, algorithm: Algorithm) -> String {
    let header = json!({"alg": algorithm.name(), "typ": "at+jwt", "kid": signer.name});
    let mut claims = json!({
        "iss": "https://login.example.com/", "sub": "0192f0c1-aaaa-7bbb-8ccc-ddddeeeeffff",
        "aud": ["bursar", "https://gateway.example.com"], "iat": NOW - 60, "nbf": NOW - 60,
        "exp": NOW + 840, "jti": "01J9Z6M0V5H1TP3Y1A3N8R2W4Q", "scope": "openid profile bursar",
        "groups": ["design", "brand"], "filling": "",
    });
    let length = |claims: &serde_json::Value| {
        signer.token(algorithm, &header.to_string(), &claims.to_string()).len()
    };
    let missing = 700_usize.saturating_sub(length(&claims)) * 3 / 4;
    claims["filling"] = json!("x".repeat(missing));
    signer.token(algorithm, &header.to_string(), &claims.to_string())
}

/// An issuer that publishes these keys.
fn issuers(signers: &[&Signer]) -> Issuers {
    let folder = tempfile::tempdir().expect("there is room for a file");
    let keys: Vec<_> = signers.iter().map(|signer| signer.jwk()).collect();
    std::fs::write(folder.path().join("keys.json"), json!({"keys": keys}).to_string())
        .expect("there is room for a file");
    let entry = "{name: corp, issuer: 'https://login.example.com/', audiences: [bursar], \
                 algorithms: [RS256, ES256, EdDSA], jwks: {file: keys.json}, \
                 required_scope: bursar, claims: {groups: groups}, \
                 org: org_00000000000000000000000000000001}";
    let issuers = Issuers::new(mint::random);
    issuers.adopt(&configured(entry, folder.path()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("there is a runtime").block_on(issuers.refresh_due(at(NOW)));
    issuers
}

fn tokens(criterion: &mut Criterion) {
    let (ed, rsa, p256) = (Signer::ed("ed"), Signer::rsa("rsa"), Signer::p256("p256"));
    let issuers = issuers(&[&ed, &rsa, &p256]);
    for (name, signer, algorithm) in [
        ("first sight, EdDSA", &ed, Algorithm::EdDsa),
        ("first sight, RS256", &rsa, Algorithm::Rs256),
        ("first sight, ES256", &p256, Algorithm::Es256),
    ] {
        let token = token(signer, algorithm);
        println!("{name}: a token of {} bytes", token.len());
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| issuers.verify(black_box(&token), at(NOW)).expect("it is good"));
        });
    }

    let seen = Seen::new(100_000);
    let token = token(&ed, Algorithm::EdDsa);
    let verified = Arc::new(issuers.verify(&token, at(NOW)).expect("it is good"));
    for n in 0..20_000 {
        let other = TokenHash::of(&n.to_string());
        seen.insert(other, Arc::clone(&verified), verified.expires, at(NOW), seen.round());
    }
    seen.insert(TokenHash::of(&token), verified.clone(), verified.expires, at(NOW), seen.round());
    criterion.bench_function("seen before", |bencher| {
        bencher.iter(|| seen.get(&TokenHash::of(black_box(&token)), at(NOW)).expect("it is there"));
    });
}

criterion_group!(benches, tokens);
criterion_main!(benches);
