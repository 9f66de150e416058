//! Responses of every kind, and none: the outcome of each.

use std::net::TcpListener;

use loadline::runtime::actions::webhook::page::get;

use super::server::Server;
use super::*;

const SHORT: Duration = Duration::from_millis(300);

fn transient(text: &str) -> Failure {
    Failure { text: text.into(), is_retryable: true, retry_after: None }
}

#[test]
fn a_server_that_recovers_gets_the_message() {
    let server = Server::start();
    assert_eq!(failure(&server.url("/flaky")), transient("'127.0.0.1' answered 500"));
    let second = send(&server.url("/flaky"));
    assert_eq!((second.outcome, second.response.as_str()), (Ok(()), "200 OK"));
}

#[test]
fn the_status_decides_the_outcome() {
    let server = Server::start();
    for (status, is_retryable) in [(400, false), (401, false), (404, false), (408, true), (413, false), (503, true)] {
        let exchange = send(&server.url(&format!("/status/{status}")));
        let text = format!("'127.0.0.1' answered {status}");
        assert_eq!(exchange.outcome, Err(Failure { text, is_retryable, retry_after: None }));
        assert!(exchange.response.ends_with(&format!("\n\nit is {status}")), "{}", exchange.response);
    }
    for status in [201, 202] {
        assert_eq!(send(&server.url(&format!("/status/{status}"))).outcome, Ok(()));
    }
}

#[test]
fn a_pause_that_the_server_asks_for_is_kept() {
    let server = Server::start();
    let retry_after = Some(Duration::from_secs(120));
    let text = "'127.0.0.1' answered 429".to_owned();
    assert_eq!(failure(&server.url("/status/429?Retry-After=120")), Failure { text, is_retryable: true, retry_after });
    let date = failure(&server.url("/status/503?Retry-After=Fri,+31+Dec+2100+23:59:59+GMT"));
    assert_eq!(date.retry_after, Some(Duration::from_secs(24 * 3600)), "no longer than a day");
    assert_eq!(failure(&server.url("/status/503?Retry-After=soon")).retry_after, None);
    let fraction = failure(&server.url("/status/429?Retry-After=1.337"));
    assert_eq!(fraction.retry_after, Some(Duration::from_millis(1337)));
}

#[test]
fn a_slow_server_is_waited_for_until_the_timeout() {
    let server = Server::start();
    assert_eq!(send(&server.url("/slow/500")).outcome, Ok(()));
    for path in ["/slow/60000", "/hang"] {
        let late = late(&server.url(path), SHORT);
        assert_eq!(late.outcome, Err(transient("'127.0.0.1' has not answered within 300 ms")));
        assert!(late.sent.starts_with("POST http://127.0.0.1:") && late.response.is_empty(), "{late:?}");
    }
}

#[test]
fn a_server_that_never_accepts_the_connection_times_out() {
    // The system completes the connection; nobody reads from it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    assert_eq!(late(&url, SHORT).outcome, Err(transient("'127.0.0.1' has not answered within 300 ms")));
    let url = url.replace("http:", "https:");
    assert_eq!(late(&url, SHORT).outcome, Err(transient("'127.0.0.1' has not answered within 300 ms")));
    // With more time it is the connection that takes too long: a handshake belongs to it.
    let began = Instant::now();
    let late = "no connection to '127.0.0.1' within 5 s (if its port is one for http, write http://)";
    assert_eq!(failure(&url), transient(late));
    assert!(began.elapsed() >= Duration::from_secs(5));
}

#[test]
fn an_endless_response_does_not_hold_up_the_worker() {
    let server = Server::start();
    let flood = send(&server.url("/flood/200"));
    assert_eq!(flood.outcome, Ok(()));
    assert_eq!(flood.response.len(), "200 OK\n\n".len() + 64 * 1024);
    assert_eq!(failure(&server.url("/flood/500")), transient("'127.0.0.1' answered 500"));
    let drip = late(&server.url("/drip/200"), 10 * SHORT);
    assert_eq!(drip.outcome, Ok(()), "it was delivered");
    assert!(drip.response.starts_with("200 OK\n\nx") && drip.response.len() < 100, "{drip:?}");
    assert_eq!(send(&server.url("/headers/200")).outcome, Ok(()), "the status came before the headers");
    assert_eq!(failure(&server.url("/headers/503")), transient("'127.0.0.1' answered 503"));
}

#[test]
fn a_response_that_is_not_http_is_a_failure() {
    let server = Server::knowing(&[
        ("line", "HTTP/1.1 2"),
        ("header", "HTTP/1.1 200 OK\r\nContent-Le"),
        ("mail", "220 mail.example.com ESMTP\r\n\r\n"),
        ("json", "{\"json\": true}\n\n"),
        ("version", "HTTP/9 x\r\n\r\n"),
        ("short", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal"),
    ]);
    for path in ["/close", "/raw/line", "/raw/header"] {
        let text = "'127.0.0.1' has closed the connection (if its port is one for https, write https://)";
        assert_eq!(failure(&server.url(path)), transient(text), "{path}");
    }
    for path in ["/raw/mail", "/raw/json", "/raw/version"] {
        let failure = failure(&server.url(path));
        assert!(failure.text.starts_with("'127.0.0.1' does not answer as a web server does: "), "{failure:?}");
        assert!(failure.is_retryable);
    }
    let half = send(&server.url("/raw/short"));
    assert_eq!((half.outcome, half.response.as_str()), (Ok(()), "200 OK\n\nhal"), "the status was there");
}

#[test]
fn a_closed_port_and_an_unknown_name_are_no_connection() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused = failure(&format!("http://127.0.0.1:{port}/x"));
    assert!(refused.text.starts_with("no connection to '127.0.0.1': ") && refused.is_retryable, "{refused:?}");
    let unknown = failure("http://loadline.invalid/x");
    assert!(unknown.text.starts_with("no connection to 'loadline.invalid'") && unknown.is_retryable, "{unknown:?}");
}

