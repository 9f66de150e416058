//! Why a message could not be delivered, in words that are the same each time, and whether another attempt may do better.

use std::io;
use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use ureq::Timeout;

use super::redaction::Secrets;
use super::resolver::Public;
use super::tls;
use crate::core::duration;
use crate::runtime::actions::Failure;

/// The longest time that the other side may ask to be left alone.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// What the texts name, and the limits they quote.
pub struct Attempt<'a> {
    /// The host's name.
    pub host: &'a str,
    /// The proxy in between, as `host:port`.
    pub proxy: Option<String>,
    /// How long the connection may take.
    pub to_connect: Duration,
    /// How long all of it may take.
    pub to_answer: Duration,
    /// What is taken out of the words of others.
    pub secrets: &'a Secrets,
}

/// A failure that the next attempt would meet too.
pub fn lasting(text: String) -> Failure {
    Failure { text, may_pass: false, wait: None }
}

/// A failure that may be over by the next attempt.
fn passing(text: String) -> Failure {
    Failure { text, may_pass: true, wait: None }
}

impl Attempt<'_> {
    /// An attempt that had no answer.
    pub fn without_answer(&self, error: &ureq::Error) -> Failure {
        let (host, reason) = (self.host, self.secrets.mask(&error.to_string()));
        if let Some(problem) = tls::distrust(error) {
            // It may pass: a network that wants its visitors to log in first shows such a certificate.
            return passing(format!("'{host}' has no certificate that can be trusted: {problem}"));
        }
        match error {
            _ if tls::is_of_tls(error) => passing(format!("no secure connection to '{host}': {reason}")),
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                passing(format!("no connection to {} within {}", self.to(), duration::say(self.to_connect)))
            }
            ureq::Error::Timeout(_) => self.too_late(),
            ureq::Error::Io(error) if is_end(error) => passing(format!("{} has closed the connection", self.to())),
            ureq::Error::Io(error) => {
                passing(format!("no connection to {}: {}", self.to(), self.secrets.mask(&error.to_string())))
            }
            ureq::Error::HostNotFound => passing(format!("no connection to {}: the name is not known", self.to())),
            ureq::Error::ConnectProxyFailed(_) => passing(format!("no connection to {}: {reason}", self.to())),
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
                passing(format!("'{host}' does not answer as a web server does: {reason}"))
            }
            ureq::Error::Other(other) if other.is::<Public>() => lasting(format!("'{host}' {other}")),
            _ => lasting(format!("the message to '{host}' cannot be sent: {reason}")),
        }
    }

    /// An answer that points to the server `elsewhere`, or to what is no address.
    pub fn redirected(&self, elsewhere: Option<&str>) -> Failure {
        lasting(match elsewhere {
            None => format!("'{}' redirects to what is not a web address", self.host),
            Some(server) => {
                let (host, server) = (self.host, self.secrets.mask(server));
                format!("'{host}' redirects to '{server}', which is not followed; give the address it points to")
            }
        })
    }

    /// An answer of this status that points to the same server, but not with the message.
    pub fn asks_otherwise(&self, status: u16) -> Failure {
        let host = self.host;
        lasting(format!("'{host}' answered {status}, which asks for another kind of request; check the address"))
    }

    /// An attempt that took too long.
    pub fn too_late(&self) -> Failure {
        passing(format!("'{}' has not answered within {}", self.host, duration::say(self.to_answer)))
    }

    /// An answer of this status, with the value of `Retry-After`, received at `now`.
    ///
    /// # Errors
    /// Any but 200 to 299.
    pub fn answered(&self, status: u16, retry_after: Option<&str>, now: Timestamp) -> Result<(), Failure> {
        if (200..300).contains(&status) {
            return Ok(());
        }
        let text = format!("'{}' answered {status}", self.host);
        let may_pass = matches!(status, 408 | 425 | 429 | 500..);
        let wait = retry_after.filter(|_| may_pass).and_then(|value| wait(value, now));
        Err(Failure { text, may_pass, wait })
    }

    fn to(&self) -> String {
        match &self.proxy {
            None => format!("'{}'", self.host),
            Some(proxy) => format!("'{}' through the proxy '{proxy}'", self.host),
        }
    }
}

