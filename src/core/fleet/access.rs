//! The judgement of a request: only GET and HEAD of `/metrics`, for this machine by its own names, with the token.
//!
//! A page in a browser can send requests to this machine, and by a name of its own that leads here (DNS rebinding) read the
//! responses too. Its requests name its own host, and are refused for it.

use ::core::net::IpAddr;

use super::endpoint::EndpointOptions;
use super::exposition::CONTENT_TYPE;
use crate::core::text::fleet::endpoint as text;

/// A request, as far as it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScrapeRequest<'a> {
    pub method: &'a str,
    /// The path with its query, or a whole address.
    pub target: &'a str,
    /// The header `Host`; `None` where it is missing, is there twice, or is no text.
    pub host: Option<&'a str>,
    /// The header `Authorization`.
    pub authorization: Option<&'a str>,
}

/// The response to a request that does not get the metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    reason: &'static str,
    /// A further header with its line end, or nothing.
    header: &'static str,
    explanation: String,
}

impl Refusal {
    fn new(status: u16, reason: &'static str, explanation: impl Into<String>) -> Refusal {
        Refusal { status, reason, header: "", explanation: explanation.into() }
    }

    /// 400: no request of HTTP.
    pub fn bad_request() -> Refusal {
        Refusal::new(400, "Bad Request", text::BAD_REQUEST)
    }

    /// 408: the request did not come in time.
    pub fn too_slow() -> Refusal {
        Refusal::new(408, "Request Timeout", text::TOO_SLOW)
    }

    /// 431: the header is too large.
    pub fn too_large() -> Refusal {
        Refusal::new(431, "Request Header Fields Too Large", text::TOO_LARGE)
    }

    /// 503: too many ask at once.
    pub fn too_many() -> Refusal {
        Refusal::new(503, "Service Unavailable", text::TOO_MANY)
    }

    /// 503: the values did not come in time.
    pub fn no_answer() -> Refusal {
        Refusal::new(503, "Service Unavailable", text::NO_ANSWER)
    }

    /// The whole response. To a HEAD it has no body.
    pub fn response(&self, has_body: bool) -> Vec<u8> {
        let body = format!("{}\n", self.explanation);
        let media = format!("Content-Type: text/plain; charset=utf-8\r\n{}", self.header);
        respond(self.status, self.reason, &media, &body, has_body)
    }
}

/// The response with the metrics.
pub fn metrics_response(body: &str, has_body: bool) -> Vec<u8> {
    respond(200, "OK", &format!("Content-Type: {CONTENT_TYPE}\r\n"), body, has_body)
}

fn respond(status: u16, reason: &str, headers: &str, body: &str, has_body: bool) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} {reason}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    let body = if has_body { body } else { "" };
    (head + body).into_bytes()
}

/// Whether `request` may have the metrics, which came to the address `local` of the machine with the name `own_name`.
pub fn judge(request: &ScrapeRequest, options: &EndpointOptions, local: IpAddr, own_name: &str) -> Result<(), Refusal> {
    let (host, path) = match request.target.split_once("://") {
        // The host of a whole address goes before the header. Source: RFC 9112, 3.2.2.
        Some((_, rest)) if !request.target.starts_with('/') => {
            let at = rest.find(['/', '?']).unwrap_or(rest.len());
            (request.host.and(rest.get(..at)), rest.get(at..).unwrap_or_default())
        }
        _ => (request.host, request.target),
    };
    let Some(host) = host else { return Err(Refusal::new(400, "Bad Request", text::NO_HOST)) };
    let Some(name) = without_port(host) else { return Err(Refusal::bad_request()) };
    if !is_own(name, options.token.is_some(), local, own_name) {
        return Err(Refusal::new(421, "Misdirected Request", text::foreign_host(host.escape_debug())));
    }
    if let Some(token) = &options.token
        && !request.authorization.and_then(bearer).is_some_and(|given| is_same(given, token))
    {
        let header = "WWW-Authenticate: Bearer\r\n";
        return Err(Refusal { header, ..Refusal::new(401, "Unauthorized", text::NO_TOKEN) });
    }
    if path.split('?').next() != Some("/metrics") {
        return Err(Refusal::new(404, "Not Found", text::NOT_FOUND));
    }
    if !["GET", "HEAD"].contains(&request.method) {
        let header = "Allow: GET, HEAD\r\n";
        return Err(Refusal { header, ..Refusal::new(405, "Method Not Allowed", text::NOT_ALLOWED) });
    }
    Ok(())
}

/// The host without its port, and without the brackets of IPv6; `None` where it is neither.
fn without_port(host: &str) -> Option<&str> {
    let (name, rest) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
    let is_whole = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
    (is_whole && !name.is_empty()).then_some(name)
}

