//! Addresses that a gateway can be given before it runs, and have again after it was killed.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Result, ensure};

use super::gateway::Listeners;

/// Below what systems give to outgoing connections, which would else take a killed gateway's port.
const PORTS: std::ops::Range<u16> = 12_000..30_000;
/// How many ports are tried.
const TRIES: usize = 1_000;

/// Free addresses for so many gateways.
///
/// # Errors
/// There are not enough free ports.
pub(super) fn free(gateways: u32) -> Result<Vec<Listeners>> {
    let mut held = Vec::new();
    let mut all = Vec::new();
    for _ in 0..gateways {
        let [gateway, admin, operations] =
            [free_one(&mut held)?, free_one(&mut held)?, free_one(&mut held)?];
        all.push(Listeners { gateway, admin, operations });
    }
    Ok(all)
}

/// One that is free; it is held, so that the next is another.
fn free_one(held: &mut Vec<TcpListener>) -> Result<SocketAddr> {
    let tried = (0..TRIES).find_map(|_| {
        let port = rand::random_range(PORTS);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
        Some((listener.local_addr().ok()?, listener))
    });
    ensure!(tried.is_some(), "no free port of {TRIES} that were tried");
    let (address, listener) = tried.expect("it was looked at");
    held.push(listener);
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_listeners_are_given_the_same_port() {
        let all = free(10).unwrap();
        let mut ports: Vec<_> =
            all.iter().flat_map(|it| [it.gateway, it.admin, it.operations]).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 30);
    }
}