/// Source: RFC 9110, 10.2.3: seconds, or a date.
fn wait(retry_after: &str, now: Timestamp) -> Option<Duration> {
    let text = retry_after.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            Duration::try_from(until.duration_since(now)).ok()?
        }
    };
    Some(wait.min(LONGEST_WAIT))
}

fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    static NO_SECRETS: LazyLock<Secrets> = LazyLock::new(Secrets::default);

    fn attempt() -> Attempt<'static> {
        let (to_connect, to_answer) = (Duration::from_secs(5), Duration::from_secs(10));
        Attempt { host: "hooks.example.com", proxy: None, to_connect, to_answer, secrets: &NO_SECRETS }
    }

    fn now() -> Timestamp {
        "2026-11-22T13:03:07Z".parse().unwrap()
    }

    #[test]
    fn a_status_tells_whether_another_attempt_may_do_better() {
        for status in [200, 202, 204, 299] {
            assert_eq!(attempt().answered(status, Some("9"), now()), Ok(()));
        }
        for (status, may_pass) in [
            (100, false),
            (304, false),
            (400, false),
            (401, false),
            (403, false),
            (404, false),
            (408, true),
            (410, false),
            (413, false),
            (425, true),
            (429, true),
            (499, false),
            (500, true),
            (502, true),
            (503, true),
            (599, true),
        ] {
            let text = format!("'hooks.example.com' answered {status}");
            assert_eq!(attempt().answered(status, None, now()), Err(Failure { text, may_pass, wait: None }));
        }
    }

    #[test]
    fn a_server_may_ask_to_be_left_alone() {
        let wait = |value| attempt().answered(429, Some(value), now()).unwrap_err().wait;
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 22 Nov 2026 13:05:07 GMT", Some(120)),
            ("Sun, 22 Nov 2026 13:00:00 GMT", None),
            ("99999999999", Some(24 * 3600)),
            ("-5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(wait(value), seconds.map(Duration::from_secs), "{value:?}");
        }
        assert_eq!(attempt().answered(404, Some("120"), now()).unwrap_err().wait, None);
    }

    #[test]
    fn what_others_say_is_shown_without_secrets() {
        let mut secrets = Secrets::default();
        secrets.add("s3cret");
        let attempt = Attempt { secrets: &secrets, ..attempt() };
        for failure in [
            attempt.without_answer(&ureq::Error::Io(io::Error::other("no s3cret"))),
            attempt.without_answer(&ureq::Error::BadUri("s3cret".into())),
            attempt.redirected(Some("https://s3cret.example.com")),
        ] {
            assert!(!failure.text.contains("s3cret") && failure.text.contains('…'), "{failure:?}");
        }
    }

    #[test]
    fn what_went_wrong_is_said_in_one_way() {
        let said = |error: ureq::Error| attempt().without_answer(&error);
        let io = |kind| ureq::Error::Io(io::Error::from(kind));
        for (error, text) in [
            (ureq::Error::Timeout(Timeout::Connect), "no connection to 'hooks.example.com' within 5 s"),
            (ureq::Error::Timeout(Timeout::Global), "'hooks.example.com' has not answered within 10 s"),
            (ureq::Error::HostNotFound, "no connection to 'hooks.example.com': the name is not known"),
            (io(io::ErrorKind::UnexpectedEof), "'hooks.example.com' has closed the connection"),
            (io(io::ErrorKind::ConnectionRefused), "no connection to 'hooks.example.com': connection refused"),
        ] {
            assert_eq!(said(error), Failure { text: text.into(), may_pass: true, wait: None });
        }
        let public = said(ureq::Error::Other(Box::new(Public)));
        assert!(!public.may_pass && public.text.starts_with("'hooks.example.com' is not this machine"), "{public:?}");
        assert!(!said(ureq::Error::TooManyRedirects).may_pass);
        let by_proxy = Attempt { proxy: Some("p:3128".into()), ..attempt() };
        let text =
            by_proxy.without_answer(&ureq::Error::ConnectProxyFailed("proxy server responded 407/407".into())).text;
        assert_eq!(
            text,
            "no connection to 'hooks.example.com' through the proxy 'p:3128': CONNECT proxy failed: \
             proxy server responded 407/407"
        );
    }
}
