//! The name resolver for unencrypted messages, which may go to private networks only. It decides on the IP addresses of a
//! name, and the connection then goes to these and no others.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::core::private_network::is_private;
use crate::core::text::actions::webhook::NOT_PRIVATE;

/// Looks names up as the system does, and refuses names of public machines where only private ones are allowed.
#[derive(Debug, Default)]
pub struct PrivateResolver {
    system: DefaultResolver,
    only_private: bool,
}

impl PrivateResolver {
    /// A resolver that refuses public machines if `only_private`, for unencrypted messages.
    pub fn new(only_private: bool) -> PrivateResolver {
        PrivateResolver { system: DefaultResolver::default(), only_private }
    }
}

impl Resolver for PrivateResolver {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = match address_of(uri) {
            Some(address) => {
                let mut found = self.empty();
                found.push(address);
                found
            }
            None => self.system.resolve(uri, config, timeout)?,
        };
        if self.only_private && !found.iter().all(|address| is_private(address.ip())) {
            return Err(ureq::Error::Other(Box::new(NotPrivate)));
        }
        Ok(found)
    }
}

/// The address of a host that is given by its number: there is no name to look up, for which the client starts a thread each
/// time (ureq 3.5.1, `resolver.rs`, `resolve_async`).
fn address_of(uri: &Uri) -> Option<SocketAddr> {
    let ip: IpAddr = uri.host()?.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
    let default = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    Some(SocketAddr::new(ip, uri.port_u16().unwrap_or(default)))
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
