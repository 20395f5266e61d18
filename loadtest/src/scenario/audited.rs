//! A load of mixed calls, arriving whatever becomes of them, and the audit at its end.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use super::kill::torture;
use super::stage::{Binaries, House, Stage};
use super::verdict::{conclude, summary};
use super::witness::{Before, Meanwhile, Secrets, sample};
use crate::audit::{Observed, audit, flagged};
use crate::cli::Load;
use crate::load::{Opened, Progress, Schedule, open};
use crate::programs::Programs;
use crate::provider::Pace;
use crate::scenario::Verdict;
use crate::tally::{Shared, Tally};
use crate::traffic::{Log, Mix, Play, Player, Share, log};

/// What is particular about a scenario.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) shares: Vec<Share>,
    /// The percentage of callers that leave, within this time.
    pub(crate) leaving: Option<(u32, Duration)>,
    pub(crate) pace: Pace,
    /// Whether the gateway is killed again and again.
    pub(crate) kills: bool,
}

/// Keys of the demo that keep the few credits they have, so that they run out.
const POOR: [&str; 1] = ["fifty"];
/// What the members of the other keys get on top.
const CREDITS: &str = "100000";

/// Runs a scene and prints what was found.
///
/// # Errors
/// The run itself failed: nothing can be said about the gateway.
pub(crate) async fn run(options: &Load, scene: Scene, programs: &Programs) -> Result<Verdict> {
    let binaries =
        Binaries::find(programs, options.bursar.as_deref(), options.mock_provider.as_deref())?;
    let seed = options.seed.unwrap_or_else(rand::random);
    println!("{}: seed {seed}, {} calls/s for {:?}", scene.name, options.rate, options.length());
    let stage = Stage::start(binaries, scene.pace, options.folder.as_deref()).await?;
    let tally = Tally::shared();
    let (observed, opened, house) = observe(options, &scene, seed, stage, &tally).await?;

    if let Some(file) = &options.log {
        log::write(file, &observed.answers)?;
    }
    println!("{}", summary(&observed.answers));
    println!("{}", pace(&observed, &opened, &tally));
    print!("{}", flagged(&observed));
    Ok(conclude(&audit(&observed), house))
}

/// Makes the calls, and asks everyone who keeps a record of them.
async fn observe(
    options: &Load,
    scene: &Scene,
    seed: u64,
    mut stage: Stage,
    tally: &Shared,
) -> Result<(Observed, Opened, House)> {
    let mix = Mix {
        shares: scene.shares.clone(),
        leaving: scene.leaving,
        only_key: options.key.as_deref().map(Arc::from),
        seed,
    };
    let secrets = endow(&stage, &mix).await?;
    let before = Before::of(&stage, &secrets).await?;
    let gateway = stage.demo.gateway;
    let calls = Box::new(mix);
    let play = Play { server: gateway, calls, secrets: secrets.clone(), log: Log::default() };
    let play = Arc::new(play);
    let players = Player::connect(&play, options.connections).await?;
    let schedule = Schedule { rate: options.rate, length: options.length() };
    let progress = Progress::of(scene.name);
    let load = progress.during(tally, open(players, schedule, tally));

    let mut meanwhile = Meanwhile::default();
    let opened = tokio::select! {
        opened = load => opened?,
        never = sample(gateway, &secrets, &mut meanwhile.samples) => match never {},
        failed = torture(&mut stage, seed, &play.log, &mut meanwhile.kills), if scene.kills => {
            return Err(failed);
        }
    };
    meanwhile.answers = play.log.answers();
    let (observed, house) = before.after(stage, &secrets, meanwhile).await?;
    Ok((observed, opened, house))
}

/// Gives the callers credits, and returns the secrets of their keys.
async fn endow(stage: &Stage, mix: &Mix) -> Result<Secrets> {
    let mut secrets = Secrets::new();
    for key in mix.keys() {
        if !POOR.contains(&&*key) {
            stage.demo.top_up(&key, CREDITS).await?;
        }
        let secret = stage.demo.key(&key)?.to_owned();
        secrets.insert(key, secret);
    }
    Ok(secrets)
}

/// How the load went: each latency is counted from the instant at which its call was due.
fn pace(observed: &Observed, opened: &Opened, tally: &Shared) -> String {
    let tally = tally.lock();
    let [p50, p99, most] = [50.0, 99.0, 100.0].map(|percent| tally.percentile(percent));
    let (calls, kills) = (observed.answers.len(), observed.kills);
    let mut text = format!(
        "{calls} calls in {:.1?}; complete ones from due to done: p50 {p50:.1?}, p99 {p99:.1?}, \
         most {most:.1?}; the schedule itself was {:.1?} late at p99",
        opened.took, opened.late
    );
    if kills.count > 0 {
        let killed = format!("; {} kills with {} requests in flight", kills.count, kills.in_flight);
        text.push_str(&killed);
    }
    text + "\n"
}