#[test]
fn a_redirect_is_not_followed_and_its_target_is_named_without_user_and_query() {
    let other = Server::start();
    let server = Server::knowing(&[
        ("same", "/x?key=s3cret#s3cret"),
        ("relative", "../../x"),
        ("other-name", "http://localhost:PORT/x"),
        ("other-port", &other.url("/x")),
        ("other-host", "//me:s3cret@hooks.example.com/x"),
        ("tls", "https://127.0.0.1:PORT/x?s3cret"),
        ("round", "/redirect/307/round"),
    ]);
    for (status, name, target) in [
        (301, "same", server.url("/x")),
        (302, "relative", server.url("/…")),
        (302, "other-name", format!("http://localhost:{}/x", server.port())),
        (307, "other-port", other.url("/x")),
        (303, "other-host", "http://hooks.example.com/x".into()),
        (308, "tls", format!("https://127.0.0.1:{}/x", server.port())),
        (300, "same", server.url("/x")),
        (307, "round", format!("http://127.0.0.1:{}…", server.port())),
    ] {
        let exchange = send(&server.url(&format!("/redirect/{status}/{name}")));
        let text =
            format!("'127.0.0.1' redirects to '{target}', which is not followed; put that address into the settings");
        assert_eq!(exchange.outcome, Err(Failure { text, is_retryable: false, retry_after: None }));
        assert!(exchange.response.starts_with(&status.to_string()), "{exchange:?}");
    }
    let no_target = Failure { text: "'127.0.0.1' answered 302".into(), is_retryable: false, retry_after: None };
    assert_eq!(failure(&server.url("/status/302")), no_target);
    assert_eq!((server.requests(9).len(), other.requests(0).len()), (9, 0));
}

#[test]
fn many_headers_are_no_failure() {
    let many: String = (0..400).map(|at| format!("X-{at}: {at}\r\n")).collect();
    let answer = |status: &str| format!("HTTP/1.1 {status}\r\n{many}Content-Length: 2\r\n\r\nok");
    let server = Server::knowing(&[("good", &answer("200 OK")), ("bad", &answer("404 Not Found"))]);
    let good = send(&server.url("/raw/good"));
    assert_eq!((good.outcome, good.response.as_str()), (Ok(()), "200 OK\n\nok"));
    assert_eq!(get(&server.url("/raw/good"), &|_: &str| None), Ok(Some("ok".into())), "a page can be read");
    assert_eq!(get(&server.url("/raw/bad"), &|_: &str| None), Ok(None));
    let not_found = Failure { text: "'127.0.0.1' answered 404".into(), is_retryable: false, retry_after: None };
    assert_eq!(failure(&server.url("/raw/bad")), not_found);
}

#[test]
fn a_failure_in_a_reply_of_success_is_a_failure() {
    let teams = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with x";
    let server = Server::knowing(&[
        ("/slack", r#"{"ok":false,"error":"channel_not_found"}"#),
        ("/teams", teams),
        ("/discord", r#"{"message":"Unknown Webhook","code":10015}"#),
        ("/error/false", r#"{"ok":false,"error":"no team false"}"#),
        ("/good", "ok"),
    ]);
    let outcome = |preset: Preset, path: &str| {
        let Action { kind: ActionKind::Webhook { url, headers, .. }, .. } = action(&server.url(path), &[], SOON) else {
            panic!("a webhook");
        };
        let kind = ActionKind::Webhook { url, headers, preset };
        let action = Action { kind, ..action("https://h", &[], SOON) };
        send_from(&action, &message(preset), &|_: &str| None).outcome
    };
    let reported = |reason: &str, is_retryable| {
        let text = format!("'127.0.0.1' took the message and reports a failure: {reason}");
        Err(Failure { text, is_retryable, retry_after: None })
    };
    assert_eq!(outcome(Preset::Slack, "/slack"), reported("channel_not_found", false));
    assert_eq!(outcome(Preset::Teams, "/teams"), reported("not delivered (status 429)", true));
    // A word of the address is a secret, and a key of the reply all the same.
    assert_eq!(outcome(Preset::Slack, "/error/false"), reported("no team …", false));
    assert_eq!(outcome(Preset::Discord, "/discord"), reported("Unknown Webhook", false));
    for preset in [Preset::Slack, Preset::Teams, Preset::Discord] {
        assert_eq!(outcome(preset, "/good"), Ok(()));
    }
    assert_eq!(outcome(Preset::Json, "/slack"), Ok(()), "of an unknown receiver the status alone decides");
}

#[test]
fn a_plain_request_to_a_port_for_https_is_named() {
    let server = Server::knowing(&[
        ("alert", "\u{15}\u{3}\u{3}\u{0}\u{2}\u{2}\u{46}"),
        ("go", "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"),
        ("nginx", "HTTP/1.1 400 Bad Request\r\n\r\n<center>The plain HTTP request was sent to HTTPS port</center>"),
        ("tomcat", "HTTP/1.1 400 \r\n\r\nBad Request\r\nThis combination of host and port requires TLS.\r\n"),
    ]);
    for path in ["/raw/alert", "/raw/go", "/raw/nginx", "/raw/tomcat", "/raw/tomcat?combination=1"] {
        let text = "'127.0.0.1' wants https on this port: write https:// in the address".to_owned();
        assert_eq!(failure(&server.url(path)), Failure { text, is_retryable: false, retry_after: None }, "{path}");
    }
}
