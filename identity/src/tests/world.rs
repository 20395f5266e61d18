//! Four issuers, the keys that they publish, and everybody who signs for them or would like to.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::configured::{NOW, SECRET, at, configured};
use super::mint::{Signer, encoded, random};
use crate::{Fault, Issuers, Verified};

/// Four issuers, and everybody who signs for one of them or would like to.
pub(crate) struct World {
    pub(crate) issuers: Issuers,
    pub(crate) rsa: Signer,
    /// An RSA key that says it is for PS256.
    pub(crate) ps: Signer,
    pub(crate) p256: Signer,
    pub(crate) p384: Signer,
    pub(crate) ed: Signer,
    pub(crate) shared: Signer,
    /// Signs for the issuer `other`.
    pub(crate) other: Signer,
    /// Signs for `other`, by a name that a key of `corp` has.
    pub(crate) namesake: Signer,
    /// In `corp`'s set, and not to verify with: to encrypt, to wrap, a private key for all to see.
    pub(crate) unusable: [Signer; 3],
    /// Signs for nobody.
    pub(crate) nobody: Signer,
    folder: TempDir,
}

const ISSUERS: &str = "
{name: corp, issuer: 'https://login.example.com/', audiences: [bursar, gateway],
 algorithms: [RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA],
 jwks: {file: corp.json}, org: org_00000000000000000000000000000001,
 claims: {groups: groups, project: project, surface: surface, tools: tools}},
{name: other, issuer: 'https://other.example.com/', audiences: [bursar], algorithms: [EdDSA],
 jwks: {file: other.json}, org: org_00000000000000000000000000000002},
{name: strict, issuer: strict, audiences: [bursar], algorithms: [RS256], types: [at+jwt],
 leeway: 0s, max_lifetime: 1h, valid_after: 2026-11-25T11:30:00Z, required_scope: spend,
 jwks: {file: corp.json}, claims: {member: member},
 orgs: {claim: org, allowed: [org_00000000000000000000000000000001]}},
{name: batch, issuer: batch, audiences: [bursar], algorithms: [HS256], secret: '${JWT_SECRET}',
 org: org_00000000000000000000000000000003}";

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self {
            issuers: Issuers::new(random),
            rsa: Signer::rsa("rsa"),
            ps: Signer::rsa("ps"),
            p256: Signer::p256("p256"),
            p384: Signer::p384("p384"),
            ed: Signer::ed("ed"),
            shared: Signer::shared(SECRET.as_bytes()),
            other: Signer::ed("other"),
            namesake: Signer::ed("ed"),
            unusable: ["encrypt", "wrap", "private"].map(Signer::ed),
            nobody: Signer::ed("ed"),
            folder,
        };
        let folder = world.folder.path();
        let write = |name: &str, keys: Vec<Value>| {
            std::fs::write(folder.join(name), json!({"keys": keys}).to_string()).unwrap();
        };
        write("corp.json", world.keys_of_corp());
        write("other.json", vec![world.other.jwk(), world.namesake.jwk()]);
        world.issuers.adopt(&configured(ISSUERS, folder));
        world.issuers.refresh_due(at(NOW)).await;
        world
    }

    fn keys_of_corp(&self) -> Vec<Value> {
        let and = |signer: &Signer, name: &str, value: Value| {
            let mut jwk = signer.jwk();
            jwk[name] = value;
            jwk
        };
        let [encrypt, wrap, private] = &self.unusable;
        let mut small = and(&self.rsa, "kid", json!("small"));
        small["n"] = json!(small["n"].as_str().unwrap()[..172].to_owned());
        vec![
            and(&self.rsa, "use", json!("sig")),
            and(&self.ps, "alg", json!("PS256")),
            self.p256.jwk(),
            self.p384.jwk(),
            and(&self.ed, "key_ops", json!(["sign", "verify"])),
            and(encrypt, "use", json!("enc")),
            and(wrap, "key_ops", json!(["wrapKey"])),
            and(private, "d", json!("AAAA")),
            small,
            json!({"kty": "oct", "kid": "oct", "k": encoded(SECRET.as_bytes())}),
            json!({"kty": "AKP", "kid": "later", "alg": "ML-DSA-44", "pub": "AAAA"}),
        ]
    }

    /// What a token is found to be.
    pub(crate) fn verify(&self, token: &str) -> Result<Verified, Fault> {
        self.issuers.verify(token, at(NOW)).map_err(|unverified| unverified.fault)
    }
}
