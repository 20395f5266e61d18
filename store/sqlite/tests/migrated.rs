//! Files that an earlier version wrote.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without ends it")]

use std::path::Path;

use ledger::{AccountId, Credits, Epoch, Instant, KeyId, KeyStatus, NodeId, OrgId, Shard};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use store::{
    ChangeSeq, Changed, Granted, Key, KeySecret, Rates, RevokedToken, SecretHash, Store,
    SyncAnswer, SyncRequest,
};
use store_sqlite::SqliteStore;

const APPLICATION_ID: i32 = 0x4275_7273;

/// A file with the tables that the first so many migrations make.
async fn of_version(last: i64, path: &Path, folder: &Path) -> SqliteConnection {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
    for entry in std::fs::read_dir(migrations).unwrap() {
        let file = entry.unwrap();
        let name = file.file_name().into_string().unwrap();
        if name.split('_').next().unwrap().parse::<i64>().is_ok_and(|number| number <= last) {
            std::fs::copy(file.path(), folder.join(name)).unwrap();
        }
    }
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut file = options.connect().await.unwrap();
    Migrator::new(folder).await.unwrap().run(&mut file).await.unwrap();
    // By which a file of ours is told.
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}")))
        .execute(&mut file)
        .await
        .unwrap();
    file
}

#[tokio::test]
async fn an_answer_that_was_kept_before_answers_had_verdicts_is_still_told() {
    let folder = tempfile::tempdir().unwrap();
    let (path, migrations) = (folder.path().join("bursar.db"), folder.path().join("migrations"));
    std::fs::create_dir(&migrations).unwrap();
    let mut file = of_version(8, &path, &migrations).await;
    let call = SyncRequest {
        node: NodeId(1),
        epoch: Epoch(1),
        shard: Shard::new(5).unwrap(),
        seq: 3,
        lsn: 9,
        now: Instant::from_seconds(1_795_426_200),
        report: Vec::new(),
        give_back: Vec::new(),
        regranted: Vec::new(),
        ask: Vec::new(),
        refill: Vec::new(),
        events: Vec::new(),
        keyed: Vec::new(),
    };
    let granted = |account, micros| Granted {
        account: AccountId::from_u128(account),
        amount: Credits::from_micros(micros).unwrap(),
    };
    // The first id begins as the newer encoding does.
    let granted = [granted(1 << 120 | 0x7777, 250), granted(3, 1 << 40)];
    let mut kept = Vec::new();
    for Granted { account, amount } in &granted {
        kept.extend(account.as_u128().to_be_bytes());
        kept.extend(amount.micros().to_be_bytes());
    }
    sqlx::query("INSERT INTO nodes (node, epoch, journal, registered_at) VALUES (1, 1, ?, 7)")
        .bind(vec![9; 16])
        .execute(&mut file)
        .await
        .unwrap();
    sqlx::query("INSERT INTO applied VALUES (5, 1, ?, 3, 9, ?, ?)")
        .bind(vec![9; 16])
        .bind(call.fingerprint().as_slice())
        .bind(kept)
        .execute(&mut file)
        .await
        .unwrap();
    file.close().await.unwrap();

    let store = SqliteStore::open(&path).await.unwrap();
    let expected = SyncAnswer { granted: granted.to_vec(), ..SyncAnswer::default() };
    assert_eq!(store.sync(&call).await.unwrap(), expected);
    let nodes = store.nodes(Instant::from_micros(7)).await.unwrap();
    assert_eq!(nodes[0].heard, Instant::from_micros(7), "it began");
}

const ORG: OrgId = OrgId::from_u128(0x0192_f0c1_0000_7000_8000_0000_0000_0001);

