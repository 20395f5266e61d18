//! Where a request comes from.

use std::net::{IpAddr, Ipv6Addr};

use http::HeaderValue;
use ipnet::IpNet;
use pingora::proxy::Session;

/// The address of a client that has none.
pub(crate) const NOWHERE: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// The client's address: the peer's, or what trusted proxies say.
pub(crate) fn client_address(session: &Session, trusted: &[IpNet]) -> IpAddr {
    let peer = session.client_addr().and_then(|address| address.as_inet());
    let peer = peer.map_or(NOWHERE, |address| address.ip());
    let forwarded = session.req_header().headers.get_all("x-forwarded-for").iter();
    ::identity::address::client(peer, forwarded.map(HeaderValue::as_bytes), trusted)
}
