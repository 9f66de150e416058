//! The address of a webhook: where it is, how it is shown, and where it may be redirected.

use std::fmt;

use ureq::http::Uri;

use super::redaction::{MASK, Redactor};

/// A web address that a message can be sent to.
///
/// Shown as `https://hooks.example.com/…`: of many services the path is the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Uri);

impl Address {
    /// Reads an address of the settings, its variables filled in.
    ///
    /// # Errors
    /// What is wrong with it, without the address, and the way out.
    pub fn parse(text: &str) -> Result<Address, String> {
        let wrong = "the address of the webhook is not a web address; give one like 'https://hooks.example.com/path'";
        let uri: Uri = text.trim().parse().map_err(|_| wrong)?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            let problem = "the address of the webhook holds a name or password, which is not sent; \
                           give the header 'Authorization' instead";
            return Err(problem.into());
        }
        let has_host = uri.host().is_some_and(|host| !host.is_empty());
        if !has_host || !matches!(uri.scheme_str(), Some("http" | "https")) || port(&uri).is_none() {
            return Err(wrong.into());
        }
        Ok(Address(uri))
    }

    /// The address itself.
    pub fn uri(&self) -> &Uri {
        &self.0
    }

    /// The host's name or number.
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }

    /// Whether what is sent there can be read on the way: `http`.
    pub fn is_plain(&self) -> bool {
        self.0.scheme_str() == Some("http")
    }

    /// The path and what is behind it are secret.
    pub fn tell_secrets(&self, secrets: &mut Redactor) {
        secrets.add(self.0.path_and_query().map_or("", |path| path.as_str()));
    }

    /// The same with `path` behind its own, unless its own ends with it.
    pub fn with_path(self, path: &str) -> Address {
        let own = self.0.path().trim_end_matches('/');
        if path.is_empty() || own.ends_with(path) {
            return self;
        }
        let query = self.0.query().map(|query| format!("?{query}")).unwrap_or_default();
        let joined = format!("{}{own}{path}{query}", self.origin()).parse();
        joined.map_or(self, Address)
    }

    /// Where a redirect to `location` leads; `None` if that is no web address.
    pub fn redirected(&self, location: &str) -> Option<Address> {
        let location = location.split('#').next().unwrap_or_default();
        let is_absolute = location.split_once("://").is_some_and(|(scheme, _)| !scheme.contains(['/', '?']));
        let absolute = if is_absolute {
            location.to_owned()
        } else if location.starts_with("//") {
            format!("{}:{location}", self.0.scheme_str()?)
        } else if location.starts_with('/') {
            format!("{}{location}", self.origin())
        } else if location.starts_with('?') {
            format!("{}{}{location}", self.origin(), self.0.path())
        } else {
            let (folder, _) = self.0.path().rsplit_once('/')?;
            format!("{}{folder}/{location}", self.origin())
        };
        Address::parse(&absolute).ok().map(Address::without_dots)
    }

    /// The same with `.` and `..` in its path followed. Source: RFC 3986, 5.2.4.
    fn without_dots(self) -> Address {
        let mut path: Vec<&str> = Vec::new();
        for segment in self.0.path().split('/').skip(1) {
            match segment {
                "." => {}
                ".." => drop(path.pop()),
                _ => path.push(segment),
            }
        }
        let query = self.0.query().map(|query| format!("?{query}")).unwrap_or_default();
        let joined = format!("{}/{}{query}", self.origin(), path.join("/")).parse();
        joined.map_or(self, Address)
    }

    /// Whether `other` is the same server: scheme, host and port.
    pub fn is_same_server(&self, other: &Address) -> bool {
        self.0.scheme() == other.0.scheme()
            && self.host().eq_ignore_ascii_case(other.host())
            && port(&self.0) == port(&other.0)
    }

    /// The server: scheme, host and port as they were given.
    pub fn origin(&self) -> String {
        let authority = self.0.authority().map_or("", |authority| authority.as_str());
        format!("{}://{authority}", self.0.scheme_str().unwrap_or_default())
    }
}

/// The port, given or the scheme's own; `None` for one that is no number of a port.
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
        for text in ["", "h", "h:80", "/p", "ftp://h/", "https://", "https:///p", "https://h:0/", "https://h:99999/"] {
            assert!(Address::parse(text).unwrap_err().contains("is not a web address"), "{text}");
        }
        for text in ["https://h:x/", "https://h/a b", "https://h/a\nb", "https://h h/", "https://münchen.example/"] {
            assert!(Address::parse(text).unwrap_err().contains("is not a web address"), "{text}");
        }
        assert!(Address::parse("https://me:pass@h/").unwrap_err().contains("'Authorization'"));
    }

    #[test]
    fn it_is_shown_without_its_path() {
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
    fn a_redirect_is_read_as_a_browser_does() {
        let from = address("https://h:444/a/b?c=d");
        for (location, to) in [
            ("https://other/x", Some("https://other/x")),
            ("//other/x", Some("https://other/x")),
            ("/x?y#z", Some("https://h:444/x?y")),
            ("x", Some("https://h:444/a/x")),
            ("../../x/./y?z", Some("https://h:444/x/y?z")),
            ("?x=https://z", Some("https://h:444/a/b?x=https://z")),
            ("ftp://other/", None),
            ("javascript:alert(1)", Some("https://h:444/a/javascript:alert(1)")),
            ("https://", None),
        ] {
            assert_eq!(from.redirected(location), to.map(address), "{location}");
        }
    }

    #[test]
    fn a_server_is_scheme_host_and_port() {
        let here = address("https://hooks.example.com/a");
        assert!(here.is_same_server(&address("https://HOOKS.example.com:443/b")));
        for other in ["http://hooks.example.com/a", "https://hooks.example.com:444/a", "https://example.com/a"] {
            assert!(!here.is_same_server(&address(other)), "{other}");
        }
    }
}
