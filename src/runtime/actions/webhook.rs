//! One attempt to deliver a message to a web address.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use ureq::http::{Response, header};
use ureq::tls::TlsConfig;
use ureq::unversioned::transport::{Connector, DefaultConnector};
use ureq::{Agent, Body, Proxy};

use super::exchange::{Exchange, Failure, MAX_RESPONSE_BYTES, permanent};
use crate::core::actions::payload::Message;
use crate::core::actions::reply;
use crate::core::actions::substitution::VariableLookup;
use crate::core::settings::action::{Action, ActionKind};
use crate::core::text::actions::webhook as text;
use crate::core::text::figures::truncate_bytes;
use crate::runtime::clock;

mod errors;
mod first_bytes;
pub mod page;
mod proxy;
mod redaction;
mod request;
mod resolver;
mod tls;
mod url;

use errors::Attempt;
use first_bytes::FirstBytes;
use redaction::Redactor;
use request::{Request, USER_AGENT};
use resolver::PrivateResolver;
use url::Address;

/// The time limit of a connection, unless that of the whole attempt is shorter.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends `message` to the address of `action`, which is a webhook, and waits for the response, for at most its timeout.
pub fn send(action: &Action, message: &Message) -> Exchange {
    send_from(action, message, &|name| std::env::var(name).ok())
}

/// The same with the variables of `environment`: those of the settings, of proxies, and `SSL_CERT_FILE`.
pub fn send_from(action: &Action, message: &Message, environment: &VariableLookup) -> Exchange {
    let ActionKind::Webhook { url, headers, preset } = &action.kind else {
        return permanent(text::NOT_A_WEBHOOK).unsent();
    };
    let request = match Request::new(url, headers, message, environment) {
        Ok(request) => request,
        Err(problem) => return permanent(problem).unsent(),
    };
    let answer = match Client::of(&request.address, action.timeout, environment) {
        Ok(client) => client.deliver(&request, message.body.as_bytes()),
        Err(problem) => Answer::none(permanent(problem)),
    };
    let outcome = answer.outcome.and_then(|()| {
        // As it came: a key of it may be a word of the address, too.
        let reported = reply::failure(*preset, &answer.body);
        let failed = |failure| Err(errors::reported(request.address.host(), &failure, &request.secrets));
        reported.map_or(Ok(()), failed)
    });
    Exchange { sent: request.shown, response: answer.text, outcome }
}

/// The answer to a request, or its absence.
pub struct Answer {
    /// `None` where none came.
    pub status: Option<u16>,
    /// The server's time.
    pub date: Option<Timestamp>,
    /// The status and the body, as they may be shown; empty where none came.
    pub text: String,
    /// Whether it is a page for people, which is not empty.
    pub is_page: bool,
    /// The body as it came, with whatever secrets it repeats.
    body: String,
    pub outcome: Result<(), Failure>,
}

impl Answer {
    /// No answer, for this reason.
    pub fn none(failure: Failure) -> Answer {
        Answer::without_response(Err(failure))
    }

    fn without_response(outcome: Result<(), Failure>) -> Answer {
        Answer { status: None, date: None, text: String::new(), is_page: false, body: String::new(), outcome }
    }
}

/// Sends bodies of bytes to the address of one webhook, again and again, by one client: loading the certificates costs more than
/// a request.
pub struct BytesSender {
    action: Arc<Action>,
    /// `None` before the first request, and after one that failed: certificates and proxies may have changed.
    client: Option<Client>,
}

impl BytesSender {
    /// A sender to the address of `action`.
    pub fn new(action: Arc<Action>) -> BytesSender {
        BytesSender { action, client: None }
    }

    /// Makes one attempt to send `body`, with the headers of `message` in place of its body. Returns the request as it may be
    /// shown, without a body, and the answer.
    pub fn send(&mut self, message: &Message, body: &[u8]) -> (String, Answer) {
        let environment = |name: &str| std::env::var(name).ok();
        let ActionKind::Webhook { url, headers, .. } = &self.action.kind else {
            return (String::new(), Answer::none(permanent(text::NOT_A_WEBHOOK)));
        };
        let request = match Request::new(url, headers, message, &environment) {
            Ok(request) => request,
            Err(problem) => return (String::new(), Answer::none(permanent(problem))),
        };
        let client = self.client.take();
        match client.map_or_else(|| Client::of(&request.address, self.action.timeout, &environment), Ok) {
            Ok(client) => {
                let answer = client.deliver(&request, body);
                self.client = answer.outcome.is_ok().then_some(client);
                (request.shown, answer)
            }
            Err(problem) => (request.shown, Answer::none(permanent(problem))),
        }
    }
}

