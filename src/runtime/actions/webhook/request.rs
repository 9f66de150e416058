//! The request of a webhook: the address and headers of the settings with their variables expanded, and the same as it may
//! be shown.

use ureq::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::redaction::{MASK, Redactor};
use super::url::Address;
use crate::core::actions::payload::Message;
use crate::core::actions::substitution::{self, VariableLookup};
use crate::core::text::actions::webhook as text;

/// The `User-Agent` of all requests.
pub const USER_AGENT: &str = concat!("Loadline/", env!("CARGO_PKG_VERSION"));

/// Headers that say how the message is sent: they are the client's.
const RESERVED: [HeaderName; 3] = [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// A request, and its secrets.
pub struct Request {
    pub address: Address,
    /// All but those that the client adds to send it.
    pub headers: HeaderMap,
    /// Redacts texts that come from the server.
    pub secrets: Redactor,
    /// Method, address, headers and body, as they may be shown.
    pub shown: String,
}

impl Request {
    /// The request to `url` with the `headers` of the settings, which replace our own. An error names the part that cannot
    /// be sent, without its value.
    pub fn new(
        url: &str,
        headers: &[(String, String)],
        message: &Message,
        from: &VariableLookup,
    ) -> Result<Request, String> {
        let mut secrets = Redactor::default();
        let url = substitution::expand(url, from).map_err(text::in_address)?;
        url.values.iter().for_each(|value| secrets.add(value));
        let given = Address::parse(&url.text)?;
        given.add_secrets(&mut secrets);
        let address = given.with_path(&message.path);
        let mut sent = own_headers(message)?;
        let mut of_settings: Vec<HeaderName> = Vec::new();
        for (name, value) in headers {
            let (key, value) = setting_header(name, value, from, &mut secrets)?;
            if !of_settings.contains(&key) {
                sent.remove(&key);
                of_settings.push(key.clone());
            }
            sent.append(key, value);
        }
        let shown = shown(&address, &sent, &of_settings, &message.body);
        Ok(Request { address, headers: sent, secrets, shown })
    }
}

/// A header of the settings with its variables expanded; its value is added to `secrets`. An error names it without its value.
pub fn setting_header(
    name: &str,
    value: &str,
    from: &VariableLookup,
    secrets: &mut Redactor,
) -> Result<(HeaderName, HeaderValue), String> {
    let value = substitution::expand(value, from).map_err(|problem| text::in_header(name, problem))?;
    secrets.add(&value.text);
    let (key, value) = header(name, &value.text)?;
    if RESERVED.contains(&key) { Err(text::reserved_header(name)) } else { Ok((key, value)) }
}

/// The headers that do not come from the settings.
fn own_headers(message: &Message) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    let content_type = ("Content-Type".to_owned(), message.content_type.clone());
    for (name, value) in [content_type].iter().chain(&message.headers) {
        let (name, value) = header(name, value)?;
        headers.insert(name, value);
    }
    Ok(headers)
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let key: HeaderName = name.parse().map_err(|_| text::bad_header_name(name))?;
    let value = value.trim().parse().map_err(|_| text::bad_header_value(name))?;
    Ok((key, value))
}

fn shown(address: &Address, headers: &HeaderMap, of_settings: &[HeaderName], body: &str) -> String {
    let mut shown = format!("POST {address}\n");
    for (name, value) in headers {
        let value = if of_settings.contains(name) { MASK } else { value.to_str().unwrap_or(MASK) };
        shown.push_str(&format!("{name}: {value}\n"));
    }
    shown + "\n" + body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        let headers = vec![("Title".to_owned(), "CPU 91%".to_owned()), ("Priority".to_owned(), "high".to_owned())];
        Message { path: "/api".into(), content_type: "text/plain".into(), headers, body: "Above 80%.".into() }
    }

    fn lookup(name: &str) -> Option<String> {
        (name == "TOKEN").then(|| "s3cret-token".into())
    }

    fn request(url: &str, headers: &[(&str, &str)]) -> Result<Request, String> {
        let headers: Vec<(String, String)> = headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        Request::new(url, &headers, &message(), &lookup)
    }

    #[test]
    fn variables_are_expanded_and_their_values_are_not_shown() {
        let request =
            request("https://h/x/${TOKEN}?y", &[("authorization", "Bearer ${TOKEN}"), ("X-Key", "k-e-y")]).unwrap();
        assert_eq!(request.address.uri(), "https://h/x/s3cret-token/api?y");
        assert_eq!(request.headers["authorization"], "Bearer s3cret-token");
        let shown = "POST https://h/…\nuser-agent: Loadline/".to_owned()
            + env!("CARGO_PKG_VERSION")
            + "\ncontent-type: text/plain\ntitle: CPU 91%\npriority: high\nauthorization: …\nx-key: …\n\nAbove 80%.";
        assert_eq!(request.shown, shown);
        assert_eq!(request.secrets.redact("k-e-y s3cret-token /x/s3cret-token?y"), "… … …");
    }

    #[test]
    fn headers_of_the_settings_replace_our_own() {
        let request =
            request("https://h", &[("USER-AGENT", "me"), ("priority", "low"), ("X-A", "1"), ("x-a", "2")]).unwrap();
        let values = |name: &str| request.headers.get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>();
        assert_eq!(values("user-agent"), ["me"]);
        assert_eq!(values("priority"), ["low"]);
        assert_eq!(values("x-a"), ["1", "2"]);
        assert!(
            request.shown.contains("user-agent: …\n") && request.shown.contains("priority: …\n"),
            "{}",
            request.shown
        );
    }

    #[test]
    fn a_part_that_cannot_be_sent_is_named_without_its_value() {
        for (url, header, named) in [
            ("https://h/${OTHER}", ("A", "b"), "'OTHER' is not set"),
            ("https://h/${", ("A", "b"), "the address of the webhook"),
            ("h/s3cret", ("A", "b"), "is not a web address"),
            ("https://h", ("A", "s3cret${OTHER}"), "the header 'A': the environment variable 'OTHER' is not set"),
            ("https://h", ("HOST", "s3cret"), "the header 'HOST' cannot be set"),
            ("https://h", ("content-length", "s3cret"), "'content-length' cannot be set"),
            ("https://h", ("Transfer-Encoding", "s3cret"), "'Transfer-Encoding' cannot be set"),
            ("https://h", ("A b", "s3cret"), "'A b' is not the name of a header"),
            ("https://h", ("", "s3cret"), "'' is not the name of a header"),
            ("https://h", ("A", "s3cret\nB: c"), "the header 'A' has a value"),
        ] {
            let problem = request(url, &[header]).err().unwrap();
            assert!(problem.contains(named) && !problem.contains("s3cret"), "{problem}");
        }
    }
}
