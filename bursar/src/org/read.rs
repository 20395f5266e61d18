//! What the texts in the file of an organisation stand for.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use ledger::{Credits, GrantKind, Instant, Period, Surface, Tool};
use serde::{Deserialize, Deserializer, de::Error};
use store::Role;

pub(super) fn role<'de, D: Deserializer<'de>>(from: D) -> Result<Role, D::Error> {
    named(from, "role", Role::from_name)
}

pub(super) fn kind<'de, D: Deserializer<'de>>(from: D) -> Result<GrantKind, D::Error> {
    named(from, "kind of grant", GrantKind::from_name)
}

pub(super) fn period<'de, D: Deserializer<'de>>(from: D) -> Result<Period, D::Error> {
    named(from, "period", Period::from_name)
}

pub(super) fn amount<'de, D: Deserializer<'de>>(from: D) -> Result<Credits, D::Error> {
    named(from, "amount such as \"12.5\"", |text| text.parse().ok())
}

fn named<'de, D: Deserializer<'de>, T>(
    from: D,
    what: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    read(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no {what}")))
}

pub(super) fn surface<'de, D: Deserializer<'de>>(from: D) -> Result<Surface, D::Error> {
    named(from, "surface", Surface::from_name)
}

pub(super) fn expires<'de, D: Deserializer<'de>>(from: D) -> Result<Instant, D::Error> {
    let read = |text: &str| text.parse::<Timestamp>().ok();
    let at = named(from, "time such as \"2026-12-31T23:00:00Z\"", read)?;
    Ok(Instant::from_micros(at.as_microsecond()))
}

type Only<T, E> = Result<Option<Vec<T>>, E>;

pub(super) fn tools<'de, D: Deserializer<'de>>(from: D) -> Only<Tool, D::Error> {
    only(from, "tool", |name| (!name.is_empty()).then(|| Tool::new(name)))
}

pub(super) fn models<'de, D: Deserializer<'de>>(from: D) -> Only<String, D::Error> {
    only(from, "model, with a `*` at the end at most", |name| {
        let exact = name.strip_suffix('*').unwrap_or(name);
        (!name.is_empty() && !exact.contains('*')).then(|| name.to_owned())
    })
}

pub(super) fn ips<'de, D: Deserializer<'de>>(from: D) -> Only<IpNet, D::Error> {
    only(from, "network such as \"10.0.0.0/8\", and no address", |text| {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(address.to_canonical().into());
        }
        text.parse().ok().filter(|network: &IpNet| network.trunc() == *network)
    })
}

/// What something is restricted to. A list of nothing could be taken for one that restricts
/// nothing, so it is a mistake.
fn only<'de, D: Deserializer<'de>, T>(
    from: D,
    what: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Only<T, D::Error> {
    let Some(texts) = Option::<Vec<String>>::deserialize(from)? else { return Ok(None) };
    if texts.is_empty() {
        return Err(Error::custom("a restriction lists nothing; leave it out to restrict nothing"));
    }
    let wrong = |text| Error::custom(format!("`{text}` is no {what}"));
    texts
        .iter()
        .map(|text| read(text).ok_or_else(|| wrong(text)))
        .collect::<Result<_, _>>()
        .map(Some)
}
