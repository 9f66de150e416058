//! Failures of deliveries: the same sentence each time, and whether another attempt may succeed.

use std::io;
use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use ureq::Timeout;

use super::first_bytes::FirstBytes;
use super::redaction::Redactor;
use super::resolver::NotPrivate;
use super::tls;
use super::url::Address;
use crate::core::actions::reply::ReportedFailure;
use crate::core::duration::humanize;
use crate::core::text::actions::webhook as text;
use crate::core::text::figures::truncate_chars;
use crate::runtime::actions::exchange::{Failure, permanent, transient};

/// The longest pause that a server may ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);
/// The longest reason of a receiver that is shown.
const MAX_REASON_CHARS: usize = 120;
/// The longest target of a redirect that is shown.
const MAX_TARGET_CHARS: usize = 300;

/// The facts of an attempt that its failures name.
pub struct Attempt<'a> {
    pub host: &'a str,
    pub is_plain: bool,
    /// As `host:port`.
    pub proxy: Option<String>,
    pub connect_timeout: Duration,
    /// The time limit of the whole attempt.
    pub timeout: Duration,
    /// Redacts texts that come from others.
    pub secrets: &'a Redactor,
    pub first_bytes: FirstBytes,
}

/// The failure that the receiver reported in a reply of success.
pub fn reported(host: &str, failure: &ReportedFailure, secrets: &Redactor) -> Failure {
    let reason = truncate_chars(&secrets.redact(&failure.reason), MAX_REASON_CHARS);
    Failure { is_retryable: failure.is_passing, ..permanent(text::refused(host, &reason)) }
}

/// Whether a response to a plain request says that the port is one for https, in the words of nginx, Apache, Go, or Tomcat.
pub fn asks_for_tls(status: u16, response: &str) -> bool {
    let words = [
        "plain HTTP request was sent to HTTPS",
        "plain HTTP to an SSL",
        "HTTP request to an HTTPS server",
        "combination of host and port requires TLS",
    ];
    status == 400 && words.iter().any(|words| response.contains(words))
}

impl Attempt<'_> {
    /// The outcome of an attempt without a response that could be read. Where its head was too long for the client, or is
    /// not as it must be after the first line, the status is known all the same, and decides.
    pub fn without_response(&self, error: &ureq::Error, now: Timestamp) -> Result<(), Failure> {
        match self.status_of(error) {
            Some(status) => self.responded(status, None, now),
            None => Err(self.failed(error)),
        }
    }

    /// The status of a response whose head could not be read; `None` where there was none.
    pub fn status_of(&self, error: &ureq::Error) -> Option<u16> {
        let is_of_head = matches!(error, ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..));
        self.first_bytes.status().filter(|_| is_of_head)
    }

    /// The failure of a plain request to a port for https.
    pub fn wants_tls(&self) -> Failure {
        permanent(text::wants_tls(self.host))
    }

    /// The failure of an attempt without a response.
    pub fn failed(&self, error: &ureq::Error) -> Failure {
        let (host, reason) = (self.host, self.secrets.redact(&error.to_string()));
        let server = text::server(host, self.proxy.as_deref());
        if let Some(problem) = tls::certificate_error(error) {
            // It may pass: a network that wants its visitors to log in first shows such a certificate.
            return transient(text::untrusted(host, problem));
        }
        match error {
            _ if self.first_bytes.is_tls_alert() => self.wants_tls(),
            _ if tls::is_of_tls(error) => {
                transient(text::no_secure_connection(host, tls::problem(error).unwrap_or(reason)))
            }
            // A server without TLS may wait for the end of a line that the handshake does not have.
            ureq::Error::Timeout(Timeout::Connect) if !self.is_plain => {
                transient(text::no_secure_connection_within(&server, humanize(self.connect_timeout)))
            }
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                transient(text::no_connection_within(&server, humanize(self.connect_timeout)))
            }
            ureq::Error::Timeout(_) => transient(text::timed_out(host, humanize(self.timeout))),
            ureq::Error::Io(error) if is_end(error) && self.is_plain => transient(text::closed_plain(&server)),
            ureq::Error::Io(error) if is_end(error) => transient(text::closed(&server)),
            ureq::Error::Io(error) => transient(text::no_connection(&server, self.secrets.redact(&error.to_string()))),
            ureq::Error::HostNotFound => transient(text::no_connection(&server, text::UNKNOWN_NAME)),
            ureq::Error::ConnectProxyFailed(_) => transient(text::no_connection(&server, reason)),
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => transient(text::not_http(host, &reason)),
            ureq::Error::Other(other) if other.is::<NotPrivate>() => permanent(format!("'{host}' {other}")),
            _ => permanent(text::not_sent(host, &reason)),
        }
    }

    /// The failure of a response that redirects from `address` to `location`.
    pub fn redirected(&self, address: &Address, location: &str) -> Failure {
        let target = self.secrets.redact(&address.redirect_target(location));
        let target = truncate_chars(&target, MAX_TARGET_CHARS);
        permanent(text::redirected(self.host, &target))
    }

    /// The outcome of a response with this status and this value of `Retry-After`, received at `now`.
    pub fn responded(&self, status: u16, retry_after: Option<&str>, now: Timestamp) -> Result<(), Failure> {
        if (200..300).contains(&status) {
            return Ok(());
        }
        let is_retryable = matches!(status, 408 | 425 | 429 | 500..);
        let retry_after = retry_after.filter(|_| is_retryable).and_then(|value| parse_retry_after(value, now));
        Err(Failure { text: text::status(self.host, status), is_retryable, retry_after })
    }
}