/// Whether `name` means this machine. A name of the network counts only where a token is asked for: whoever gives out names there
/// could give out this one.
fn is_own(name: &str, has_token: bool, local: IpAddr, own_name: &str) -> bool {
    let local = local.to_canonical();
    if let Ok(address) = name.parse::<IpAddr>() {
        let address = address.to_canonical();
        return address == local || (address.is_loopback() && local.is_loopback());
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    let label = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    (local.is_loopback() && name.eq_ignore_ascii_case("localhost"))
        || (has_token && !own_name.is_empty() && label(name) == label(own_name))
}

/// The token of `Bearer TOKEN`. Source: RFC 9110, 11.1: the scheme's case does not count.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Compares in a time that does not tell how much of it is right.
fn is_same(given: &str, token: &str) -> bool {
    let differing = given.bytes().zip(token.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b));
    given.len() == token.len() && differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: ScrapeRequest =
        ScrapeRequest { method: "GET", target: "/metrics", host: Some("127.0.0.1:9912"), authorization: None };

    fn status(request: ScrapeRequest, token: Option<&str>, local: &str) -> u16 {
        let options = EndpointOptions { address: "127.0.0.1:9912".parse().unwrap(), token: token.map(str::to_owned) };
        judge(&request, &options, local.parse().unwrap(), "Studio").map_or_else(|refusal| refusal.status, |()| 200)
    }

    #[test]
    fn get_and_head_of_metrics_alone_are_allowed() {
        for (method, target, expected) in [
            ("GET", "/metrics", 200),
            ("HEAD", "/metrics", 200),
            ("GET", "/metrics?collect[]=cpu", 200),
            ("GET", "http://127.0.0.1:9912/metrics", 200),
            ("GET", "http://evil.example/metrics", 421),
            ("GET", "/metrics/", 404),
            ("GET", "/Metrics", 404),
            ("GET", "/", 404),
            ("GET", "/metrics%3f", 404),
            ("GET", "*", 404),
            ("GET", "http://localhost", 404),
            ("POST", "/", 404),
            ("POST", "/metrics", 405),
            ("OPTIONS", "/metrics", 405),
            ("get", "/metrics", 405),
        ] {
            assert_eq!(
                status(ScrapeRequest { method, target, ..GET }, None, "127.0.0.1"),
                expected,
                "{method} {target}"
            );
        }
    }

    #[test]
    fn a_request_must_be_for_this_machine() {
        for (host, local, token, expected) in [
            ("127.0.0.1", "127.0.0.1", None, 200),
            ("127.0.0.1:80", "127.0.0.1", None, 200),
            ("LocalHost:9912", "127.0.0.1", None, 200),
            ("localhost.", "127.0.0.1", None, 200),
            ("[::1]:9912", "::1", None, 200),
            ("[::1]", "127.0.0.1", None, 200),
            ("10.0.0.7:9912", "10.0.0.7", Some("t"), 200),
            ("10.0.0.7:9912", "::ffff:10.0.0.7", Some("t"), 200),
            ("studio", "10.0.0.7", Some("t"), 200),
            ("studio.example.org:9912", "10.0.0.7", Some("t"), 200),
            ("studio", "127.0.0.1", None, 421),
            ("evil.example", "127.0.0.1", None, 421),
            ("evil.example", "10.0.0.7", Some("t"), 421),
            ("localhost.evil.example", "127.0.0.1", None, 421),
            ("127.0.0.1.evil.example", "127.0.0.1", None, 421),
            ("10.0.0.8", "10.0.0.7", Some("t"), 421),
            ("10.0.0.7", "127.0.0.1", None, 421),
            ("localhost", "10.0.0.7", Some("t"), 421),
            ("user@127.0.0.1", "127.0.0.1", None, 421),
            ("", "127.0.0.1", None, 400),
            (":9912", "127.0.0.1", None, 400),
            ("localhost:http", "127.0.0.1", None, 400),
            ("[::1", "::1", None, 400),
            ("[::1]9", "::1", None, 400),
        ] {
            let request = ScrapeRequest { host: Some(host), authorization: token.map(|_| "Bearer t"), ..GET };
            assert_eq!(status(request, token, local), expected, "'{host}' at {local}");
        }
        assert_eq!(status(ScrapeRequest { host: None, ..GET }, None, "127.0.0.1"), 400);
        let whole = ScrapeRequest { host: None, target: "http://127.0.0.1/metrics", ..GET };
        assert_eq!(status(whole, None, "127.0.0.1"), 400);
    }

    #[test]
    fn a_token_is_asked_for_where_there_is_one() {
        for (authorization, expected) in [
            (Some("Bearer s3cret"), 200),
            (Some("bearer   s3cret"), 200),
            (Some("Bearer s3cre"), 401),
            (Some("Bearer s3cret1"), 401),
            (Some("Bearer S3cret"), 401),
            (Some("Bearer "), 401),
            (Some("s3cret"), 401),
            (Some("Basic s3cret"), 401),
            (None, 401),
        ] {
            let request = ScrapeRequest { authorization, ..GET };
            assert_eq!(status(request, Some("s3cret"), "127.0.0.1"), expected, "{authorization:?}");
            assert_eq!(status(request, None, "127.0.0.1"), 200, "no token is set");
        }
    }

    #[test]
    fn a_response_tells_its_length_and_a_head_has_no_body() {
        let with = String::from_utf8(metrics_response("é\n", true)).unwrap();
        assert!(with.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
        assert!(with.ends_with("Content-Length: 3\r\nConnection: close\r\n\r\né\n"), "{with}");
        assert_eq!(String::from_utf8(metrics_response("é\n", false)).unwrap() + "é\n", with);
        let refused = String::from_utf8(Refusal::too_many().response(true)).unwrap();
        assert!(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{refused}");
        assert!(refused.ends_with("\r\n\r\nThere are too many connections: try again.\n"), "{refused}");
    }
}
