//! The addresses that a key may be used from.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;
use serde_json::Value;

use crate::body;

/// The value as a network, or as a single address.
///
/// Callers are known by their IPv4 address also where they come over IPv6, so that one is kept.
///
/// # Errors
/// What it should be.
pub(super) fn network(value: &Value) -> Result<IpNet, String> {
    let text = body::text(value)?;
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let wrong = "must be an address or a network: \"192.0.2.7\", \"10.0.0.0/8\", \"2001:db8::/32\"";
    let network: IpNet = text.parse().map_err(|_| wrong.to_owned())?;
    if network.trunc() != network {
        return Err(format!("has bits beyond its length; is {} meant?", network.trunc()));
    }
    match network {
        IpNet::V6(v6) if v6.prefix_len() >= 96 && is_mapped(v6.network()) => {
            Err("must be written as a network of IPv4".to_owned())
        }
        network => Ok(network),
    }
}

fn is_mapped(address: Ipv6Addr) -> bool {
    address.to_ipv4_mapped().is_some()
}