/// The time in a header such as `Date`; `None` where it is none.
pub fn parse_date(date: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(date.trim()).ok()
}

/// Source: RFC 9110, 10.2.3: whole seconds, or a date.
fn parse_retry_after(retry_after: &str, now: Timestamp) -> Option<Duration> {
    let value = retry_after.trim();
    // Some servers send fractions.
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let wait =
        match value.parse().ok().filter(|_| is_number).map(|seconds: f64| seconds.min(MAX_RETRY_AFTER.as_secs_f64())) {
            Some(seconds) => Duration::try_from_secs_f64(seconds).ok()?,
            None => {
                let until = parse_date(value)?;
                Duration::try_from(until.duration_since(now)).ok()?
            }
        };
    Some(wait.min(MAX_RETRY_AFTER))
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
        let (connect_timeout, timeout) = (Duration::from_secs(5), Duration::from_secs(10));
        let first_bytes = FirstBytes::default();
        Attempt {
            host: "hooks.example.com",
            is_plain: false,
            proxy: None,
            connect_timeout,
            timeout,
            secrets: &NO_SECRETS,
            first_bytes,
        }
    }

    fn now() -> Timestamp {
        "2026-11-22T13:03:07Z".parse().unwrap()
    }

    #[test]
    fn a_status_decides_whether_another_attempt_is_made() {
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
    fn a_server_may_ask_for_a_pause() {
        let wait = |value| attempt().responded(429, Some(value), now()).unwrap_err().retry_after;
        for (value, seconds) in [
            ("120", Some(120)),
            ("2.0", Some(2)),
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
        assert_eq!(wait("1.337"), Some(Duration::from_millis(1337)));
        assert_eq!((wait("."), wait("1.2.3"), wait("inf"), wait("1e3")), (None, None, None, None));
        assert_eq!(attempt().responded(404, Some("120"), now()).unwrap_err().retry_after, None);
    }

    #[test]
    fn texts_from_others_are_shown_without_secrets() {
        let mut secrets = Redactor::default();
        secrets.add("s3cret");
        let attempt = Attempt { secrets: &secrets, ..attempt() };
        let address = Address::parse("https://h").unwrap();
        for failure in [
            attempt.failed(&ureq::Error::Io(io::Error::other("no s3cret"))),
            attempt.failed(&ureq::Error::BadUri("s3cret".into())),
            attempt.redirected(&address, "https://s3cret.example.com"),
            attempt.redirected(&address, "https://h/x/s3cret?s3cret"),
        ] {
            assert!(!failure.text.contains("s3cret") && failure.text.contains('…'), "{failure:?}");
        }
    }

    #[test]
    fn each_failure_has_one_sentence() {
        let failure = |error: ureq::Error| attempt().failed(&error);
        let io = |kind| ureq::Error::Io(io::Error::from(kind));
        for (error, text) in [
            (ureq::Error::Timeout(Timeout::Resolve), "no connection to 'hooks.example.com' within 5 s"),
            (
                ureq::Error::Timeout(Timeout::Connect),
                "no connection to 'hooks.example.com' within 5 s (if its port is one for http, write http://)",
            ),
            (ureq::Error::Timeout(Timeout::Global), "'hooks.example.com' has not answered within 10 s"),
            (ureq::Error::HostNotFound, "no connection to 'hooks.example.com': the name is not known"),
            (io(io::ErrorKind::UnexpectedEof), "'hooks.example.com' has closed the connection"),
            (io(io::ErrorKind::ConnectionRefused), "no connection to 'hooks.example.com': connection refused"),
        ] {
            assert_eq!(failure(error), Failure { text: text.into(), is_retryable: true, retry_after: None });
        }
        let public = failure(ureq::Error::Other(Box::new(NotPrivate)));
        assert!(
            !public.is_retryable && public.text.starts_with("'hooks.example.com' is not this machine"),
            "{public:?}"
        );
        assert!(!failure(ureq::Error::TooManyRedirects).is_retryable);
        let by_proxy = Attempt { proxy: Some("p:3128".into()), ..attempt() };
        let text = by_proxy.failed(&ureq::Error::ConnectProxyFailed("proxy server responded 407/407".into())).text;
        assert_eq!(
            text,
            "no connection to 'hooks.example.com' through the proxy 'p:3128': CONNECT proxy failed: \
             proxy server responded 407/407"
        );
    }
}
