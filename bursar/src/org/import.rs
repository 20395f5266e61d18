//! Puts an organisation into a store, and says once what opens its keys.

use std::process::ExitCode;

use anyhow::Context;
use bursar_config::{Config, ProcessEnvironment};
use gateway::{Clock, SteadyClock};
use ledger::{
    Access, CountsFrom, Credits, Grant, GrantId, Instant, KeyStanding, KeyStatus, Limit, LimitId,
    MemberStanding, MemberStatus, OrgId, Surface, Tool,
};
use serde::Serialize;
use store::{Group, Key, KeyHasher, KeyKind, Member, Money, Org, PlainKey, Plan, Rates, Store};

use super::file::{GrantRow, LimitRow, MemberRow, OrgFile};
use super::names::{Names, fresh};
use crate::cli::ImportArguments;
use crate::open_store::OpenStore;
use crate::run::key_hasher;

/// Imports the organisation in the file, and prints its ids and the secrets of its keys.
///
/// # Errors
/// A file or a config with mistakes, a store that cannot be opened, or that refuses.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn import(arguments: &ImportArguments) -> anyhow::Result<ExitCode> {
    let config = Config::load(&arguments.config, &ProcessEnvironment)?;
    let file = &arguments.file;
    let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let org: OrgFile =
        serde_json::from_slice(&text).with_context(|| format!("{}", file.display()))?;
    let hasher = key_hasher(&config.bootstrap.peppers)?;
    let store = OpenStore::open(&config.bootstrap.store).await?;
    let import = Import::of(&org, SteadyClock::start().now())?;
    let imported = import.put(&*store.shared(), &hasher).await;
    store.close().await;
    println!("{}", serde_json::to_string(&imported?)?);
    Ok(ExitCode::SUCCESS)
}

/// What was put: the ids of everything in the order of the file.
#[derive(Serialize)]
struct Imported {
    org: String,
    groups: Vec<Named>,
    members: Vec<Named>,
    keys: Vec<Opened>,
    grants: Vec<String>,
    limits: Vec<String>,
}

#[derive(Serialize)]
struct Named {
    name: String,
    id: String,
}

/// A key with its secret, which is nowhere else.
#[derive(Serialize)]
struct Opened {
    name: String,
    id: String,
    key: String,
}

struct Import<'a> {
    file: &'a OrgFile,
    id: OrgId,
    names: Names,
    now: Instant,
}

impl<'a> Import<'a> {
    fn of(file: &'a OrgFile, now: Instant) -> anyhow::Result<Self> {
        let import = Self { file, id: OrgId::from_u128(fresh()), names: Names::of(file)?, now };
        import.check()?;
        Ok(import)
    }

    /// Finds what a row names and the file does not have, before anything is put.
    fn check(&self) -> anyhow::Result<()> {
        let OrgFile { groups, members, keys, grants, limits, .. } = self.file;
        groups.iter().try_for_each(|row| self.group(&row.name, &row.managers).map(drop))?;
        members.iter().try_for_each(|row| self.member(row).map(drop))?;
        for row in keys {
            self.names.keys.id(&row.name)?;
            self.names.members.id(&row.member)?;
        }
        grants.iter().try_for_each(|row| self.grant(row).map(drop))?;
        limits.iter().try_for_each(|row| self.limit(row).map(drop))
    }

    async fn put(&self, store: &dyn Store, hasher: &KeyHasher) -> anyhow::Result<Imported> {
        store.put_org(&self.org()).await?;
        let (mut groups, mut members) = (Vec::new(), Vec::new());
        for row in &self.file.groups {
            // Its managers are members, who name it themselves: they are put last.
            let group = self.group(&row.name, &[])?;
            store.put_group(&group).await?;
            groups.push(Named { name: group.name, id: group.id.to_string() });
        }
        for row in &self.file.members {
            let member = self.member(row)?;
            store.put_member(&member).await?;
            members.push(Named { name: member.name, id: member.standing.id.to_string() });
        }
        for row in self.file.groups.iter().filter(|row| !row.managers.is_empty()) {
            store.put_group(&self.group(&row.name, &row.managers)?).await?;
        }
        let keys = self.put_keys(store, hasher).await?;
        let (mut grants, mut limits) = (Vec::new(), Vec::new());
        for row in &self.file.grants {
            let (grant, _) = store.put_grant(self.id, &self.grant(row)?, None, self.now).await?;
            grants.push(grant.id.to_string());
        }
        for row in &self.file.limits {
            let limit = self.limit(row)?;
            store.put_limit(self.id, &limit, CountsFrom::PeriodStart, self.now).await?;
            limits.push(limit.id.to_string());
        }
        Ok(Imported { org: self.id.to_string(), groups, members, keys, grants, limits })
    }

