//! One attempt to deliver a message to a web address.

use std::io::Read;
use std::time::Duration;

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
    let mut response = String::new();
    let outcome = deliver(&request, &message.body, action.timeout, environment, &mut response).and_then(|()| {
        let body = response.split_once("\n\n").map_or("", |(_, body)| body);
        let reported = reply::failure(*preset, body);
        reported.map_or(Ok(()), |failure| Err(errors::reported(request.address.host(), &failure)))
    });
    Exchange { sent: request.shown, response, outcome }
}

/// Makes one attempt, and puts what the server sends back into `response`.
///
/// A redirect is a failure: most ask for a GET, which would not deliver the message, and one that is followed each time
/// hides a wrong address.
fn deliver(
    request: &Request,
    body: &str,
    timeout: Duration,
    environment: &VariableLookup,
    response: &mut String,
) -> Result<(), Failure> {
    let address = &request.address;
    let route = Route::to(address, timeout, environment).map_err(permanent)?;
    let attempt = Attempt {
        host: address.host(),
        is_plain: address.is_plain(),
        proxy: route.proxy.as_ref().map(|proxy| format!("{}:{}", proxy.host(), proxy.port())),
        connect_timeout: route.connect_timeout,
        timeout,
        secrets: &request.secrets,
        first_bytes: FirstBytes::default(),
    };
    let received = match post(&route.agent(timeout, &attempt.first_bytes), request, body) {
        Ok(received) => received,
        Err(error) => return attempt.without_response(&error, clock::now().wall.timestamp()),
    };
    let (status, headers) = (received.status(), received.headers().clone());
    *response = read(received, request);
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match header(header::LOCATION).filter(|_| status.is_redirection()) {
        Some(location) => Err(attempt.redirected(&request.address, location)),
        None => {
            let outcome =
                attempt.responded(status.as_u16(), header(header::RETRY_AFTER), clock::now().wall.timestamp());
            let wants_tls = address.is_plain() && errors::asks_for_tls(status.as_u16(), response);
            if wants_tls { Err(attempt.wants_tls()) } else { outcome }
        }
    }
}

/// The way to a server.
struct Route {
    is_plain: bool,
    proxy: Option<Proxy>,
    tls: Option<TlsConfig>,
    connect_timeout: Duration,
}

impl Route {
    fn to(address: &Address, timeout: Duration, environment: &VariableLookup) -> Result<Route, String> {
        let (is_plain, connect_timeout) = (address.is_plain(), CONNECT_TIMEOUT.min(timeout));
        let (proxy, tls) = match is_plain {
            true => (None, None),
            false => (proxy::for_host(address.host(), environment)?, Some(tls::config(environment)?)),
        };
        Ok(Route { is_plain, proxy, tls, connect_timeout })
    }

    /// A client for one request with this time limit. Attempts are rare: no connection is kept between them.
    fn agent(&self, timeout: Duration, first_bytes: &FirstBytes) -> Agent {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(USER_AGENT)
            .proxy(self.proxy.clone())
            .timeout_global(Some(timeout))
            .timeout_resolve(Some(self.connect_timeout))
            .timeout_connect(Some(self.connect_timeout))
            .tls_config(self.tls.clone().unwrap_or_else(|| TlsConfig::builder().build()))
            .build();
        let connector = DefaultConnector::default().chain(first_bytes.clone());
        Agent::with_parts(config, connector, PrivateResolver::new(self.is_plain))
    }
}

fn post(agent: &Agent, request: &Request, body: &str) -> Result<Response<Body>, ureq::Error> {
    let mut post = ureq::http::Request::post(request.address.uri()).body(body)?;
    *post.headers_mut() = request.headers.clone();
    agent.run(post)
}

/// The status and as much of the body as comes in time and is not too long: the status alone decides.
fn read(response: Response<Body>, request: &Request) -> String {
    let status = response.status().to_string();
    let (mut bytes, mut body) = (Vec::new(), response.into_body().into_reader().take(MAX_RESPONSE_BYTES as u64));
    // The bytes before an error are in `bytes`.
    let is_whole = body.read_to_end(&mut bytes).is_ok() && body.limit() > 0;
    let text = String::from_utf8_lossy(&bytes);
    let mut text = if is_whole { request.secrets.redact(&text) } else { request.secrets.redact_truncated(&text) };
    // Bytes that were no text have become longer.
    truncate_bytes(&mut text, MAX_RESPONSE_BYTES);
    if text.is_empty() { status } else { format!("{status}\n\n{text}") }
}