/// An organisation with a member whose key was rotated, as versions up to 9 kept them.
async fn settle_in(file: &mut SqliteConnection) {
    let settle = format!(
        "INSERT INTO orgs VALUES ({shard}, x'{org:032x}', 'Org', 'Studio', 5, 49, 'EUR', 'UTC', 1,
             'ada', 7);
         INSERT INTO members (shard, org_id, member_id, name, service_account, role, status)
         VALUES ({shard}, x'{org:032x}', x'{member:032x}', 'Ada', 0, 'owner', 'active');
         INSERT INTO keys (shard, org_id, key_id, member_id, name, hint, surface, status,
             created_at, expires_at)
         VALUES ({shard}, x'{org:032x}', x'{key:032x}', x'{member:032x}', 'Key', 'bursar_u_ab',
             'api', 'active', 11, 12),
             ({shard}, x'{org:032x}', x'{gone:032x}', x'{member:032x}', 'Gone', 'bursar_u_cd',
             'api', 'revoked', 11, 12);
         INSERT INTO key_secrets VALUES
             (x'{first:064x}', {shard}, x'{org:032x}', x'{key:032x}', 1, 20),
             (x'{second:064x}', {shard}, x'{org:032x}', x'{key:032x}', 2, {ever}),
             (x'{third:064x}', {shard}, x'{org:032x}', x'{gone:032x}', 2, {ever});
         INSERT INTO changes VALUES
             (1, {shard}, x'{org:032x}', 'org', x'{org:032x}'),
             (3, {shard}, x'{org:032x}', 'member', x'{member:032x}'),
             (4, {shard}, x'{org:032x}', 'key', x'{key:032x}');
         UPDATE meta SET change_seq = 4;",
        shard = ORG.shard().number(),
        org = ORG.as_u128(),
        member = 0x3001,
        key = 0x4001,
        gone = 0x4002,
        first = 0xf1,
        second = 0xf2,
        third = 0xf3,
        ever = i64::MAX,
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(settle)).execute(file).await.unwrap();
}

fn secret(hash: u8, pepper: u16, not_after: Instant) -> KeySecret {
    let mut bytes = [0; 32];
    bytes[31] = hash;
    let (hint, created) = ("bursar_u_ab".to_owned(), Instant::from_micros(11));
    KeySecret { hash: SecretHash(bytes), pepper, hint, created, not_after, last_used: None }
}

#[tokio::test]
async fn who_could_enter_before_there_were_rules_for_it_still_can() {
    let folder = tempfile::tempdir().unwrap();
    let (path, migrations) = (folder.path().join("bursar.db"), folder.path().join("migrations"));
    std::fs::create_dir(&migrations).unwrap();
    let mut file = of_version(9, &path, &migrations).await;
    settle_in(&mut file).await;
    file.close().await.unwrap();

    let store = SqliteStore::open(&path).await.unwrap();
    let data = store.load(ORG).await.unwrap().unwrap();
    assert_eq!((data.org.require_project, data.org.rates), (false, Rates::default()));
    assert_eq!(data.org.name, "Org");
    let member = &data.members[0];
    assert_eq!((member.subjects.len(), member.tokens_valid_after), (0, Instant::MIN));
    assert_eq!((member.name.as_str(), member.rates), ("Ada", Rates::default()));
    let key = &data.keys[0];
    let kept = [secret(0xf2, 2, Instant::MAX), secret(0xf1, 1, Instant::from_micros(20))];
    assert_eq!(key.secrets, kept, "the one that it was rotated to comes first");
    assert_eq!((key.models.as_ref(), key.ips.as_ref(), key.version), (None, None, 1));
    assert_eq!((key.name.as_str(), key.standing.id), ("Key", KeyId::from_u128(0x4001)));
    let open = kept.each_ref().map(|secret| secret.hash);
    let mut hashes = store.secret_hashes(None, 9).await.unwrap();
    hashes.reverse();
    assert_eq!(hashes, open, "none of the key that was revoked");
    let changes = store.changes_since(ChangeSeq(0), 9).await.unwrap();
    let seqs: Vec<_> = changes.iter().map(|change| change.seq.0).collect();
    assert_eq!(seqs, [1, 3, 4]);
    assert_eq!(changes[2].what, Changed::Key(key.clone()));

    // And the tables take what is new.
    let mut blocked = Key { version: 2, ..key.clone() };
    blocked.standing.status = KeyStatus::Blocked;
    store.put_key(&blocked, Some(1)).await.unwrap();
    assert_eq!(store.load(ORG).await.unwrap().unwrap().keys[0], blocked);
    let (issuer, jti) = ("corp".to_owned(), "1".to_owned());
    let token = RevokedToken { issuer, jti, until: Instant::from_micros(9) };
    let seq = store.revoke_token(ORG, &token, Instant::from_micros(7)).await.unwrap();
    let told = store.changes_since(ChangeSeq(5), 9).await.unwrap();
    assert_eq!((told[0].seq, &told[0].what), (seq, &Changed::TokenRevoked(token)));
    assert!(store::Audit::reconcile(&store).await.unwrap().holds());
}
