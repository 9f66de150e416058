//! The name resolver. It decides on the IP addresses of a name, and the connection then goes to these and no others:
//! unencrypted messages may go to private networks only.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::vec::IntoIter;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::core::private_network::is_private;
use crate::core::text::actions::webhook::NOT_PRIVATE;
use crate::runtime::service::failures;

/// The most addresses of a name that are tried: as many as ureq has room for.
const MAX_ADDRESSES: usize = 16;

/// Looks names up as the system does, and refuses names of public machines where only private ones are allowed.
#[derive(Debug, Default)]
pub struct PrivateResolver {
    only_private: bool,
}

impl PrivateResolver {
    /// A resolver that refuses public machines if `only_private`, for unencrypted messages.
    pub fn new(only_private: bool) -> PrivateResolver {
        PrivateResolver { only_private }
    }
}

impl Resolver for PrivateResolver {
    fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        match address_of(uri) {
            Some(address) => found.push(address),
            None => look_up(uri, timeout)?.take(MAX_ADDRESSES).for_each(|address| found.push(address)),
        }
        if found.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        if self.only_private && !found.iter().all(|address| is_private(address.ip())) {
            return Err(ureq::Error::Other(Box::new(NotPrivate)));
        }
        Ok(found)
    }
}

/// The addresses of a name, by the system's own look-up, which knows no time-out: it has a thread of its own. ureq's own resolver
/// panics where the system has none to give (ureq 3.5.1, `resolver.rs`, `resolve_async`).
fn look_up(uri: &Uri, timeout: NextTimeout) -> Result<IntoIter<SocketAddr>, ureq::Error> {
    let host = uri.host().ok_or(ureq::Error::HostNotFound)?.to_owned();
    let port = port_of(uri);
    let (sender, receiver) = mpsc::sync_channel(1);
    // Nobody may be waiting any more.
    let look = move || drop(sender.send((host.as_str(), port).to_socket_addrs()));
    failures::spawn("look-up", look)?;
    match receiver.recv_timeout(*timeout.after) {
        Ok(found) => Ok(found?),
        Err(RecvTimeoutError::Timeout) => Err(ureq::Error::Timeout(timeout.reason)),
        Err(RecvTimeoutError::Disconnected) => Err(io::Error::from(io::ErrorKind::BrokenPipe).into()),
    }
}

fn port_of(uri: &Uri) -> u16 {
    // A proxy's address comes here, too.
    let default = match uri.scheme_str() {
        Some("https") => 443,
        Some(scheme) if scheme.starts_with("socks") => 1080,
        _ => 80,
    };
    uri.port_u16().unwrap_or(default)
}

/// The address of a host that is given by its number: there is no name to look up.
fn address_of(uri: &Uri) -> Option<SocketAddr> {
    let ip: IpAddr = uri.host()?.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
    Some(SocketAddr::new(ip, port_of(uri)))
}

/// The name has an IP address that is not in a private network.
#[derive(Debug)]
pub struct NotPrivate;

impl Error for NotPrivate {}

impl fmt::Display for NotPrivate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NOT_PRIVATE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_its_addresses_with_the_port() {
        let after = std::time::Duration::from_secs(60).into();
        let timeout = NextTimeout { after, reason: ureq::Timeout::Resolve, ..NextTimeout::default() };
        let found = |uri: &str| PrivateResolver::new(true).resolve(&uri.parse().unwrap(), &Config::default(), timeout);
        let found_here = found("http://localhost:9090/x").unwrap();
        assert!(
            found_here.iter().all(|address| address.ip().is_loopback() && address.port() == 9090),
            "{found_here:?}"
        );
        assert!(found("http://no-such-name.invalid/").is_err());
        assert!(matches!(found("http://8.8.8.8/"), Err(ureq::Error::Other(_))));
    }

    #[test]
    fn a_host_that_is_a_number_is_not_looked_up() {
        let cases = [
            ("http://127.0.0.1:9090/x", "127.0.0.1:9090"),
            ("https://192.168.0.7", "192.168.0.7:443"),
            ("http://[::1]/x", "[::1]:80"),
            ("https://[fe80::1]:8443", "[fe80::1]:8443"),
        ];
        for (uri, address) in cases {
            assert_eq!(address_of(&uri.parse().unwrap()), Some(address.parse().unwrap()), "{uri}");
        }
        for uri in ["http://localhost:9090", "https://example.org", "http://1.2.3:80", "http://127.1/"] {
            assert_eq!(address_of(&uri.parse().unwrap()), None, "{uri}");
        }
    }
}
