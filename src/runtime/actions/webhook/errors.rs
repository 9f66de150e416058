//! Why a message could not be delivered, in words that are the same each time, and whether another attempt may do better.

use std::io;
use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use ureq::Timeout;

use super::redaction::Redactor;
use super::resolver::NotPrivate;
use super::tls;
use crate::core::duration;
use crate::runtime::actions::exchange::Failure;

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
    pub secrets: &'a Redactor,
}

/// A failure that the next attempt would meet too.
pub fn permanent(text: String) -> Failure {
    Failure { text, is_retryable: false, retry_after: None }
}

/// A failure that may be over by the next attempt.
fn transient(text: String) -> Failure {
    Failure { text, is_retryable: true, retry_after: None }
}

impl Attempt<'_> {
    /// An attempt that had no answer.
    pub fn without_response(&self, error: &ureq::Error) -> Failure {
        let (host, reason) = (self.host, self.secrets.redact(&error.to_string()));
        if let Some(problem) = tls::certificate_error(error) {
            // It may pass: a network that wants its visitors to log in first shows such a certificate.
            return transient(format!("'{host}' has no certificate that can be trusted: {problem}"));
        }
        match error {
            _ if tls::is_of_tls(error) => transient(format!("no secure connection to '{host}': {reason}")),
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                transient(format!("no connection to {} within {}", self.to(), duration::humanize(self.to_connect)))
            }
            ureq::Error::Timeout(_) => self.timed_out(),
            ureq::Error::Io(error) if is_end(error) => transient(format!("{} has closed the connection", self.to())),
            ureq::Error::Io(error) => {
                transient(format!("no connection to {}: {}", self.to(), self.secrets.redact(&error.to_string())))
            }
            ureq::Error::HostNotFound => transient(format!("no connection to {}: the name is not known", self.to())),
            ureq::Error::ConnectProxyFailed(_) => transient(format!("no connection to {}: {reason}", self.to())),
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
                transient(format!("'{host}' does not answer as a web server does: {reason}"))
            }
            ureq::Error::Other(other) if other.is::<NotPrivate>() => permanent(format!("'{host}' {other}")),
            _ => permanent(format!("the message to '{host}' cannot be sent: {reason}")),
        }
    }

    /// An answer that points to the server `elsewhere`, or to what is no address.
    pub fn redirected(&self, elsewhere: Option<&str>) -> Failure {
        permanent(match elsewhere {
            None => format!("'{}' redirects to what is not a web address", self.host),
            Some(server) => {
                let (host, server) = (self.host, self.secrets.redact(server));
                format!("'{host}' redirects to '{server}', which is not followed; give the address it points to")
            }
        })
    }

    /// An answer of this status that points to the same server, but not with the message.
    pub fn unsupported_redirect(&self, status: u16) -> Failure {
        let host = self.host;
        permanent(format!("'{host}' answered {status}, which asks for another kind of request; check the address"))
    }

    /// An attempt that took too long.
    pub fn timed_out(&self) -> Failure {
        transient(format!("'{}' has not answered within {}", self.host, duration::humanize(self.to_answer)))
    }

    /// An answer of this status, with the value of `Retry-After`, received at `now`.
    ///
    /// # Errors
    /// Any but 200 to 299.
    pub fn responded(&self, status: u16, retry_after: Option<&str>, now: Timestamp) -> Result<(), Failure> {
        if (200..300).contains(&status) {
            return Ok(());
        }
        let text = format!("'{}' answered {status}", self.host);
        let is_retryable = matches!(status, 408 | 425 | 429 | 500..);
        let wait = retry_after.filter(|_| is_retryable).and_then(|value| parse_retry_after(value, now));
        Err(Failure { text, is_retryable, retry_after: wait })
    }

    fn to(&self) -> String {
        match &self.proxy {
            None => format!("'{}'", self.host),
            Some(proxy) => format!("'{}' through the proxy '{proxy}'", self.host),
        }
    }
}

/// Source: RFC 9110, 10.2.3: seconds, or a date.
fn parse_retry_after(retry_after: &str, now: Timestamp) -> Option<Duration> {
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

    static NO_SECRETS: LazyLock<Redactor> = LazyLock::new(Redactor::default);

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
            assert_eq!(attempt().responded(status, Some("9"), now()), Ok(()));
        }
        for (status, is_retryable) in [
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
            assert_eq!(
                attempt().responded(status, None, now()),
                Err(Failure { text, is_retryable, retry_after: None })
            );
        }
    }

    #[test]
    fn a_server_may_ask_to_be_left_alone() {
        let wait = |value| attempt().responded(429, Some(value), now()).unwrap_err().retry_after;
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
        assert_eq!(attempt().responded(404, Some("120"), now()).unwrap_err().retry_after, None);
    }

    #[test]
    fn what_others_say_is_shown_without_secrets() {
        let mut secrets = Redactor::default();
        secrets.add("s3cret");
        let attempt = Attempt { secrets: &secrets, ..attempt() };
        for failure in [
            attempt.without_response(&ureq::Error::Io(io::Error::other("no s3cret"))),
            attempt.without_response(&ureq::Error::BadUri("s3cret".into())),
            attempt.redirected(Some("https://s3cret.example.com")),
        ] {
            assert!(!failure.text.contains("s3cret") && failure.text.contains('…'), "{failure:?}");
        }
    }

    #[test]
    fn what_went_wrong_is_said_in_one_way() {
        let said = |error: ureq::Error| attempt().without_response(&error);
        let io = |kind| ureq::Error::Io(io::Error::from(kind));
        for (error, text) in [
            (ureq::Error::Timeout(Timeout::Connect), "no connection to 'hooks.example.com' within 5 s"),
            (ureq::Error::Timeout(Timeout::Global), "'hooks.example.com' has not answered within 10 s"),
            (ureq::Error::HostNotFound, "no connection to 'hooks.example.com': the name is not known"),
            (io(io::ErrorKind::UnexpectedEof), "'hooks.example.com' has closed the connection"),
            (io(io::ErrorKind::ConnectionRefused), "no connection to 'hooks.example.com': connection refused"),
        ] {
            assert_eq!(said(error), Failure { text: text.into(), is_retryable: true, retry_after: None });
        }
        let public = said(ureq::Error::Other(Box::new(NotPrivate)));
        assert!(
            !public.is_retryable && public.text.starts_with("'hooks.example.com' is not this machine"),
            "{public:?}"
        );
        assert!(!said(ureq::Error::TooManyRedirects).is_retryable);
        let by_proxy = Attempt { proxy: Some("p:3128".into()), ..attempt() };
        let text =
            by_proxy.without_response(&ureq::Error::ConnectProxyFailed("proxy server responded 407/407".into())).text;
        assert_eq!(
            text,
            "no connection to 'hooks.example.com' through the proxy 'p:3128': CONNECT proxy failed: \
             proxy server responded 407/407"
        );
    }
}
