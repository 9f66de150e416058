//! What is made of every kind of answer, and of none.

use std::net::TcpListener;

use super::server::Server;
use super::*;

const SHORT: Duration = Duration::from_millis(300);

fn passing(text: &str) -> Failure {
    Failure { text: text.into(), is_retryable: true, retry_after: None }
}

#[test]
fn a_server_that_recovers_gets_the_message() {
    let server = Server::start();
    assert_eq!(failure(&server.url("/flaky")), passing("'127.0.0.1' answered 500"));
    let second = send(&server.url("/flaky"));
    assert_eq!((second.outcome, second.response.as_str()), (Ok(()), "200 OK"));
}

#[test]
fn a_status_decides() {
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
fn a_server_that_asks_for_a_pause_is_heard() {
    let server = Server::start();
    let retry_after = Some(Duration::from_secs(120));
    let text = "'127.0.0.1' answered 429".to_owned();
    assert_eq!(failure(&server.url("/status/429?Retry-After=120")), Failure { text, is_retryable: true, retry_after });
    let date = failure(&server.url("/status/503?Retry-After=Fri,+31+Dec+2100+23:59:59+GMT"));
    assert_eq!(date.retry_after, Some(Duration::from_secs(24 * 3600)), "no longer than a day");
    assert_eq!(failure(&server.url("/status/503?Retry-After=soon")).retry_after, None);
}

#[test]
fn a_slow_server_is_waited_for_but_not_for_ever() {
    let server = Server::start();
    assert_eq!(send(&server.url("/slow/500")).outcome, Ok(()));
    for path in ["/slow/60000", "/hang"] {
        let late = late(&server.url(path), SHORT);
        assert_eq!(late.outcome, Err(passing("'127.0.0.1' has not answered within 300 ms")));
        assert!(late.sent.starts_with("POST http://127.0.0.1:") && late.response.is_empty(), "{late:?}");
    }
}

#[test]
fn a_server_that_never_takes_the_connection_is_given_up() {
    // The system completes the connection; nobody reads from it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    assert_eq!(late(&url, SHORT).outcome, Err(passing("'127.0.0.1' has not answered within 300 ms")));
    let url = url.replace("http:", "https:");
    assert_eq!(late(&url, SHORT).outcome, Err(passing("'127.0.0.1' has not answered within 300 ms")));
    // With more time it is the connection that takes too long: a handshake belongs to it.
    let began = Instant::now();
    assert_eq!(failure(&url), passing("no connection to '127.0.0.1' within 5 s"));
    assert!(began.elapsed() >= Duration::from_secs(5));
}

#[test]
fn an_answer_that_does_not_end_does_not_hold_us() {
    let server = Server::start();
    let flood = send(&server.url("/flood/200"));
    assert_eq!(flood.outcome, Ok(()));
    assert_eq!(flood.response.len(), "200 OK\n\n".len() + 64 * 1024);
    assert_eq!(failure(&server.url("/flood/500")), passing("'127.0.0.1' answered 500"));
    let drip = late(&server.url("/drip/200"), 10 * SHORT);
    assert_eq!(drip.outcome, Ok(()), "it was delivered");
    assert!(drip.response.starts_with("200 OK\n\nx") && drip.response.len() < 100, "{drip:?}");
    let headers = failure(&server.url("/headers/200"));
    assert!(headers.text.starts_with("'127.0.0.1' does not answer as a web server does: ") && headers.is_retryable);
}

#[test]
fn an_answer_that_is_none_is_said() {
    let server = Server::knowing(&[
        ("line", "HTTP/1.1 2"),
        ("header", "HTTP/1.1 200 OK\r\nContent-Le"),
        ("mail", "220 mail.example.com ESMTP\r\n\r\n"),
        ("json", "{\"json\": true}\n\n"),
        ("version", "HTTP/9 x\r\n\r\n"),
        ("short", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal"),
    ]);
    for path in ["/close", "/raw/line", "/raw/header"] {
        assert_eq!(failure(&server.url(path)), passing("'127.0.0.1' has closed the connection"), "{path}");
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
fn where_nobody_listens_is_no_connection() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused = failure(&format!("http://127.0.0.1:{port}/x"));
    assert!(refused.text.starts_with("no connection to '127.0.0.1': ") && refused.is_retryable, "{refused:?}");
    let unknown = failure("http://loadline.invalid/x");
    assert!(unknown.text.starts_with("no connection to 'loadline.invalid'") && unknown.is_retryable, "{unknown:?}");
}

#[test]
fn a_redirect_to_the_same_server_is_followed_with_the_same_message() {
    let server = Server::knowing(&[
        ("301", "/x"),
        ("302", "/x?a=b#c"),
        ("307", "../../x"),
        ("308", "HTTP://127.0.0.1:PORT/x"),
        ("busy", "/status/503"),
    ]);
    let body = message(Preset::Json).body;
    for (index, status) in [301, 302, 307, 308].into_iter().enumerate() {
        let exchange = send(&server.url(&format!("/redirect/{status}/{status}")));
        assert_eq!((exchange.outcome, exchange.response.as_str()), (Ok(()), "200 OK\n\nok"), "{status}");
        let second = server.request(2 * index + 1);
        assert_eq!((&second["method"], &second["body"]), (&"POST".into(), &body.clone().into()));
        assert_eq!(second["headers"]["content-type"], "application/json");
    }
    assert_eq!(failure(&server.url("/redirect/302/busy")), passing("'127.0.0.1' answered 503"));
}

#[test]
fn any_other_redirect_is_not_followed() {
    let other = Server::start();
    let server = Server::knowing(&[
        ("name", "http://localhost:PORT/s3cret"),
        ("port", &other.url("/s3cret")),
        ("host", "//hooks.example.com/s3cret"),
        ("tls", "https://127.0.0.1:PORT/s3cret"),
        ("same", "/s3cret"),
        ("mail", "mailto://me@example.com"),
    ]);
    let lasting = |text: String| Failure { text, is_retryable: false, retry_after: None };
    for (status, name, place) in [
        (302, "name", format!("http://localhost:{}", server.port())),
        (307, "port", other.url("")),
        (301, "host", "http://hooks.example.com".into()),
        (308, "tls", format!("https://127.0.0.1:{}", server.port())),
        (303, "host", "http://hooks.example.com".into()),
    ] {
        let text = format!("'127.0.0.1' redirects to '{place}', which is not followed; give the address it points to");
        assert_eq!(failure(&server.url(&format!("/redirect/{status}/{name}"))), lasting(text));
    }
    for status in [300, 303] {
        let text = format!("'127.0.0.1' answered {status}, which asks for another kind of request; check the address");
        assert_eq!(failure(&server.url(&format!("/redirect/{status}/same"))), lasting(text));
    }
    let nowhere = "'127.0.0.1' redirects to what is not a web address";
    assert_eq!(failure(&server.url("/redirect/302/mail")), lasting(nowhere.into()));
    assert_eq!(failure(&server.url("/status/302")), lasting("'127.0.0.1' answered 302".into()));
    assert_eq!((server.requests(9).len(), other.requests(0).len()), (9, 0));
}

#[test]
fn redirects_without_end_are_given_up() {
    let server = Server::knowing(&[("round", "/redirect/307/round")]);
    let failure = failure(&server.url("/redirect/307/round"));
    let text = "'127.0.0.1' redirects more than 3 times".into();
    assert_eq!(failure, Failure { text, is_retryable: false, retry_after: None });
    assert_eq!(server.requests(4).len(), 4);
}
