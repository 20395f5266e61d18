//! Who used what, by number.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use ledger::{Charge, GroupId, KeyId, MemberId, OrgId, ProjectId, Surface};
use parking_lot::Mutex;
use sqlx::SqliteConnection;

use crate::column::Id;
use crate::error::Result;

/// Everything that usage is told apart by, except time, grant and gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Series<Name> {
    org: OrgId,
    member: MemberId,
    key: Option<KeyId>,
    group: Option<GroupId>,
    project: Option<ProjectId>,
    surface: Surface,
    tool: Name,
    provider: Name,
    model: Name,
}

impl<'a> Series<&'a str> {
    fn of(charge: &'a Charge) -> Self {
        Self {
            org: charge.org,
            member: charge.member,
            key: charge.key,
            group: charge.group,
            project: charge.project,
            surface: charge.surface,
            tool: charge.tool.name(),
            provider: &charge.provider,
            model: &charge.model,
        }
    }

    fn owned(self) -> Series<Arc<str>> {
        let Self { org, member, key, group, project, surface, tool, provider, model } = self;
        let [tool, provider, model] = [tool, provider, model].map(Arc::from);
        Series { org, member, key, group, project, surface, tool, provider, model }
    }
}

/// The numbers of the series that were met lately.
#[derive(Debug, Default)]
pub(crate) struct KnownSeries(Mutex<HashMap<Series<Arc<str>>, i64>>);

/// Some 300 bytes each: 40 MB at most.
const REMEMBERED: usize = 1 << 17;

impl KnownSeries {
    fn get(&self, series: &Series<Arc<str>>) -> Option<i64> {
        self.0.lock().get(series).copied()
    }

    /// Remembers what was made, once it is committed.
    pub(super) fn remember(&self, numbered: Numbered) {
        let mut known = self.0.lock();
        if known.len() + numbered.made.len() > REMEMBERED {
            known.clear();
        }
        known.extend(numbered.made);
    }
}

/// The series of the charges of a sync.
#[derive(Default)]
pub(super) struct Numbered {
    /// The number of each charge's series, in their order.
    pub(super) of_charges: Vec<i64>,
    made: Vec<(Series<Arc<str>>, i64)>,
}

/// Numbers the series of every charge, and makes those that are new.
pub(super) async fn number(
    tx: &mut SqliteConnection,
    known: &KnownSeries,
    charges: &[Charge],
) -> Result<Numbered> {
    let mut met: HashMap<Series<&str>, i64> = HashMap::new();
    let mut numbered = Numbered::default();
    for series in charges.iter().map(Series::of) {
        let number = match met.get(&series) {
            Some(number) => *number,
            None => numbered.find(tx, known, series.owned()).await?,
        };
        met.insert(series, number);
        numbered.of_charges.push(number);
    }
    Ok(numbered)
}

impl Numbered {
    async fn find(
        &mut self,
        tx: &mut SqliteConnection,
        known: &KnownSeries,
        series: Series<Arc<str>>,
    ) -> Result<i64> {
        if let Some(number) = known.get(&series) {
            return Ok(number);
        }
        let number = make(tx, &series).await?;
        self.made.push((series, number));
        Ok(number)
    }
}

/// The number of a series, which is made where it is new to the file.
async fn make(tx: &mut SqliteConnection, series: &Series<Arc<str>>) -> Result<i64> {
    let number = sqlx::query_scalar(
        "INSERT INTO usage_series (shard, org_id, member_id, key_id, group_id, project_id, surface,
             tool, provider, model)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET shard = shard
         RETURNING series",
    )
    .bind(series.org.shard().number())
    .bind(series.org.blob())
    .bind(series.member.blob())
    .bind(series.key.map(Id::blob).unwrap_or_default())
    .bind(series.group.map(Id::blob).unwrap_or_default())
    .bind(series.project.map(Id::blob).unwrap_or_default())
    .bind(series.surface.name())
    .bind(series.tool.as_ref())
    .bind(series.provider.as_ref())
    .bind(series.model.as_ref())
    .fetch_one(tx)
    .await?;
    Ok(number)
}
