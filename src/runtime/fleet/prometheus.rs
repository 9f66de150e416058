//! Asks a Prometheus, or a server with the same HTTP API, by one GET for each query.

use crate::core::fleet::overview::answer::{self, QueryResult};
use crate::core::fleet::overview::query::ServerUrl;
use crate::core::text::actions::webhook::too_long;
use crate::core::text::fleet::asking as text;
use crate::runtime::actions::webhook::page::{PageRequest, read_page};

/// The longest answer: some forty thousand machines.
const MAX_ANSWER_BYTES: u64 = 64 << 20;

/// The server that is asked.
pub struct PrometheusClient {
    pub url: ServerUrl,
    /// Names, and values with variables such as `${TOKEN}`.
    pub headers: Vec<(String, String)>,
}

impl PrometheusClient {
    /// The values of an instant query.
    ///
    /// # Errors
    /// One sentence, with text of the server that is not escaped.
    pub fn ask(&self, expression: &str) -> Result<QueryResult, String> {
        let url = self.url.query(expression);
        let wanted = PageRequest { url: &url, headers: &self.headers, max_bytes: MAX_ANSWER_BYTES };
        let page = read_page(&wanted, &|name| std::env::var(name).ok())?;
        match (&page.text, &page.redirect) {
            (_, Some(target)) => Err(text::redirected(&page.host, target)),
            (Some(body), None) => {
                answer::values(&page.host, page.status, body).map_err(|problem| page.redact(&problem))
            }
            (None, None) => Err(too_long(&page.host, MAX_ANSWER_BYTES >> 20)),
        }
    }
}
