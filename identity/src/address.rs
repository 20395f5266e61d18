//! Where a request comes from: the peer, or what trusted proxies say of it.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// The client's address.
///
/// It is the peer's, unless that is a trusted proxy's: then it is the one that the proxy has added
/// to `X-Forwarded-For`, and so on, from the right, until an address is no trusted proxy's.
/// Whatever stands further left was written by whoever is not trusted. `forwarded` are the fields
/// of that name in their order; one that says no address ends the walk where it is. IPv4 written as
/// IPv6 is IPv4.
pub fn client<'a>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a [u8]>,
    trusted: &[IpNet],
) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut client = peer.to_canonical();
    let mut hops = forwarded.rev().flat_map(|field| field.rsplit(|byte| *byte == b','));
    while is_trusted(client) {
        match hops.next().map(address) {
            Some(Some(hop)) => client = hop,
            Some(None) | None => break,
        }
    }
    client
}

/// An address of `X-Forwarded-For`, which some proxies write with its port.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let alone = bare.parse::<IpAddr>().ok();
    let address = alone.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_of(peer: &str, forwarded: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "2001:db8::/32"].map(|network| network.parse().unwrap());
        let fields = forwarded.iter().map(|field| field.as_bytes());
        client(peer.parse().unwrap(), fields, &trusted).to_string()
    }

    #[test]
    fn the_peer_is_the_client_unless_it_is_trusted() {
        assert_eq!(client_of("192.0.2.1", &[]), "192.0.2.1");
        assert_eq!(client_of("192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(client_of("::ffff:192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
    }

    #[test]
    fn behind_trusted_proxies_the_client_is_the_rightmost_who_is_none() {
        for (peer, forwarded, client) in [
            ("10.0.0.1", &["203.0.113.9"][..], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", &["1.1.1.1", "203.0.113.9", "10.0.0.2,10.0.0.3"], "203.0.113.9"),
            ("::ffff:10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("2001:db8::1", &["2001:db9::7"], "2001:db9::7"),
            ("10.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["203.0.113.9:4711"], "203.0.113.9"),
            ("10.0.0.1", &["[2001:db9::7]:4711"], "2001:db9::7"),
            ("10.0.0.1", &["[2001:db9::7]"], "2001:db9::7"),
            ("10.0.0.1", &["\t203.0.113.9 "], "203.0.113.9"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &[], "10.0.0.1"),
        ] {
            assert_eq!(client_of(peer, forwarded), client, "{forwarded:?}");
        }
    }

    #[test]
    fn what_is_no_address_ends_the_walk_at_the_last_proxy() {
        for forwarded in [
            &["203.0.113.9, unknown"][..],
            &["203.0.113.9,"],
            &["203.0.113.9", ""],
            &["203.0.113.9, 10.0.0.256"],
            &["203.0.113.9, 0x0a000001"],
            &["203.0.113.9, 10.1"],
            &["203.0.113.9, _hidden"],
            &["203.0.113.9, [::1"],
            &["203.0.113.9, fe80::1%eth0"],
            &["203.0.113.9; 198.51.100.1"],
        ] {
            assert_eq!(client_of("10.0.0.1", forwarded), "10.0.0.1", "{forwarded:?}");
        }
        assert_eq!(client_of("10.0.0.1", &["203.0.113.9, x, 10.0.0.2"]), "10.0.0.2");
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let field: &[u8] = b"203.0.113.9, \xff";
        let peer = "10.0.0.1".parse().unwrap();
        assert_eq!(client(peer, std::iter::once(field), &trusted), peer);
    }
}
