//! RFC 8725 as a table: a token that is accepted, one change of it, and what is found then.

mod claims;
mod dates;
mod header;
mod keys;
mod mapping;
mod shape;

use std::collections::HashSet;

use bursar_config::Algorithm;

use super::draft::Draft;
use super::world::World;
use crate::Fault;

/// A token, by what it is, and what is found of it.
pub(super) type Row = (&'static str, String, Result<(), Fault>);

impl World {
    /// A good token of `corp`.
    pub(super) fn corp(&self) -> Draft<'_> {
        Draft::of("https://login.example.com/", &self.ed, Algorithm::EdDsa)
    }

    /// A good token of `other`.
    pub(super) fn other(&self) -> Draft<'_> {
        Draft::of("https://other.example.com/", &self.other, Algorithm::EdDsa)
    }

    /// A good token of `strict`.
    pub(super) fn strict(&self) -> Draft<'_> {
        Draft::of("strict", &self.rsa, Algorithm::Rs256)
            .header("typ", "at+jwt")
            .claim("scope", "read spend")
            .claim("org", "org_00000000000000000000000000000001")
            .claim("member", "mem_0000000000000000000000000000000a")
    }

    /// A good token of `batch`.
    pub(super) fn batch(&self) -> Draft<'_> {
        Draft::of("batch", &self.shared, Algorithm::Hs256)
    }
}

#[tokio::test]
async fn every_rule_holds_and_nothing_else_is_refused() {
    let world = World::new().await;
    let tables: [fn(&World) -> Vec<Row>; 6] =
        [shape::rows, header::rows, keys::rows, dates::rows, claims::rows, mapping::rows];
    let rows: Vec<_> = tables.iter().flat_map(|rows| rows(&world)).collect();
    let names: HashSet<_> = rows.iter().map(|(name, ..)| name).collect();
    assert!(names.len() == rows.len() && rows.len() >= 150, "{}", rows.len());
    let wrong: Vec<_> = rows
        .iter()
        .map(|(name, token, expected)| (name, world.verify(token).map(|_| ()), expected))
        .filter(|(_, found, expected)| found != *expected)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
