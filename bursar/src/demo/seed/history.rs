//! What the organisation asked for in the last thirty days: who, when, of which model.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use ledger::{Instant, KeyId, MemberId, Period, Surface, Tool, Unit, Usage};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::ids::Ids;
use super::keys::KEYS;
use super::{SEED, Times};

/// What is asked for.
#[derive(Clone, Copy)]
enum Job {
    Chat,
    Message,
    Image,
    Embedding,
    Flat,
}

/// How somebody works: calls on a weekday, and what they are for, the frequent repeated.
struct Habit {
    key: &'static str,
    calls: u32,
    jobs: &'static [Job],
    works_at_weekends: bool,
}

const fn habit(key: &'static str, calls: u32, jobs: &'static [Job]) -> Habit {
    Habit { key, calls, jobs, works_at_weekends: false }
}

const HABITS: [Habit; 6] = [
    habit("plain", 8, &[Job::Chat, Job::Chat, Job::Chat, Job::Message]),
    habit("samuel", 9, &[Job::Image, Job::Chat, Job::Message]),
    habit("ines", 10, &[Job::Message, Job::Message, Job::Chat]),
    habit("mira", 5, &[Job::Image, Job::Chat, Job::Chat]),
    habit("theo", 5, &[Job::Chat, Job::Message, Job::Flat, Job::Image]),
    Habit {
        works_at_weekends: true,
        ..habit("service", 10, &[Job::Embedding, Job::Embedding, Job::Image])
    },
];

/// The flat calls that use up the limit of the key `capped`.
pub(super) const CAPPED_CALLS: u64 = 5;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Served,
    /// The client hung up in the stream.
    HungUp,
    /// The provider answered an error.
    Failed,
}

/// A request of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) key: KeyId,
    pub(super) member: MemberId,
    pub(super) surface: Surface,
    pub(super) admitted: Instant,
    pub(super) ended: Instant,
    pub(super) provider: &'static str,
    pub(super) model: &'static str,
    pub(super) tool: Tool,
    /// The most that it could have consumed.
    pub(super) most: Usage,
    pub(super) usage: Usage,
    pub(super) outputs: u64,
    pub(super) fate: Fate,
    pub(super) body_hash: [u8; 32],
}

/// Every request, in the order they were admitted, and all of them over by now.
///
/// # Errors
/// Time is at its end.
pub(super) fn requests(ids: &Ids, when: &Times) -> anyhow::Result<Vec<Request>> {
    let mut rng = StdRng::seed_from_u64(SEED);
    let mut requests = Vec::new();
    let mut day = when.calendar.span(Period::Day, when.start)?;
    while day.0 <= when.now {
        let weekend = is_weekend(day.0)?;
        for habit in &HABITS {
            let busy = !weekend || habit.works_at_weekends;
            // Now and then somebody has a deadline.
            let usual = if busy { habit.calls } else { u32::from(rng.random_ratio(1, 4)) * 2 };
            let calls = usual + rng.random_range(0..=usual / 3);
            for _ in 0..calls {
                let job = *habit.jobs.choose(&mut rng).unwrap_or(&Job::Chat);
                let admitted = moment(day, &mut rng);
                requests.push(request(ids, habit.key, job, admitted, &mut rng));
            }
        }
        day = when.calendar.span(Period::Day, day.1)?;
    }
    for days_ago in 3..3 + i64::try_from(CAPPED_CALLS)? {
        let admitted = when.days_ago(days_ago)?.plus_micros(10 * HOUR);
        let call = request(ids, "capped", Job::Flat, admitted, &mut rng);
        requests.push(Request { fate: Fate::Served, ..call });
    }
    requests.retain(|request| request.ended < when.now);
    requests.sort_by_key(|request| request.admitted);
    Ok(requests)
}

const HOUR: i64 = 3_600_000_000;

/// A moment of a working day, most likely in its middle.
fn moment((start, end): (Instant, Instant), rng: &mut StdRng) -> Instant {
    let mut hour = || rng.random_range(7 * HOUR..20 * HOUR);
    // Of a day that the clock change shortens nothing falls into the next.
    start.plus_micros(i64::midpoint(hour(), hour())).min(end.plus_micros(-1))
}

fn is_weekend(day: Instant) -> anyhow::Result<bool> {
    let noon = Timestamp::from_microsecond(day.plus_micros(12 * HOUR).micros())?;
    let weekday = noon.to_zoned(TimeZone::UTC).weekday();
    Ok(matches!(weekday, Weekday::Saturday | Weekday::Sunday))
}

fn request(ids: &Ids, key: &'static str, job: Job, admitted: Instant, rng: &mut StdRng) -> Request {
    let row = KEYS.iter().find(|row| row.name == key).expect("every habit is that of a key");
    let Work { provider, model, tool, most, usage, outputs } = job.work(rng);
    let fate = match rng.random_range(0..100) {
        // Only a stream is left half-way.
        0 if matches!(job, Job::Chat | Job::Message) => Fate::HungUp,
        1 => Fate::Failed,
        _ => Fate::Served,
    };
    Request {
        key: ids.key(key),
        member: ids.member(row.owner),
        surface: row.surface,
        admitted,
        ended: admitted.plus_micros(rng.random_range(300_000..9_000_000)),
        provider,
        model,
        tool: Tool::new(tool),
        most,
        usage,
        outputs,
        fate,
        body_hash: rng.random(),
    }
}

/// What a job comes to.
struct Work {
    provider: &'static str,
    model: &'static str,
    tool: &'static str,
    most: Usage,
    usage: Usage,
    outputs: u64,
}

impl Job {
    fn work(self, rng: &mut StdRng) -> Work {
        match self {
            Self::Chat => text("openai", rng),
            Self::Message => text("anthropic", rng),
            Self::Image => {
                let images = rng.random_range(1..=2);
                let usage = request_and(Unit::Image, images);
                Work { model: "mock-image", tool: "text-to-image", ..exact(usage, images) }
            }
            Self::Embedding => {
                let usage = request_and(Unit::InputToken, rng.random_range(500..20_000));
                let texts = rng.random_range(1..=16);
                Work { model: "mock-embedding", tool: "knowledge-base", ..exact(usage, texts) }
            }
            Self::Flat => {
                let usage = request_and(Unit::InputToken, rng.random_range(10..200));
                let usage = usage.with(Unit::OutputToken, 8);
                Work { model: "mock-flat", tool: "chatbot", ..exact(usage, 1) }
            }
        }
    }
}

/// A conversation: it may say 4,096 tokens, and rarely says so many.
fn text(provider: &'static str, rng: &mut StdRng) -> Work {
    let (input, output) = (rng.random_range(100..6_000), rng.random_range(30..1_800));
    let usage = request_and(Unit::InputToken, input).with(Unit::OutputToken, output);
    let most = usage.with(Unit::InputToken, input * 4 + 1_000).with(Unit::OutputToken, 4_096);
    Work { provider, model: "mock-chat", tool: "chatbot", most, usage, outputs: 1 }
}

/// Work whose usage is known beforehand, of OpenAI's kind.
fn exact(usage: Usage, outputs: u64) -> Work {
    Work { provider: "openai", model: "", tool: "", most: usage, usage, outputs }
}

fn request_and(unit: Unit, count: u64) -> Usage {
    Usage::default().with(Unit::Request, 1).with(unit, count)
}
