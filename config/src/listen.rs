//! The addresses a process listens on, and which of them may be public.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::interpolate::Source;
use crate::place::Place;
use crate::problem::Report;
use crate::raw::{self, Field, Text};

/// The addresses a process listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// For the callers of providers. Default: `127.0.0.1:8080`.
    pub gateway: SocketAddr,
    /// For the admin API. Default: `127.0.0.1:8081`.
    pub admin: SocketAddr,
    /// For `/metrics`, `/livez` and `/readyz`. Default: `127.0.0.1:9464`.
    pub operations: SocketAddr,
}

impl Default for Listen {
    fn default() -> Self {
        let loopback = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        Self { gateway: loopback(8080), admin: loopback(8081), operations: loopback(9464) }
    }
}

/// The gateway listener's certificate and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayTls {
    /// The file of the certificate chain, PEM.
    pub certificate: PathBuf,
    /// The file of its private key, PEM.
    pub key: PathBuf,
}

pub(crate) fn check(raw: &raw::Listen, place: &Place, report: &mut Report<'_>) -> Option<Listen> {
    let default = Listen::default();
    let mut address = |name: &str, field: &Field<Text>, default: SocketAddr| {
        field.check_or(default, |Text(text)| {
            let wrong = |_| "must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080";
            report.check(&place.key(name), text.parse().map_err(wrong))
        })
    };
    let gateway = address("gateway", &raw.gateway, default.gateway);
    let admin = address("admin", &raw.admin, default.admin);
    let operations = address("operations", &raw.operations, default.operations);

    if raw.allow_public_admin.or(false) == Some(false) {
        report_public("admin", admin, place, report);
        report_public("operations", operations, place, report);
    }
    report_conflict(("admin", admin), ("gateway", gateway), place, report);
    report_conflict(("operations", operations), ("gateway", gateway), place, report);
    report_conflict(("operations", operations), ("admin", admin), place, report);
    Some(Listen { gateway: gateway?, admin: admin?, operations: operations? })
}

fn report_public(name: &str, address: Option<SocketAddr>, place: &Place, report: &mut Report<'_>) {
    if address.is_some_and(|address| !address.ip().to_canonical().is_loopback()) {
        let message = "must be a loopback address such as 127.0.0.1; \
                       whoever may reach it beyond this machine needs allow_public_admin: true";
        report.add(&place.key(name), message);
    }
}

fn report_conflict(
    (name, address): (&str, Option<SocketAddr>),
    (other_name, other): (&str, Option<SocketAddr>),
    place: &Place,
    report: &mut Report<'_>,
) {
    let (Some(address), Some(other)) = (address, other) else { return };
    let everywhere = address.ip().is_unspecified() || other.ip().is_unspecified();
    // Port 0 is a free port of its own each time.
    let same_port = address.port() == other.port() && address.port() != 0;
    if same_port && (everywhere || address.ip() == other.ip()) {
        let message = format!("takes port {}, which {other_name} has", address.port());
        report.add(&place.key(name), message);
    }
}

/// Checks that both files can be read: a wrong path is better found now than at the first handshake.
pub(crate) fn check_tls(
    raw: &raw::Tls,
    place: &Place,
    source: Source<'_>,
    report: &mut Report<'_>,
) -> Option<GatewayTls> {
    let mut file = |name: &str, field: &Field<Text>| {
        let Text(text) = field.given()?;
        let path = source.base_dir.join(text);
        let read = source.env.read_file(&path);
        let read = read.map_err(|e| format!("the file {} cannot be read: {e}", path.display()));
        report.check(&place.key(name), read.map(|_| path))
    };
    let (certificate, key) = (file("certificate", &raw.certificate), file("key", &raw.key));
    Some(GatewayTls { certificate: certificate?, key: key? })
}
