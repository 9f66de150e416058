//! One attempt to deliver a message to a web address.

use std::io::Read;
use std::time::Duration;

use ureq::http::{Response, header};
use ureq::tls::TlsConfig;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Proxy};

use super::exchange::{Exchange, Failure, KEPT_BYTES};
use crate::core::actions::env_vars::truncate;
use crate::core::actions::payload::Message;
use crate::core::actions::substitution::VariableLookup;
use crate::core::settings::action::{Action, ActionKind};
use crate::runtime::clock;

mod errors;
mod proxy;
mod redaction;
mod request;
mod resolver;
mod tls;
mod url;

use errors::{Attempt, permanent};
use request::{Request, USER_AGENT};
use resolver::PrivateResolver as Names;
use url::Address;

/// How long a connection may take, unless the attempt as a whole may take less.
const TO_CONNECT: Duration = Duration::from_secs(5);
/// How often the server may send us elsewhere.
const MAX_REDIRECTS: usize = 3;

/// Sends `message` to the address of `action`, which is a webhook, and waits for the answer, for at most its timeout.
pub fn send(action: &Action, message: &Message) -> Exchange {
    send_from(action, message, &|name| std::env::var(name).ok())
}

/// The same where `environment` is what the environment holds: variables of the settings, proxies, `SSL_CERT_FILE`.
pub fn send_from(action: &Action, message: &Message, environment: &VariableLookup) -> Exchange {
    let unsent = |problem| Exchange { sent: String::new(), response: String::new(), outcome: Err(permanent(problem)) };
    let ActionKind::Webhook { url, headers, .. } = &action.kind else {
        return unsent("the action is not a webhook".into());
    };
    let request = match Request::new(url, headers, message, environment) {
        Ok(request) => request,
        Err(problem) => return unsent(problem),
    };
    let mut answered = String::new();
    let outcome = deliver(&request, &message.body, action.timeout, environment, &mut answered);
    Exchange { sent: request.shown, response: answered, outcome }
}

/// Sends the message, and sends it again to where the same server points. What comes back is put into `answered`.
fn deliver(
    request: &Request,
    body: &str,
    timeout: Duration,
    environment: &VariableLookup,
    answered: &mut String,
) -> Result<(), Failure> {
    let until = clock::monotonic().saturating_add(timeout);
    let address = &request.address;
    let way = Route::to(address, timeout, environment).map_err(permanent)?;
    let attempt = Attempt {
        host: address.host(),
        proxy: way.proxy.as_ref().map(|proxy| format!("{}:{}", proxy.host(), proxy.port())),
        to_connect: way.to_connect,
        to_answer: timeout,
        secrets: &request.secrets,
    };
    let mut target = address.clone();
    for _ in 0..=MAX_REDIRECTS {
        let left = until.saturating_sub(clock::monotonic());
        if left.is_zero() {
            return Err(attempt.timed_out());
        }
        let answer = post(&way.agent(left), &target, request, body).map_err(|e| attempt.without_response(&e))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        *answered = read(answer, request);
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(location) = text(header::LOCATION).filter(|_| status.is_redirection()) else {
            let now = clock::now().wall.timestamp();
            return attempt.responded(status.as_u16(), text(header::RETRY_AFTER), now);
        };
        let next = target.redirected(location).ok_or_else(|| attempt.redirected(None))?;
        if !next.is_same_server(address) {
            return Err(attempt.redirected(Some(&next.origin())));
        }
        // Other redirects ask for a GET, which would not deliver the message.
        if !matches!(status.as_u16(), 301 | 302 | 307 | 308) {
            return Err(attempt.unsupported_redirect(status.as_u16()));
        }
        target = next;
    }
    Err(permanent(format!("'{}' redirects more than {MAX_REDIRECTS} times", attempt.host)))
}

/// How a server is reached.
struct Route {
    is_plain: bool,
    proxy: Option<Proxy>,
    tls: Option<TlsConfig>,
    to_connect: Duration,
}

impl Route {
    fn to(address: &Address, timeout: Duration, environment: &VariableLookup) -> Result<Route, String> {
        let (is_plain, to_connect) = (address.is_plain(), TO_CONNECT.min(timeout));
        if is_plain {
            return Ok(Route { is_plain, proxy: None, tls: None, to_connect });
        }
        let (proxy, tls) = (proxy::for_host(address.host(), environment)?, tls::config(environment)?);
        Ok(Route { is_plain, proxy, tls: Some(tls), to_connect })
    }

    /// A client for one request that may take as long as `left`. Attempts are rare: nothing is kept between them.
    fn agent(&self, left: Duration) -> Agent {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(USER_AGENT)
            .proxy(self.proxy.clone())
            .timeout_global(Some(left))
            .timeout_resolve(Some(self.to_connect))
            .timeout_connect(Some(self.to_connect))
            .tls_config(self.tls.clone().unwrap_or_else(|| TlsConfig::builder().build()))
            .build();
        Agent::with_parts(config, DefaultConnector::default(), Names::new(self.is_plain))
    }
}

fn post(agent: &Agent, target: &Address, request: &Request, body: &str) -> Result<Response<Body>, ureq::Error> {
    let mut post = ureq::http::Request::post(target.uri()).body(body)?;
    *post.headers_mut() = request.headers.clone();
    agent.run(post)
}

/// The status and as much of the body as comes in time and is not too long: the status alone decides.
fn read(answer: Response<Body>, request: &Request) -> String {
    let status = answer.status().to_string();
    let (mut bytes, mut body) = (Vec::new(), answer.into_body().into_reader().take(KEPT_BYTES as u64));
    // What came before an error is in `bytes`.
    let is_whole = body.read_to_end(&mut bytes).is_ok() && body.limit() > 0;
    let text = String::from_utf8_lossy(&bytes);
    let mut text = if is_whole { request.secrets.redact(&text) } else { request.secrets.redact_truncated(&text) };
    // What was no text is longer now.
    truncate(&mut text, KEPT_BYTES);
    if text.is_empty() { status } else { format!("{status}\n\n{text}") }
}
