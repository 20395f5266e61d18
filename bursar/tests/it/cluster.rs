//! Three gateways on one Postgres: a change that one of them commits is in force on all of them.

use std::process::Command;

use ledger::{
    Access, Credits, Grant, GrantId, GrantKind, Instant, KeyId, KeyStanding, KeyStatus, MemberId,
    MemberStanding, MemberStatus, OrgId, Surface,
};
use mock_provider::{MockProvider, Options};
use postgres_cluster::Database;
use reqwest::Method;
use serde_json::{Value, json};
use store::{Key, KeyHasher, KeyKind, Member, Money, Org, PlainKey, Plan, Rates, Role, Store};
use store_postgres::PostgresStore;
use tempfile::TempDir;

use crate::process::{Process, bursar, chat, run};

const PEPPER: &str = "a pepper of at least thirty-two bytes for tests";
const ADMIN_TOKEN: &str = "bursar_a_a-token-for-the-admin-api";
const ORG: OrgId = OrgId::from_u128(0x0192_f0c1_0000_7000_8000_0000_0000_0001);
const MEMBER: MemberId = MemberId::from_u128(2);

/// What several gateways share.
struct Shared {
    database: Database,
    provider: MockProvider,
    folder: TempDir,
}

/// One of them.
struct Gateway {
    process: Process,
    node: String,
    gateway: String,
    admin: String,
}

impl Shared {
    async fn new() -> Self {
        let database = postgres_cluster::test_server().unwrap().database().unwrap();
        let provider = MockProvider::start(Options::default()).await.unwrap();
        Self { database, provider, folder: tempfile::tempdir().unwrap() }
    }

    /// The config of the gateway of this number.
    fn config(&self, number: u32) -> String {
        let folder = self.folder.path().join(number.to_string());
        let file = self.folder.path().join(format!("{number}.yaml"));
        let config = format!(
            r#"
version: 1
listen: {{gateway: "127.0.0.1:0", admin: "127.0.0.1:0", operations: "127.0.0.1:0"}}
data_dir: {folder}
journal_bytes: 256MiB
store: {{postgres: {{url: "${{DATABASE}}", connections: 8}}}}
control: {{token: "${{CONTROL_TOKEN}}"}}
secrets:
  peppers: {{current: 1, versions: {{1: "${{PEPPER}}"}}}}
  admin_tokens: ["${{ADMIN_TOKEN}}"]
tools: [chatbot]
providers:
  openai:
    prefix: /openai
    dialect: openai
    base_url: {provider}
    routes:
      - {{method: POST, path: /v1/chat/completions, tool: chatbot, meter: openai-chat}}
price_book:
  version: "1"
  prices:
    - {{provider: openai, model: mock-flat, per_request: "1"}}
"#,
            folder = folder.display(),
            provider = self.provider.url()
        );
        std::fs::write(&file, config).unwrap();
        file.to_str().unwrap().to_owned()
    }

    fn command(&self, what: &str, number: u32) -> Command {
        let mut command = bursar(&[what, "--config", &self.config(number)]);
        command.env("DATABASE", self.database.url());
        command.env("CONTROL_TOKEN", "a-token-for-gateways");
        command.env("PEPPER", PEPPER).env("ADMIN_TOKEN", ADMIN_TOKEN);
        command.env("BURSAR_LOG_FORMAT", "json");
        command
    }

    async fn serve(&self, number: u32) -> Gateway {
        let mut process = Process::start(&mut self.command("serve", number));
        let line: Value = serde_json::from_str(&process.says("\"ready\"").await).unwrap();
        let field = |name: &str| line["fields"][name].as_str().unwrap().to_owned();
        let url = |name| format!("http://{}", field(name));
        let (gateway, admin, node) = (url("gateway"), url("admin"), field("node"));
        Gateway { process, node, gateway, admin }
    }

    async fn store(&self) -> PostgresStore {
        let options = store_postgres::Options::new(self.database.url());
        PostgresStore::connect(&options).await.unwrap()
    }
}

impl Gateway {
    /// The status of a call.
    async fn call(&self, secret: &str) -> u16 {
        chat(&self.gateway, secret, "mock-flat").await.0
    }

    /// What its admin API answers.
    async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/api/v1/orgs/{ORG}/{path}", self.admin);
        let request = reqwest::Client::new().request(method, url).bearer_auth(ADMIN_TOKEN);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// Revokes a key by this one's admin API: where that is in force.
    async fn revoke(&self, key: KeyId) -> Value {
        let mut key = self.admin(Method::POST, &format!("keys/{key}:revoke"), None).await;
        assert_eq!(key["status"], "revoked");
        key["applied"].take()
    }
}

/// An organisation with credits, and a member with so many keys: their secrets.
async fn settle_in(store: &dyn Store, keys: u128) -> Vec<(KeyId, String)> {
    let now = Instant::from_seconds(1_795_435_200);
    let plan = Plan {
        name: "team".to_owned(),
        allocation: Credits::ZERO,
        price: Money { minor: 0, currency: "EUR".to_owned() },
    };
    let (name, time_zone, contact) = ("Acme".to_owned(), "UTC".to_owned(), String::new());
    let org = Org {
        id: ORG,
        name,
        plan,
        time_zone,
        anchor_day: 1,
        contact,
        created: now,
        require_project: false,
        rates: Rates::default(),
    };
    store.put_org(&org).await.unwrap();
    let standing = MemberStanding {
        id: MEMBER,
        status: MemberStatus::Active,
        home: None,
        groups: Vec::new(),
        tools: None,
    };
    let member = Member {
        org: ORG,
        name: "Ada".to_owned(),
        email: None,
        service_account: false,
        role: Role::Member,
        job_role: None,
        standing,
        subjects: Vec::new(),
        tokens_valid_after: Instant::MIN,
        rates: Rates::default(),
    };
    store.put_member(&member).await.unwrap();
    let grant = Grant {
        id: GrantId::from_u128(3),
        kind: GrantKind::TopUp,
        amount: "1000".parse().unwrap(),
        start: now,
        end: Instant::MAX,
        created: now,
        access: Access::Everyone,
    };
    store.put_grant(ORG, &grant, None, now).await.unwrap();
    let mut secrets = Vec::new();
    for n in 0..keys {
        secrets.push(put_key(store, KeyId::from_u128(n + 1), now).await);
    }
    secrets
}

