//! Reads a page by one GET, on the same way as messages are sent: proxies, TLS, the rule about private networks, secrets.

use std::time::Duration;

use ureq::http::header;

use super::Client;
use super::redaction::Redactor;
use super::request::setting_header;
use super::url::Address;
use crate::core::actions::substitution::VariableLookup;
use crate::core::text::actions::webhook as text;

/// The time limit of a page.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The largest page of [`get`].
const MAX_GET_BYTES: u64 = 1 << 20;
/// The status of a reply to a request for a page that is not there.
const NOT_FOUND: u16 = 404;

/// The page to read.
pub struct PageRequest<'a> {
    pub url: &'a str,
    /// As in the settings of a webhook: with variables such as `${TOKEN}` in the values, which are secret.
    pub headers: &'a [(String, String)],
    /// A longer page is a failure.
    pub max_bytes: u64,
}

/// The response: whatever its status is.
pub struct Page {
    pub host: String,
    pub status: u16,
    /// The target of a redirect, as it may be shown; it is not followed.
    pub redirect: Option<String>,
    /// The body; `None` where it is longer than was wanted.
    pub text: Option<String>,
    secrets: Redactor,
}

impl Page {
    /// `text` of the server without the secrets of the request.
    pub fn redact(&self, text: &str) -> String {
        self.secrets.redact(text)
    }
}

/// Reads a page: one GET without cookies.
///
/// # Errors
/// One sentence, without a response that comes in time and is text.
pub fn read_page(wanted: &PageRequest, environment: &VariableLookup) -> Result<Page, String> {
    let (address, mut secrets) = (Address::parse(wanted.url)?, Redactor::default());
    let mut headers = Vec::new();
    for (name, value) in wanted.headers {
        headers.push(setting_header(name, value, environment, &mut secrets)?);
    }
    let client = Client::of(&address, TIMEOUT, environment)?;
    let attempt = client.attempt(&address, &secrets);
    let read = || {
        let mut request = client.agent.get(address.uri());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut response = request.call()?;
        let status = response.status();
        let location = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        let redirect = location.filter(|_| status.is_redirection());
        let redirect = redirect.map(|target| secrets.redact(&address.redirect_target(target)));
        let text = match response.body_mut().with_config().limit(wanted.max_bytes).read_to_string() {
            Ok(text) => Some(text),
            Err(ureq::Error::BodyExceedsLimit(_)) => None,
            Err(error) => return Err(error),
        };
        Ok((status.as_u16(), redirect, text))
    };
    let (status, redirect, text) = read().map_err(|error| attempt.failed(&error).text)?;
    Ok(Page { host: address.host().to_owned(), status, redirect, text, secrets })
}

/// Reads a page of at most a mebibyte. A redirect is a failure here too. `None` where there is no such page.
///
/// # Errors
/// One sentence, without a reply of success that comes in time and is text.
pub fn get(url: &str, environment: &VariableLookup) -> Result<Option<String>, String> {
    let page = read_page(&PageRequest { url, headers: &[], max_bytes: MAX_GET_BYTES }, environment)?;
    match page.status {
        200..300 => page.text.map(Some).ok_or_else(|| text::too_long(&page.host, MAX_GET_BYTES >> 20)),
        NOT_FOUND => Ok(None),
        status => Err(text::status(&page.host, status)),
    }
}
