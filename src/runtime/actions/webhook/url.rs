//! The address of a webhook: parsed, and shown without its secrets.

use std::fmt;

use ureq::http::Uri;

use super::redaction::{MASK, Redactor};
use crate::core::actions::address::slip;
use crate::core::text::actions::webhook as text;

/// A web address that a message can be sent to.
///
/// Shown as `https://hooks.example.com/…`: of many services the path is the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Uri);

impl Address {
    /// Parses an address of the settings, its variables expanded. An error does not repeat it.
    pub fn parse(given: &str) -> Result<Address, String> {
        if let Some(slip) = slip(given) {
            return Err(slip);
        }
        let uri: Uri = given.trim().parse().map_err(|_| text::NOT_AN_ADDRESS)?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(text::HAS_USER.into());
        }
        let has_host = uri.host().is_some_and(|host| !host.is_empty());
        if !has_host || !matches!(uri.scheme_str(), Some("http" | "https")) || port(&uri).is_none() {
            return Err(text::NOT_AN_ADDRESS.into());
        }
        Ok(Address(uri))
    }

    /// The whole address, secrets included.
    pub fn uri(&self) -> &Uri {
        &self.0
    }

    /// The host's name or IP address.
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }

    /// Whether messages to it can be read on the way: `http`.
    pub fn is_plain(&self) -> bool {
        self.0.scheme_str() == Some("http")
    }

    /// Adds the path and the query, which are secret, to `secrets`.
    pub fn add_secrets(&self, secrets: &mut Redactor) {
        secrets.add(self.0.path_and_query().map_or("", |path| path.as_str()));
    }

    /// The same with `path` appended to its own, unless its own ends with it.
    pub fn with_path(self, path: &str) -> Address {
        let own = self.0.path().trim_end_matches('/');
        if path.is_empty() || own.ends_with(path) {
            return self;
        }
        let query = self.0.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{own}{path}{query}", self.origin()).parse().map_or(self, Address)
    }

    /// The target of a redirect to `location` as it may be shown: without the user, the query and the fragment, which may be
    /// secret. A location that is relative to this address's path is left open.
    pub fn redirect_target(&self, location: &str) -> String {
        let location = location.split(['?', '#']).next().unwrap_or_default();
        let target = match location.split_once("//") {
            Some(("", rest)) => format!("{}://{rest}", self.0.scheme_str().unwrap_or_default()),
            Some(_) => location.to_owned(),
            None if location.starts_with('/') => format!("{}{location}", self.origin()),
            None => format!("{}/{MASK}", self.origin()),
        };
        let Some((scheme, rest)) = target.split_once("//") else { return target };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = authority.rsplit('@').next().unwrap_or_default();
        format!("{scheme}//{host}{path}")
    }

    /// Scheme, host and port as they were given.
    fn origin(&self) -> String {
        let authority = self.0.authority().map_or("", |authority| authority.as_str());
        format!("{}://{authority}", self.0.scheme_str().unwrap_or_default())
    }
}

/// The port, given or the scheme's own; `None` for a number that no port has.
fn port(uri: &Uri) -> Option<u16> {
    let authority = uri.authority()?;
    let given = authority.as_str().rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    match (given, uri.scheme_str()) {
        (true, _) => authority.port_u16().filter(|port| *port != 0),
        (false, Some("http")) => Some(80),
        (false, _) => Some(443),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{MASK}", self.origin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn only_web_addresses_are_addresses() {
        for text in ["https://h", "http://h:8080/p?q", "https://[::1]:9/x", " https://h/ ", "HTTPS://h", "https://h/é"]
        {
            assert!(Address::parse(text).is_ok(), "{text}");
        }
        for text in ["", "h", "h:80", "/p", "ftp://h/", "https://", "https:///p"] {
            assert!(Address::parse(text).unwrap_err().contains("is not a web address"), "{text}");
        }
        for text in ["https://h:x/", "https://h/a b", "https://h/a\nb", "https://h:99999/", "https://münchen.example/"]
        {
            assert_eq!(Address::parse(text).err(), slip(text), "{text}");
        }
        assert!(Address::parse("https://me:pass@h/").unwrap_err().contains("'Authorization'"));
    }

    #[test]
    fn an_address_is_shown_without_its_path() {
        assert_eq!(
            address("https://hooks.example.com:444/s/T0/B0?sig=x").to_string(),
            "https://hooks.example.com:444/…"
        );
        assert_eq!(address("http://[::1]").to_string(), "http://[::1]/…");
    }

    #[test]
    fn a_path_is_joined_once() {
        let path = "/api/v2/alerts";
        for (text, joined) in [
            ("http://h:9093", "http://h:9093/api/v2/alerts"),
            ("http://h/", "http://h/api/v2/alerts"),
            ("http://h/am//", "http://h/am/api/v2/alerts"),
            ("http://h/api/v2/alerts", "http://h/api/v2/alerts"),
            ("http://h/am/api/v2/alerts/", "http://h/am/api/v2/alerts/"),
            ("http://h/am?tenant=a", "http://h/am/api/v2/alerts?tenant=a"),
        ] {
            assert_eq!(address(text).with_path(path), address(joined));
        }
        assert_eq!(address("http://h/x/").with_path(""), address("http://h/x/"));
    }

    #[test]
    fn a_redirect_target_is_shown_without_user_and_query() {
        for (location, target) in [
            ("https://other.example.com:444/x/y?key=s3cret#z", "https://other.example.com:444/x/y"),
            ("https://me:s3cret@other.example.com/x", "https://other.example.com/x"),
            ("https://s3cret@other.example.com?s3cret", "https://other.example.com"),
            ("//me:s3cret@other.example.com/x", "https://other.example.com/x"),
            ("/x@y?s3cret", "https://h:8/x@y"),
            ("?s3cret", "https://h:8/…"),
            ("../x#s3cret", "https://h:8/…"),
        ] {
            assert_eq!(address("https://h:8/a/b").redirect_target(location), target, "{location}");
        }
    }
}
