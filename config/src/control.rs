//! How gateways that share a store reach each other, to be told of an admin's change at once.

use http::uri::Authority;

use crate::listen::Listen;
use crate::place::Place;
use crate::problem::Report;
use crate::raw::{self, Field, Text};
use crate::secret::{self, Secret};
use crate::store::StoreAddress;

/// How other gateways reach this one.
#[derive(Clone, Debug)]
pub struct Control {
    /// What they show each other: at least 16 visible ASCII characters, the same for all that share
    /// a store.
    pub token: Secret,
    /// The host and port by which they reach this one. Default: the operations listener's address.
    pub advertise: Option<String>,
}

/// As long as an admin token: it opens less, to as many.
const TOKEN_BYTES_MIN: usize = 16;

impl Control {
    pub(crate) fn are_the_same(one: Option<&Self>, other: Option<&Self>) -> bool {
        let exposed =
            |control: &Self| (control.token.expose().to_owned(), control.advertise.clone());
        one.map(exposed) == other.map(exposed)
    }
}

pub(crate) fn check(
    file: &raw::File,
    store: Option<&StoreAddress>,
    listen: Option<Listen>,
    report: &mut Report<'_>,
) -> Option<Option<Control>> {
    let place = Place::root().key("control");
    let raw = match &file.control {
        Field::Given(raw) => raw,
        Field::Broken => return None,
        Field::Absent if matches!(store, Some(StoreAddress::Postgres(_))) => {
            report.add(&place, "is missing: gateways that share a store reach each other by it");
            return None;
        }
        Field::Absent => return Some(None),
    };
    let token = raw
        .token
        .given()
        .and_then(|token| secret::check_token(token, TOKEN_BYTES_MIN, &place.key("token"), report));
    let advertise = check_advertise(&raw.advertise, listen, &place.key("advertise"), report);
    Some(Some(Control { token: token?, advertise: advertise? }))
}

fn check_advertise(
    field: &Field<Text>,
    listen: Option<Listen>,
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Option<String>> {
    let Text(text) = match field {
        Field::Given(text) => text,
        Field::Broken => return None,
        Field::Absent if listen.is_some_and(|listen| listen.operations.ip().is_unspecified()) => {
            report.add(
                place,
                "is missing: listen.operations is every address of this machine, and others need \
                 one of them",
            );
            return None;
        }
        Field::Absent => return Some(None),
    };
    let message = match reachable(text) {
        Some(true) => return Some(Some(text.clone())),
        Some(false) => "is no address that others can reach: give one of this machine's",
        None => "must be a host and a port, such as 10.0.0.5:9464 or gateway-1.internal:9464",
    };
    report.add(place, message);
    None
}

/// Whether a text is a host that is somewhere; none if it is not a host and a port.
fn reachable(text: &str) -> Option<bool> {
    let authority: Authority = text.parse().ok().filter(|_| !text.contains('@'))?;
    authority.port_u16().filter(|port| *port != 0)?;
    let host = authority.host();
    let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    (!host.is_empty()).then(|| !ip.is_ok_and(|ip| ip.is_unspecified()))
}