    async fn put_keys(&self, store: &dyn Store, hasher: &KeyHasher) -> anyhow::Result<Vec<Opened>> {
        let mut opened = Vec::new();
        for row in &self.file.keys {
            let owner = self.file.members.iter().find(|member| member.name == row.member);
            let kind = match owner {
                Some(MemberRow { service_account: true, .. }) => KeyKind::ServiceAccount,
                _ => KeyKind::Member,
            };
            let plain = PlainKey::generate(kind, rand::random);
            let standing = KeyStanding {
                id: self.names.keys.id(&row.name)?,
                member: self.names.members.id(&row.member)?,
                status: KeyStatus::Active,
                expires: Instant::MAX,
                group: None,
                project: None,
                tools: None,
            };
            let id = standing.id.to_string();
            let (name, hint) = (row.name.clone(), plain.hint());
            let surface = Surface::Api;
            let key = Key {
                org: self.id,
                name,
                hint,
                surface,
                created: self.now,
                standing,
                models: None,
                ips: None,
                rates: Rates::default(),
                secrets: vec![hasher.secret(&plain, self.now)],
                version: 0,
            };
            store.put_key(&key, None).await?;
            opened.push(Opened { name: key.name, id, key: plain.expose().to_owned() });
        }
        Ok(opened)
    }

    fn org(&self) -> Org {
        let price = Money { minor: 0, currency: "EUR".to_owned() };
        Org {
            id: self.id,
            name: self.file.name.clone(),
            plan: Plan { name: "none".to_owned(), allocation: Credits::ZERO, price },
            time_zone: self.file.time_zone.clone(),
            anchor_day: self.file.anchor_day,
            contact: self.file.contact.clone(),
            created: self.now,
            require_project: false,
            rates: Rates::default(),
        }
    }

    fn group(&self, name: &str, managers: &[String]) -> anyhow::Result<Group> {
        let (id, managers) = (self.names.groups.id(name)?, self.names.members.all(managers)?);
        Ok(Group { id, org: self.id, name: name.to_owned(), managers })
    }

    fn member(&self, row: &MemberRow) -> anyhow::Result<Member> {
        let groups = self.names.groups.all(&row.groups)?;
        Ok(Member {
            org: self.id,
            name: row.name.clone(),
            email: row.email.clone(),
            service_account: row.service_account,
            role: row.role,
            job_role: None,
            standing: MemberStanding {
                id: self.names.members.id(&row.name)?,
                status: MemberStatus::Active,
                home: groups.first().copied(),
                groups,
                tools: None,
            },
            subjects: Vec::new(),
            tokens_valid_after: Instant::MIN,
            rates: Rates::default(),
        })
    }

    fn grant(&self, row: &GrantRow) -> anyhow::Result<Grant> {
        let members = self.names.members.all(&row.members)?;
        let groups = self.names.groups.all(&row.groups)?;
        let access = if members.is_empty() && groups.is_empty() {
            Access::Everyone
        } else {
            Access::Listed { members, groups }
        };
        let (kind, amount, now) = (row.kind, row.amount, self.now);
        let id = GrantId::from_u128(fresh());
        Ok(Grant { id, kind, amount, start: now, end: Instant::MAX, created: now, access })
    }

    fn limit(&self, row: &LimitRow) -> anyhow::Result<Limit> {
        Ok(Limit {
            id: LimitId::from_u128(fresh()),
            scope: self.names.scope(row)?,
            tool: row.tool.as_deref().map(Tool::new),
            period: row.period,
            amount: row.amount,
        })
    }
}
