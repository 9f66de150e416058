//! A repository on the web and its newest release.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::core::text::input_errors::updates as text;

/// The host that has its interface under another name.
const GITHUB: &str = "github.com";

/// The repository whose releases are looked at: `https://HOST/OWNER/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Perhaps with a port.
    host: String,
    owner: String,
    name: String,
}

impl Repository {
    /// The address that returns the newest release as JSON.
    ///
    /// Source: "Get the latest release" of GitHub's REST API; "Get the most recent non-prerelease, non-draft release" of
    /// Gitea's and Forgejo's. Both replies have `tag_name` and `html_url`.
    pub fn latest_release_url(&self) -> String {
        let Repository { host, owner, name } = self;
        let interface = if host == GITHUB { "api.github.com".into() } else { format!("{host}/api/v1") };
        format!("https://{interface}/repos/{owner}/{name}/releases/latest")
    }

    /// The newest release by a reply from [`Repository::latest_release_url`]; `None` for one that is not final.
    ///
    /// # Errors
    /// One sentence, when the reply is something else, or names a page on another host.
    pub fn release(&self, reply: &str) -> Result<Option<Release>, String> {
        let reply: ReleaseJson = serde_json::from_str(reply).map_err(|_| text::not_a_release(&self.host))?;
        let page = reply.html_url;
        let is_own = page.strip_prefix("https://").and_then(|page| page.split_once('/')).is_some_and(|(host, path)| {
            host.eq_ignore_ascii_case(&self.host) && path.bytes().all(|byte| byte.is_ascii_graphic())
        });
        if !is_own {
            return Err(text::foreign_page(&self.host));
        }
        let version = reply.tag_name.parse().ok().filter(|_| !reply.prerelease && !reply.draft);
        Ok(version.map(|version| Release { version, page }))
    }
}

impl FromStr for Repository {
    type Err = String;

    fn from_str(given: &str) -> Result<Repository, String> {
        let parts =
            given.strip_prefix("https://").map(|rest| rest.trim_end_matches('/').split('/').collect::<Vec<_>>());
        let Some(&[host, owner, name]) = parts.as_deref() else { return Err(text::NOT_A_REPOSITORY.into()) };
        let name = name.strip_suffix(".git").unwrap_or(name);
        let has_only = |part: &str, others: &[u8]| {
            part.bytes().any(|byte| byte.is_ascii_alphanumeric())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
        };
        if !has_only(host, b".-:[]") || ![owner, name].iter().all(|part| has_only(part, b".-_")) {
            return Err(text::NOT_A_REPOSITORY.into());
        }
        Ok(Repository { host: host.to_ascii_lowercase(), owner: owner.into(), name: name.into() })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}/{}/{}", self.host, self.owner, self.name)
    }
}

#[derive(Deserialize)]
struct ReleaseJson {
    tag_name: String,
    html_url: String,
    #[serde(default)]
    prerelease: bool,
    #[serde(default)]
    draft: bool,
}

/// A final release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub version: Version,
    /// Its web page, on the host of the repository.
    pub page: String,
}

/// The version of a final release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u64; 3]);

impl Version {
    /// The version of this program; `None` for one that is not final, which no release is newer than.
    pub fn of_this_program() -> Option<Version> {
        env!("CARGO_PKG_VERSION").parse().ok()
    }
}

impl FromStr for Version {
    type Err = ();

    /// Reads `v0.2.0`, `0.2.0` or `0.2`, and no pre-release such as `0.2.0-rc.1`.
    fn from_str(tag: &str) -> Result<Version, ()> {
        let mut version = [0; 3];
        let mut parts = tag.strip_prefix('v').unwrap_or(tag).split('.');
        for (number, part) in version.iter_mut().zip(&mut parts) {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(());
            }
            *number = part.parse().map_err(drop)?;
        }
        if parts.next().is_some() { Err(()) } else { Ok(Version(version)) }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(address: &str) -> Repository {
        address.parse().unwrap()
    }

    #[test]
    fn a_repository_is_asked_by_its_hosts_interface() {
        for (address, url) in [
            ("https://github.com/o/loadline", "https://api.github.com/repos/o/loadline/releases/latest"),
            ("https://GitHub.com/o/loadline.git", "https://api.github.com/repos/o/loadline/releases/latest"),
            ("https://codeberg.org/o/l/", "https://codeberg.org/api/v1/repos/o/l/releases/latest"),
            ("https://git.example.com:8443/o/l", "https://git.example.com:8443/api/v1/repos/o/l/releases/latest"),
        ] {
            assert_eq!(repository(address).latest_release_url(), url);
        }
        assert_eq!(repository("https://GitHub.com/o/l.git").to_string(), "https://github.com/o/l");
    }

    #[test]
    fn another_address_is_no_repository() {
        for address in [
            "",
            "http://github.com/o/l",
            "https://github.com",
            "https://github.com/o",
            "https://github.com/o/l/releases",
            "https://me@github.com/o/l",
            "https://github.com/../l",
            "https://github.com/o/l?x",
            "https:///o/l",
            "https://github.com/o o/l",
        ] {
            assert_eq!(address.parse::<Repository>(), Err(text::NOT_A_REPOSITORY.into()), "{address}");
        }
    }

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        let version = |tag: &str| tag.parse::<Version>();
        assert!(version("v0.10.0") > version("0.9.12") && version("1.0") > version("v0.10.0"));
        assert_eq!(version("v1.2"), version("1.2.0"));
        for tag in ["", "v", "1.2.0-rc.1", "1.2.3.4", "1..2", "+1.2", "nightly", "99999999999999999999.0"] {
            assert_eq!(version(tag), Err(()), "{tag}");
        }
        assert_eq!(version("v0.2").map(|version| version.to_string()), Ok("0.2.0".into()));
    }

    fn release(reply: &str) -> Result<Option<Release>, String> {
        repository("https://github.com/o/l").release(reply)
    }

    #[test]
    fn the_reply_names_the_release_and_its_page() {
        let page = "https://github.com/o/l/releases/tag/v0.2.0";
        let json = |more: &str| format!(r#"{{"tag_name": "v0.2.0", "html_url": "{page}", "assets": []{more}}}"#);
        let found = Release { version: Version([0, 2, 0]), page: page.into() };
        assert_eq!(release(&json("")), Ok(Some(found.clone())));
        assert_eq!(release(&json(r#", "prerelease": false, "draft": false"#)), Ok(Some(found)));
        assert_eq!(release(&json(r#", "prerelease": true"#)), Ok(None));
        assert_eq!(release(&json(r#", "draft": true"#)), Ok(None));
        assert_eq!(release(&json("").replace("v0.2.0\",", "v0.2.0-rc.1\",")), Ok(None));
    }

    #[test]
    fn a_page_elsewhere_and_other_replies_are_refused() {
        for page in [
            "http://github.com/o/l",
            "https://github.com.example.com/o",
            "https://example.com/github.com/",
            "https://github.com",
            "https://me@github.com/o",
            "https://github.com/o l",
            "file:///etc/passwd",
        ] {
            let reply = format!(r#"{{"tag_name": "v9.0.0", "html_url": "{page}"}}"#);
            assert_eq!(release(&reply), Err(text::foreign_page("github.com")), "{page}");
        }
        for reply in ["", "ok", "[]", r#"{"message": "Not Found"}"#, r#"{"tag_name": 1, "html_url": ""}"#] {
            assert_eq!(release(reply), Err(text::not_a_release("github.com")), "{reply}");
        }
    }
}
