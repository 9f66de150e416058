//! Secrets: the path of the address, the headers of the settings and the values of variables are never shown.

use super::server::Server;
use super::*;

/// The secrets as they may appear: whole, in parts, and as a server may write them.
const SECRETS: [&str; 6] = ["T0secret", "B0/secret", "B0%2Fsecret", "sig-s3cret", "t0ken-s3cret", "k3y-s3cret"];

fn environment(name: &str) -> Option<String> {
    match name {
        "HOOK" => Some("T0secret/B0%2Fsecret".into()),
        "TOKEN" => Some("t0ken-s3cret".into()),
        _ => None,
    }
}

/// The exchange of a webhook full of secrets with `address`.
fn exchange(address: &str) -> Exchange {
    let headers = [("Authorization", "Bearer ${TOKEN}"), ("X-Key", "k3y-s3cret")];
    let url = format!("{address}/${{HOOK}}?sig=sig-s3cret");
    send_from(&action(&url, &headers, Duration::from_secs(2)), &message(Preset::Slack), &environment)
}

#[track_caller]
fn assert_shows_none(exchange: &Exchange) {
    let shown = format!("{exchange:?}");
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
}

#[test]
fn an_echo_of_the_request_shows_no_secret() {
    let server = Server::start();
    let exchange = exchange(&server.url("/echo"));
    // It did get them.
    let request = server.request(0);
    assert_eq!(request["path"], "/echo/T0secret/B0%2Fsecret?sig=sig-s3cret");
    assert_eq!(request["headers"]["authorization"], "Bearer t0ken-s3cret");
    assert_shows_none(&exchange);
    let origin = server.url("");
    assert!(exchange.sent.starts_with(&format!("POST {origin}/…\n")), "{}", exchange.sent);
    assert!(exchange.sent.contains("\nauthorization: …\nx-key: …\n\n{\"text\":"), "{}", exchange.sent);
    assert!(exchange.response.starts_with("400 Bad Request\n\n…\n"), "{}", exchange.response);
    assert!(exchange.response.contains("x-key: …"), "{}", exchange.response);
}

#[test]
fn no_failure_shows_a_secret() {
    let server = Server::knowing(&[("away/T0secret/B0%2Fsecret", "http://T0secret.example.com:9/sig-s3cret")]);
    for path in ["/close", "/hang", "/status/404", "/redirect/302/away", "/flood/404"] {
        let exchange = exchange(&server.url(path));
        assert!(exchange.outcome.is_err(), "{path}");
        assert_shows_none(&exchange);
    }
    for address in ["http://198.51.100.1", "http://loadline.invalid", "http://127.0.0.1:1", "gopher://h", "http://h h"]
    {
        let exchange = exchange(address);
        assert!(exchange.outcome.is_err(), "{address}");
        assert_shows_none(&exchange);
    }
    let https = server.url("").replace("http:", "https:");
    assert_shows_none(&exchange(&https));
}
