//! Keys revoked under load, one after the other: how long each was still served somewhere.
//!
//! `aim` has half of all calls made with the key that goes next, so that its last answer is seen to a
//! few milliseconds; `revoker` revokes, `delays` works out what is asked for, `report` prints it.

mod aim;
mod delays;
mod report;
mod revoker;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Result;

use self::aim::{Aim, people};
use self::delays::Run;
use self::revoker::revoke_all;
use crate::audit::{Observed, Samples, charges, reconcile, refused};
use crate::bodies::Form;
use crate::cli::Revoke;
use crate::installation::{House, Installation, Plan, Waits};
use crate::load::{Progress, Schedule, closed};
use crate::programs::Programs;
use crate::provider::Pace;
use crate::scenario::Verdict;
use crate::scenario::stage::Binaries;
use crate::scenario::verdict::judge;
use crate::tally::Tally;
use crate::traffic::{Play, Player, open_each};

/// A provider that takes its time.
const PACE: Pace = Pace { first_byte: Duration::from_millis(20), chunk: Duration::ZERO };
/// Credits suffice: nobody waits for them but whoever is the first.
const WAITS: Waits =
    Waits { max_offline: Duration::from_secs(5 * 60), hold_wait: Duration::from_secs(10) };
/// How long the gateways are kept busy to see what they can do.
const BUSY: Duration = Duration::from_secs(5);
/// How long a revocation may take, so that a run ends that does not get on.
const EACH: Duration = Duration::from_secs(15);

/// Runs the scenario and prints what was found.
///
/// # Errors
/// The run itself failed: nothing can be said about the gateways.
pub(crate) async fn run(options: &Revoke, programs: &Programs) -> Result<Verdict> {
    let common = &options.common;
    let binaries =
        Binaries::find(programs, common.bursar.as_deref(), common.mock_provider.as_deref())?;
    let installation = Installation::start(Plan {
        bursar: binaries.bursar,
        mock_provider: &binaries.mock_provider,
        gateways: common.gateways,
        database: common.database.as_deref(),
        folder: common.folder.as_deref(),
        pace: PACE,
        waits: WAITS,
        durable: true,
        people: &people(options.revocations),
    })
    .await?;
    let (run, house) = observe(options, installation).await?;
    let checks = run.audit(options.within_ms);
    report::print(&run, &checks, common.json)?;
    Ok(judge(&checks, || house.keep()))
}

async fn observe(options: &Revoke, installation: Installation) -> Result<(Run, House)> {
    let aim = Aim::new(options.revocations);
    let plays = installation.plays(|_| Box::new(aim.clone()));
    let (rate, busy) = match options.rate {
        Some(rate) => (rate, Vec::new()),
        None => half_of_capacity(&installation, &aim, options.connections).await?,
    };
    let each = (rate / options.common.gateways).max(1);
    let schedule = Schedule { rate: each, length: EACH * options.revocations };
    let (tally, enough) = (Tally::shared(), Arc::default());
    let load = open_each(&plays, options.connections, schedule, &tally, &enough).await?;
    let revoked = async {
        let revoked = revoke_all(&installation, &aim, &plays).await;
        enough.store(true, Ordering::Relaxed);
        revoked
    };
    let (loaded, revoked) =
        Progress::of("revoke").during(&tally, async { tokio::join!(load, revoked) }).await;
    loaded?;
    let revoked = revoked?;
    let answers: Vec<_> = plays.iter().map(|play| play.log.answers()).collect();
    let busy: Vec<_> = busy.iter().flat_map(|play| play.log.answers()).collect();
    let (mut records, house) = settle(installation).await?;
    let others = answers.iter().flatten().filter(|answer| answer.status != UNAUTHORIZED);
    records.answers = others.cloned().chain(busy).collect();
    Ok((Run { rate, answers, revoked, records }, house))
}

/// What a key that is revoked is answered.
const UNAUTHORIZED: u16 = 401;

/// Half of what the gateways did when they were kept busy, and who called them.
async fn half_of_capacity(
    installation: &Installation,
    aim: &Aim,
    connections: u32,
) -> Result<(u32, Vec<Arc<Play>>)> {
    let plays = installation.plays(|_| Box::new(aim.clone()));
    let mut players = Vec::new();
    for play in &plays {
        players.extend(Player::connect(play, connections).await?);
    }
    let tally = Tally::shared();
    let took = Progress::of("capacity").during(&tally, closed(players, BUSY, &tally)).await?;
    let served = tally.lock().served();
    let half = u128::from(served) * 500 / took.as_millis().max(1);
    Ok((u32::try_from(half).unwrap_or(u32::MAX).max(1), plays))
}

/// Stops the gateways, and asks the provider and the store.
async fn settle(mut installation: Installation) -> Result<(Observed, House)> {
    let (calls_billed, bill) = installation.provider.whole_bill().await?;
    let books = installation.house.books().clone();
    let beside = reconcile(&books)?;
    installation.gateways.iter_mut().try_for_each(|gateway| gateway.stop())?;
    let mut refusals = Vec::new();
    for gateway in &installation.gateways {
        refusals.extend(refused(gateway.log())?);
    }
    let records = Observed {
        answers: Vec::new(),
        calls_billed,
        bill,
        charges: charges(&books)?,
        before: std::collections::BTreeMap::new(),
        after: std::collections::BTreeMap::new(),
        samples: Samples::default(),
        refusals,
        beside,
        reconciled: reconcile(&books)?,
        kills: crate::audit::Kills::default(),
        store_away: false,
    };
    Ok((records, installation.house))
}

/// The form of every call.
const FORM: Form = Form::Json;
