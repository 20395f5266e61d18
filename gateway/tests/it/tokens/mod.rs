//! Callers by token, and an issuer on this machine.

mod claims;
mod issuers;
mod newcomers;
mod revoked;
mod served;
mod shared;

#[expect(dead_code, reason = "shared with the tests of `identity`, which use all of it")]
#[path = "../../../../identity/src/tests/local_issuer.rs"]
mod local_issuer;
#[expect(dead_code, reason = "shared with the tests of `identity`, which use all of it")]
#[path = "../../../../identity/src/tests/mint.rs"]
mod mint;

use bursar_config::Algorithm;
use gateway::Clock;
use ledger::{Access, GrantKind, Instant, KeyId, MemberId, OrgId};
use serde_json::{Value, json};
use store::{Member, Store, Subject};

use crate::calls::{CHAT, chat};
use crate::edits::replaced;
use crate::house::House;
use crate::people::{Caller, member_row};
use local_issuer::LocalIssuer;
use mint::Signer;

const ISSUER: &str = "https://login.example.com/";

/// A house that believes an issuer on this machine.
struct Desk {
    house: House,
    issuer: LocalIssuer,
    signer: Signer,
}

/// What the configuration says of the issuer.
fn entry(issuer: &LocalIssuer, more: &str) -> String {
    let (address, org) = (issuer.address, OrgId::from_u128(7));
    format!(
        "
issuers:
  - name: corp
    issuer: {ISSUER}
    audiences: [bursar]
    algorithms: [EdDSA]
    jwks: {{url: \"http://{address}/jwks.json\"}}
    org: {org}
{more}"
    )
}

/// Claims that have names.
const NAMED: &str =
    "    claims: {groups: groups, project: project, surface: surface, tools: tools}\n";
/// Whoever comes becomes a member, with two credits.
const NEWCOMERS: &str = "    provision: {limit: {amount: \"2\", period: total}}\n";

impl Desk {
    async fn new() -> Self {
        Self::with(NAMED, |text| text).await
    }

    /// With more of the issuer, and the rest of the configuration edited.
    async fn with(more: &str, edit: impl FnOnce(String) -> String) -> Self {
        let signer = Signer::ed("first");
        let issuer = LocalIssuer::start(&[&signer]).await;
        let house = House::with(|text| edit(text) + &entry(&issuer, more)).await;
        house.grant_to(Access::Everyone, GrantKind::TopUp, "100").await;
        let desk = Self { house, issuer, signer };
        desk.fetched().await;
        desk
    }

    /// Waits until the issuer's keys are here: who asks for them earlier uses its one time up.
    async fn fetched(&self) {
        while self.house.metric("bursar_jwks_keys{issuer=\"corp\"}").await == 0 {
            tokio::task::yield_now().await;
        }
    }

    fn seconds(&self) -> i64 {
        self.house.clock.now().seconds()
    }

    /// What a good token says.
    fn claims(&self, subject: &str) -> Value {
        claims(self.house.clock.now(), subject)
    }

    /// The bearer of a token that says so.
    fn bearer(&self, claims: &Value) -> Caller {
        bearer(&self.signer, claims)
    }

    fn bearer_of(&self, subject: &str) -> Caller {
        self.bearer(&self.claims(subject))
    }

    /// A member whom tokens call so.
    async fn member(&self, subject: &str) -> Member {
        let id = MemberId::from_u128(self.house.next());
        let member =
            Member { subjects: vec![called(subject)], ..member_row(self.house.org, id, None) };
        self.put(&member).await;
        member
    }

    async fn put(&self, member: &Member) {
        self.house.store.put_member(member).await.unwrap();
        self.house.take_in().await;
    }

    /// Status and code of a flat call.
    async fn call(&self, bearer: &Caller) -> (u16, String) {
        let (status, code, _) = self.told(bearer).await;
        (status, code)
    }

    async fn told(&self, bearer: &Caller) -> (u16, String, Value) {
        let response = self.house.call(bearer, CHAT, &chat("mock-flat")).await;
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        (status, body["error"]["code"].as_str().unwrap_or_default().to_owned(), body)
    }

    async fn members(&self) -> Vec<Member> {
        self.house.store.load(self.house.org).await.unwrap().unwrap().members
    }

    async fn faults(&self, fault: &str) -> u64 {
        self.house.metric(&format!("bursar_auth_failures_total{{reason=\"{fault}\"}}")).await
    }
}

fn claims(now: Instant, subject: &str) -> Value {
    let now = now.seconds();
    json!({"iss": ISSUER, "aud": "bursar", "sub": subject, "iat": now - 1, "exp": now + 600})
}

/// The same with other claims.
fn and(mut claims: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn bearer(signer: &Signer, claims: &Value) -> Caller {
    let header = json!({"alg": "EdDSA", "kid": signer.name, "typ": "JWT"}).to_string();
    let secret = signer.token(Algorithm::EdDsa, &header, &claims.to_string());
    // Neither is known to whoever has a token.
    Caller { member: MemberId::from_u128(0), key: KeyId::from_u128(0), secret }
}

fn called(subject: &str) -> Subject {
    Subject { issuer: ISSUER.to_owned(), subject: subject.to_owned() }
}

fn yes() -> (u16, String) {
    (200, String::new())
}

fn no(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// An edit that takes the issuer away, and one that brings it back.
fn without(issuer: &LocalIssuer, more: &str) -> impl Fn(String) -> String + use<> {
    let entry = entry(issuer, more);
    move |text| replaced(&text, &entry, "")
}
