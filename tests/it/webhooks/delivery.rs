//! Deliveries: exactly the message arrives, at the address of the settings.

use loadline::core::settings::action::{ActionKind, Preset};
use loadline::runtime::actions::webhook;

use super::server::Server;
use super::*;

#[test]
fn every_preset_arrives_unchanged() {
    let server = Server::start();
    for (index, (name, preset)) in Preset::ALL.into_iter().enumerate() {
        let message = message(preset);
        let action = action(&server.url("/to/here/"), &[], SOON);
        let exchange = send_from(&action, &message, &nothing);
        assert_eq!(exchange.outcome, Ok(()), "{name}");
        assert_eq!(exchange.response, "200 OK\n\nok");
        let request = server.request(index);
        let headers = &request["headers"];
        assert_eq!(request["method"], "POST");
        assert_eq!(request["path"], if message.path.is_empty() { "/to/here/" } else { "/to/here/api/v2/alerts" });
        assert_eq!(request["body"], message.body);
        assert_eq!(headers["content-type"], message.content_type);
        assert_eq!(headers["user-agent"], concat!("Loadline/", env!("CARGO_PKG_VERSION")));
        assert_eq!(headers["host"], format!("127.0.0.1:{}", server.port()));
        assert_eq!(headers["content-length"], message.body.len().to_string());
        for (name, value) in &message.headers {
            assert_eq!(headers[name.to_lowercase()], *value);
        }
        assert!(exchange.sent.ends_with(&format!("\n\n{}", message.body)), "{}", exchange.sent);
    }
}

#[test]
fn a_title_that_is_not_ascii_is_decoded_by_other_programs() {
    let server = Server::start();
    send_from(&action(&server.url("/topic"), &[], SOON), &message(Preset::Ntfy), &nothing);
    assert_eq!(server.request(0)["title"], "CPU 91% on stüdio");
}

#[test]
fn values_of_variables_are_sent() {
    let server = Server::start();
    let action = action(&server.url("/x"), &[("X-Path", "a ${PATH}"), ("Content-Type", "text/x-mine")], SOON);
    let exchange = webhook::send(&action, &message(Preset::Json));
    assert_eq!(exchange.outcome, Ok(()));
    let request = server.request(0);
    assert_eq!(request["headers"]["x-path"], format!("a {}", std::env::var("PATH").unwrap()));
    assert_eq!(request["headers"]["content-type"], "text/x-mine");
}

#[test]
fn a_request_that_cannot_be_sent_is_a_permanent_failure_with_its_reason() {
    let server = Server::start();
    for (url, headers, text) in [
        ("/${LOADLINE_NOT_SET}", ("X", "y"), "'LOADLINE_NOT_SET' is not set"),
        ("/x", ("Content-Length", "3"), "'Content-Length' cannot be set"),
        ("/x", ("X", "a\r\nY: b"), "'X' has a value"),
    ] {
        let exchange = send_from(&action(&server.url(url), &[headers], SOON), &message(Preset::Json), &nothing);
        let failure = exchange.outcome.unwrap_err();
        assert!(failure.text.contains(text) && !failure.is_retryable, "{failure:?}");
    }
    let command =
        Action { kind: ActionKind::Command { argv: vec!["true".into()] }, ..action(&server.url("/"), &[], SOON) };
    assert!(!send_from(&command, &message(Preset::Json), &nothing).outcome.unwrap_err().is_retryable);
    assert_eq!(server.requests(0), [""; 0]);
}

#[test]
fn a_public_address_is_refused_without_https() {
    // Numbers that a name could stand for as well: one of them as `getaddrinfo` also reads it.
    for host in ["198.51.100.1", "3325256705", "[2001:db8::1]", "[::ffff:198.51.100.1]", "0.0.0.0"] {
        let failure = failure(&format!("http://{host}/path"));
        let text = format!(
            "'{host}' is not this machine or one of a private network, and http:// can be read on the way; use https://"
        );
        assert_eq!(failure, Failure { text, is_retryable: false, retry_after: None });
    }
}

#[test]
fn names_and_ip_addresses_of_this_machine_are_accepted() {
    let server = Server::start();
    for host in ["localhost", "127.0.0.1", "2130706433", "[::ffff:127.0.0.1]"] {
        assert_eq!(send(&format!("http://{host}:{}/x", server.port())).outcome, Ok(()), "{host}");
    }
}

#[test]
fn plain_http_uses_no_proxy() {
    let (server, proxy) = (Server::start(), Server::start());
    let environment = |name: &str| name.to_lowercase().ends_with("_proxy").then(|| proxy.url(""));
    let action = action(&server.url("/x"), &[], SOON);
    assert_eq!(send_from(&action, &message(Preset::Json), &environment).outcome, Ok(()));
    assert_eq!((server.requests(1), proxy.requests(0)), (vec!["POST /x".to_owned()], vec![]));
}
