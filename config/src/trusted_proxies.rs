//! Whose word is taken for a client's address.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::place::Place;
use crate::problem::Report;
use crate::raw::{Field, Text};

/// Checks the networks of the proxies in front of the gateway.
pub(crate) fn check(
    raw: &[Field<Text>],
    place: &Place,
    report: &mut Report<'_>,
) -> Option<Vec<IpNet>> {
    let mut networks = Vec::new();
    for (index, text) in raw.iter().enumerate() {
        let Some(Text(text)) = text.given() else { continue };
        networks.extend(report.check(&place.index(index), check_network(text)));
    }
    (networks.len() == raw.len()).then_some(networks)
}

fn check_network(text: &str) -> Result<IpNet, String> {
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text.parse().map_err(|_| {
            "must be a network such as 10.0.0.0/8 or 2001:db8::/32, or one address".to_owned()
        })?,
    };
    if network.prefix_len() == 0 {
        return Err("is everybody, who could then say what address they like".to_owned());
    }
    if network.trunc() != network {
        return Err(format!("has an address within the network; write {}", network.trunc()));
    }
    match network {
        IpNet::V6(mapped) if mapped.addr().to_ipv4_mapped().is_some() => {
            Err("must be written as IPv4: addresses of this kind are read as such".to_owned())
        }
        network => Ok(network),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_or_one_address_is_trusted() {
        for (text, network) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("192.0.2.7", "192.0.2.7/32"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::1", "::1/128"),
        ] {
            assert_eq!(check_network(text), Ok(network.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn everybody_and_what_could_be_read_in_two_ways_is_not() {
        for text in
            ["0.0.0.0/0", "::/0", "10.0.0.1/8", "2001:db8::1/32", "::ffff:10.0.0.0/104", "x", ""]
        {
            assert!(check_network(text).is_err(), "{text}");
        }
    }
}
