//! The name resolver for unencrypted messages, which may go to private networks only. It decides on the IP addresses of a
//! name, and the connection then goes to these and no others.

use std::error::Error;
use std::fmt;

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
        let found = self.system.resolve(uri, config, timeout)?;
        if self.only_private && !found.iter().all(|address| is_private(address.ip())) {
            return Err(ureq::Error::Other(Box::new(NotPrivate)));
        }
        Ok(found)
    }
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