/// A client for one server. It keeps no connection between two requests: they are rare.
struct Client {
    agent: Agent,
    first_bytes: FirstBytes,
    proxy: Option<Proxy>,
    connect_timeout: Duration,
    timeout: Duration,
}

impl Client {
    /// A client whose requests to `address` take at most `timeout` each.
    fn of(address: &Address, timeout: Duration, environment: &VariableLookup) -> Result<Client, String> {
        let (is_plain, connect_timeout) = (address.is_plain(), CONNECT_TIMEOUT.min(timeout));
        let (proxy, tls) = match is_plain {
            true => (None, None),
            false => (proxy::for_host(address.host(), environment)?, Some(tls::config(environment)?)),
        };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .user_agent(USER_AGENT)
            .proxy(proxy.clone())
            .timeout_global(Some(timeout))
            .timeout_resolve(Some(connect_timeout))
            .timeout_connect(Some(connect_timeout))
            .tls_config(tls.unwrap_or_else(|| TlsConfig::builder().build()))
            .build();
        let first_bytes = FirstBytes::default();
        let connector = DefaultConnector::default().chain(first_bytes.clone());
        let agent = Agent::with_parts(config, connector, PrivateResolver::new(is_plain));
        Ok(Client { agent, first_bytes, proxy, connect_timeout, timeout })
    }

    fn attempt<'a>(&self, address: &'a Address, secrets: &'a Redactor) -> Attempt<'a> {
        self.first_bytes.clear();
        Attempt {
            host: address.host(),
            is_plain: address.is_plain(),
            proxy: self.proxy.as_ref().map(|proxy| format!("{}:{}", proxy.host(), proxy.port())),
            connect_timeout: self.connect_timeout,
            timeout: self.timeout,
            secrets,
            first_bytes: self.first_bytes.clone(),
        }
    }

    /// Makes one attempt.
    ///
    /// A redirect is a failure: most ask for a GET, which would not deliver the message, and one that is followed each time
    /// hides a wrong address.
    fn deliver(&self, request: &Request, body: &[u8]) -> Answer {
        let address = &request.address;
        let attempt = self.attempt(address, &request.secrets);
        let received = match self.post(request, body) {
            Ok(received) => received,
            Err(error) => {
                let outcome = attempt.without_response(&error, clock::now().wall.timestamp());
                return Answer::without_response(outcome);
            }
        };
        let (status, headers) = (received.status(), received.headers().clone());
        let (text, body) = read(received, request);
        let now = clock::now().wall.timestamp();
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let outcome = match header(header::LOCATION).filter(|_| status.is_redirection()) {
            Some(location) => Err(attempt.redirected(address, location)),
            None if address.is_plain() && errors::asks_for_tls(status.as_u16(), &body) => Err(attempt.wants_tls()),
            None => attempt.responded(status.as_u16(), header(header::RETRY_AFTER), now),
        };
        let date = header(header::DATE).and_then(errors::parse_date);
        let is_html = header(header::CONTENT_TYPE).is_some_and(|media| media.trim_start().starts_with("text/html"));
        let is_page = is_html && !body.is_empty();
        Answer { status: Some(status.as_u16()), date, is_page, text, body, outcome }
    }

    fn post(&self, request: &Request, body: &[u8]) -> Result<Response<Body>, ureq::Error> {
        let mut post = ureq::http::Request::post(request.address.uri()).body(body)?;
        *post.headers_mut() = request.headers.clone();
        self.agent.run(post)
    }
}

/// The status and as much of the body as comes in time and is not too long, as it may be shown; and that body as it came. The
/// status alone decides.
fn read(response: Response<Body>, request: &Request) -> (String, String) {
    let status = response.status().to_string();
    let (mut bytes, mut reader) = (Vec::new(), response.into_body().into_reader().take(MAX_RESPONSE_BYTES as u64));
    // The bytes before an error are in `bytes`.
    let is_whole = reader.read_to_end(&mut bytes).is_ok() && reader.limit() > 0;
    let body = String::from_utf8_lossy(&bytes).into_owned();
    let mut text = if is_whole { request.secrets.redact(&body) } else { request.secrets.redact_truncated(&body) };
    // Bytes that were no text have become longer.
    truncate_bytes(&mut text, MAX_RESPONSE_BYTES);
    (if text.is_empty() { status } else { format!("{status}\n\n{text}") }, body)
}
