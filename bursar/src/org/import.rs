//! Puts an organisation into a store, and says once what opens its keys.

use std::process::ExitCode;

use anyhow::Context;
use bursar_config::{Config, ProcessEnvironment};
use gateway::{Clock, SteadyClock};
use ledger::{CountsFrom, Instant, OrgId};
use serde::Serialize;
use store::{Key, KeyHasher, KeyKind, PlainKey, Store};

use super::file::{MemberRow, OrgFile};
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
    projects: Vec<Named>,
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

/// What is to be put, with the ids of everything in it.
pub(super) struct Import<'a> {
    pub(super) file: &'a OrgFile,
    pub(super) id: OrgId,
    pub(super) names: Names,
    pub(super) now: Instant,
}

impl<'a> Import<'a> {
    fn of(file: &'a OrgFile, now: Instant) -> anyhow::Result<Self> {
        let import = Self { file, id: OrgId::from_u128(fresh()), names: Names::of(file)?, now };
        import.check()?;
        Ok(import)
    }

    /// Finds what a row names and the file does not have, before anything is put.
    fn check(&self) -> anyhow::Result<()> {
        let OrgFile { groups, members, projects, keys, grants, limits, .. } = self.file;
        groups.iter().try_for_each(|row| self.group(&row.name, &row.managers).map(drop))?;
        members.iter().try_for_each(|row| self.member(row).map(drop))?;
        projects.iter().try_for_each(|row| self.project(row).map(drop))?;
        keys.iter().try_for_each(|row| self.key(row).map(drop))?;
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
        let mut projects = Vec::new();
        for row in &self.file.projects {
            let project = self.project(row)?;
            store.put_project(&project).await?;
            projects.push(Named { name: project.slug, id: project.id.to_string() });
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
        Ok(Imported { org: self.id.to_string(), groups, members, projects, keys, grants, limits })
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
            let key = Key {
                hint: plain.hint(),
                secrets: vec![hasher.secret(&plain, self.now)],
                ..self.key(row)?
            };
            let id = key.standing.id.to_string();
            store.put_key(&key, None).await?;
            opened.push(Opened { name: key.name, id, key: plain.expose().to_owned() });
        }
        Ok(opened)
    }
}