async fn put_key(store: &dyn Store, id: KeyId, now: Instant) -> (KeyId, String) {
    let mut seed = u8::try_from(id.as_u128()).unwrap().wrapping_mul(31);
    let plain = PlainKey::generate(KeyKind::Member, || {
        seed = seed.wrapping_mul(5).wrapping_add(113);
        seed
    });
    let hasher = KeyHasher::new(1, [(1, PEPPER.as_bytes())]).unwrap();
    let standing = KeyStanding {
        id,
        member: MEMBER,
        status: KeyStatus::Active,
        expires: Instant::MAX,
        group: None,
        project: None,
        tools: None,
    };
    let (name, hint) = ("laptop".to_owned(), "bursar_u_".to_owned());
    let key = Key {
        org: ORG,
        name,
        hint,
        surface: Surface::Api,
        created: now,
        standing,
        models: None,
        ips: None,
        rates: Rates::default(),
        secrets: vec![hasher.secret(&plain, now)],
        version: 0,
    };
    store.put_key(&key, None).await.unwrap();
    (id, plain.expose().to_owned())
}

#[tokio::test]
async fn a_gateway_refuses_a_database_that_nobody_has_migrated() {
    let shared = Shared::new().await;
    let (code, _, said) = run(&mut shared.command("serve", 1));
    assert_eq!(code, 1);
    assert!(said.contains("run `bursar migrate`"), "{said}");
    for _again in 0..2 {
        let (code, _, said) = run(&mut shared.command("migrate", 1));
        assert_eq!(code, 0, "{said}");
    }
    let gateway = shared.serve(1).await;
    assert_eq!(gateway.process.end("TERM").await.0, 0);
}

#[tokio::test]
async fn a_key_revoked_at_one_gateway_opens_nothing_at_any() {
    let shared = Shared::new().await;
    assert_eq!(run(&mut shared.command("migrate", 1)).0, 0);
    let store = shared.store().await;
    let keys = settle_in(&store, 4).await;
    let [one, two, three] = [shared.serve(1).await, shared.serve(2).await, shared.serve(3).await];
    for gateway in [&one, &two, &three] {
        for (_, secret) in &keys {
            assert_eq!(gateway.call(secret).await, 200);
        }
    }

    let applied = one.revoke(keys[0].0).await;
    assert_eq!(applied, json!({"nodes": 3, "of": 3, "missing": []}));
    for gateway in [&one, &two, &three] {
        assert_eq!([gateway.call(&keys[0].1).await, gateway.call(&keys[1].1).await], [401, 200]);
    }

    // One that has died is missed, and one that has ended in good order is not.
    three.process.signal("KILL");
    let applied = two.revoke(keys[1].0).await;
    assert_eq!(applied, json!({"nodes": 2, "of": 3, "missing": [three.node]}));
    assert_eq!(two.process.end("TERM").await.0, 0);
    let applied = one.revoke(keys[2].0).await;
    assert_eq!(applied, json!({"nodes": 1, "of": 2, "missing": [three.node]}));

    // Back from its journal, it knows everything.
    let three = shared.serve(3).await;
    assert_eq!(three.call(&keys[2].1).await, 401);
    let applied = three.revoke(keys[3].0).await;
    assert_eq!(applied, json!({"nodes": 2, "of": 2, "missing": []}));
    store.close().await;
}

#[tokio::test]
async fn access_and_limits_changed_at_one_gateway_are_changed_at_all() {
    let shared = Shared::new().await;
    assert_eq!(run(&mut shared.command("migrate", 1)).0, 0);
    let store = shared.store().await;
    let keys = settle_in(&store, 1).await;
    let (key, secret) = &keys[0];
    let [one, two, three] = [shared.serve(1).await, shared.serve(2).await, shared.serve(3).await];
    let all = async || [one.call(secret).await, two.call(secret).await, three.call(secret).await];
    let everywhere = json!({"nodes": 3, "of": 3, "missing": []});
    assert_eq!(all().await, [200; 3]);

    for (verb, status) in [("remove-access", 403), ("restore-access", 200)] {
        let member = two.admin(Method::POST, &format!("members/{MEMBER}:{verb}"), None).await;
        assert_eq!(member["applied"], everywhere);
        assert_eq!(all().await, [status; 3], "{verb}");
    }

    let body =
        json!({"scope": "key", "scope_id": key.to_string(), "period": "total", "amount": "0"});
    let limit = three.admin(Method::PUT, "limits", Some(body)).await;
    assert_eq!(limit["applied"], everywhere);
    assert_eq!(all().await, [402; 3]);
    let path = format!("limits/{}", limit["id"].as_str().unwrap());
    let removed = one.admin(Method::DELETE, &path, None).await;
    assert_eq!(removed["applied"], everywhere);
    assert_eq!(all().await, [200; 3]);
    store.close().await;
}
