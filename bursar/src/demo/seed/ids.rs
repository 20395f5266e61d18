//! The ids of what is seeded, found by the names that the tables use for one another.

use std::collections::HashMap;

use ledger::{GroupId, Instant, KeyId, MemberId, OrgId, ProjectId};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Builder;

use super::keys::KEYS;
use super::people::{GROUPS, PEOPLE, PROJECTS};
use super::{DAY_MICROS, SEED};

/// How old the organisation is, in days.
const AGE_DAYS: i64 = 90;

/// Ids, the same for the same instant.
pub(super) struct Ids {
    draw: Draw,
    org: OrgId,
    groups: HashMap<&'static str, GroupId>,
    members: HashMap<&'static str, MemberId>,
    projects: HashMap<&'static str, ProjectId>,
    keys: HashMap<&'static str, KeyId>,
}

impl Ids {
    pub(super) fn new(now: Instant) -> Self {
        let founded = founded(now).micros().max(0) / 1_000;
        let mut draw = Draw { millis: founded.unsigned_abs(), rng: StdRng::seed_from_u64(SEED) };
        Self {
            org: OrgId::from_u128(draw.next()),
            groups: named(GROUPS.iter().map(|row| row.name), || GroupId::from_u128(draw.next())),
            members: named(PEOPLE.iter().map(|row| row.handle), || {
                MemberId::from_u128(draw.next())
            }),
            projects: named(PROJECTS.iter().map(|row| row.slug), || {
                ProjectId::from_u128(draw.next())
            }),
            keys: named(KEYS.iter().map(|row| row.name), || KeyId::from_u128(draw.next())),
            draw,
        }
    }

    pub(super) fn org(&self) -> OrgId {
        self.org
    }

    pub(super) fn group(&self, name: &str) -> GroupId {
        of(&self.groups, name)
    }

    pub(super) fn member(&self, handle: &str) -> MemberId {
        of(&self.members, handle)
    }

    pub(super) fn project(&self, slug: &str) -> ProjectId {
        of(&self.projects, slug)
    }

    pub(super) fn key(&self, name: &str) -> KeyId {
        of(&self.keys, name)
    }

    /// The bits of an id that nothing has yet.
    pub(super) fn unused(&mut self) -> u128 {
        self.draw.next()
    }
}

/// When the organisation was made.
pub(super) fn founded(now: Instant) -> Instant {
    now.plus_micros(-AGE_DAYS * DAY_MICROS)
}

/// `UUIDv7`s, each a millisecond after the one before, so that they are in order.
struct Draw {
    millis: u64,
    rng: StdRng,
}

impl Draw {
    fn next(&mut self) -> u128 {
        let mut random = [0; 10];
        self.rng.fill_bytes(&mut random);
        let id = Builder::from_unix_timestamp_millis(self.millis, &random).into_uuid();
        self.millis += 1;
        id.as_u128()
    }
}

fn named<T>(
    names: impl Iterator<Item = &'static str>,
    mut id: impl FnMut() -> T,
) -> HashMap<&'static str, T> {
    names.map(|name| (name, id())).collect()
}

fn of<T: Copy>(ids: &HashMap<&'static str, T>, name: &str) -> T {
    *ids.get(name).expect("the tables name nothing that is in none of them")
}
