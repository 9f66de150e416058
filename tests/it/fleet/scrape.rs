//! The endpoint through the real program: requests as servers, browsers and strangers send them.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::{check_metrics, value};
use crate::process::Program;
use crate::program::Home;
use crate::wait::{SOON, wait_for};

const GET: &str = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A monitor that serves its metrics.
pub struct Served {
    _home: Home,
    pub program: Program,
    pub address: SocketAddr,
}

impl Served {
    /// Listens on a free port of `host`.
    pub fn start(host: &str, arguments: &[&str], settings: &str) -> Served {
        let home = Home::new().with_settings(settings);
        let listen = format!("{host}:0");
        let watch = ["watch", "--quiet", "--every", "250ms", "--listen", &listen];
        let program = Program::start(home.loadline(&[&watch, arguments].concat()));
        let line = program.wait_err("metrics are served on http://");
        let address = line.split_once("http://").unwrap().1.strip_suffix("/metrics").unwrap().parse().unwrap();
        Served { _home: home, program, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream
    }

    /// The whole response to `request`.
    pub fn send(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        read_all(stream)
    }

    /// The text of a scrape.
    pub fn scrape(&self) -> String {
        self.send(GET).split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}

/// Reads until the other side closes; a reset is a failure.
fn read_all(mut stream: TcpStream) -> String {
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    String::from_utf8(response).unwrap()
}

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or("none")
}

fn default() -> Served {
    Served::start("127.0.0.1", &[], r#"{"history": false}"#)
}

#[test]
fn a_scrape_has_the_values_of_now() {
    let served = Served::start("127.0.0.1", &["--memory", "1", "--after", "0s"], r#"{"history": false}"#);
    let scrape = wait_for("the alert", SOON, || {
        let scrape = served.scrape();
        (value(&scrape, "loadline_alert_firing{metric=\"memory\"}") == Some(1.0)).then_some(scrape)
    });
    check_metrics(&scrape);
    assert_eq!(value(&scrape, "loadline_alerts_total{metric=\"memory\"}"), Some(1.0));
    let observed = |scrape: &str| value(scrape, "loadline_cpu_observed_seconds_total").unwrap();
    wait_for("another reading", SOON, || (observed(&served.scrape()) > observed(&scrape)).then_some(()));
}

#[test]
fn a_head_is_the_same_without_the_body() {
    let served = default();
    let [get, head] = [GET.to_owned(), GET.replace("GET", "HEAD")].map(|request| served.send(&request));
    let (header, body) = get.split_once("\r\n\r\n").unwrap();
    assert!(header.starts_with("HTTP/1.1 200 OK\r\n"), "{header}");
    assert!(header.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8"), "{header}");
    assert!(header.contains(&format!("\r\nContent-Length: {}", body.len())), "{header}");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{head}");
}

#[test]
fn whatever_is_no_scrape_of_this_machine_is_refused() {
    let served = default();
    for (request, expected) in [
        (GET.replace("/metrics", "/"), "404"),
        (GET.replace("/metrics", "/metrics/x"), "404"),
        (GET.replace("GET", "POST"), "405"),
        (GET.replace("GET", "DELETE"), "405"),
        (GET.replace("localhost", "evil.example"), "421"),
        (GET.replace("localhost", "evil.example:9912"), "421"),
        (GET.replace("localhost", "10.1.2.3"), "421"),
        (GET.replace("/metrics", "http://evil.example/metrics"), "421"),
        (GET.replace("Host: localhost\r\n", ""), "400"),
        (GET.replace("\r\n\r\n", "\r\nHost: localhost\r\n\r\n"), "400"),
        ("\u{16}\u{3}\u{1}\r\n\r\n".to_owned(), "400"),
        (GET.replace("localhost", &served.address.to_string()), "200"),
        (GET.replace("/metrics", "/metrics?name[]=x"), "200"),
        (GET.replace("\r\n\r\n", "\r\nContent-Length: 3\r\n\r\nabc"), "200"),
        (GET.replace("1.1", "1.0"), "200"),
    ] {
        let response = served.send(&request);
        assert_eq!(status(&response), expected, "{request:?}: {response}");
        assert!(!response.contains('<'), "no page: {response}");
    }
    let refused = served.send(&GET.replace("GET", "PUT"));
    assert!(refused.contains("\r\nAllow: GET, HEAD\r\n"), "{refused}");
    let head = served.send(&GET.replace("GET /metrics", "HEAD /x"));
    assert!(head.starts_with("HTTP/1.1 404 ") && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn a_header_may_come_in_pieces_and_has_a_limit() {
    let served = default();
    let mut stream = served.connect();
    for piece in ["GET /met", "rics HTTP/1.1\r", "\nHost: local", "host\r\n\r", "\n"] {
        stream.write_all(piece.as_bytes()).unwrap();
        stream.flush().unwrap();
    }
    assert_eq!(status(&read_all(stream)), "200");
    let mut half_closed = served.connect();
    half_closed.write_all(GET.as_bytes()).unwrap();
    half_closed.shutdown(Shutdown::Write).unwrap();
    assert_eq!(status(&read_all(half_closed)), "200");
    let long = |bytes: usize| GET.replace("\r\n\r\n", &format!("\r\nX: {}\r\n\r\n", "a".repeat(bytes)));
    assert_eq!(status(&served.send(&long(4_000))), "200");
    assert_eq!(status(&served.send(&long(20_000))), "431");
    assert_eq!(status(&served.send(&GET.replace("\r\n\r\n", &("\r\nX: a".repeat(70) + "\r\n\r\n")))), "431");
    assert_eq!(status(&served.send(&"a".repeat(20_000))), "431");
}

#[test]
fn a_slow_client_is_given_up_and_holds_nobody_up() {
    let served = default();
    let mut slow = served.connect();
    slow.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap();
    let begun = Instant::now();
    assert_eq!(status(&served.send(GET)), "200");
    // A byte now and then does not prolong it.
    let response = wait_for("the end of the slow connection", SOON, || {
        let _ = slow.write_all(b"a");
        slow.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut response = [0; 1024];
        match slow.read(&mut response) {
            Ok(count) => Some(String::from_utf8_lossy(&response[..count]).into_owned()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            Err(_) => Some(String::new()),
        }
    });
    assert!(begun.elapsed() >= Duration::from_millis(1500), "not before its two seconds");
    assert!(response.is_empty() || status(&response) == "408", "{response}");
    assert_eq!(status(&served.send(GET)), "200");
}

#[test]
fn the_ninth_connection_is_told_that_there_are_too_many() {
    let served = default();
    let held: Vec<TcpStream> = (0..8).map(|_| served.connect()).collect();
    let response = served.send(GET);
    assert_eq!(status(&response), "503", "{response}");
    drop(held);
    wait_for("room", SOON, || (status(&served.send(GET)) == "200").then_some(()));
    // Far more than there is room for: none is held for longer than its time.
    let held: Vec<TcpStream> = (0..40).map(|_| served.connect()).collect();
    wait_for("room after the time is over", SOON, || (status(&served.send(GET)) == "200").then_some(()));
    drop(held);
}

#[test]
fn ipv6_is_served() {
    let Ok(_) = std::net::TcpListener::bind("[::1]:0") else { return println!("not tested: there is no IPv6 here") };
    let served = Served::start("[::1]", &[], r#"{"history": false}"#);
    assert!(served.address.is_ipv6());
    for (host, expected) in [("[::1]", "200"), (&*served.address.to_string(), "200"), ("[2001:db8::1]", "421")] {
        assert_eq!(status(&served.send(&GET.replace("localhost", host))), expected, "{host}");
    }
}

#[test]
fn a_token_is_asked_for_where_one_is_set() {
    let served = Served::start("127.0.0.1", &[], r#"{"history": false, "metrics": {"token": "s3cret"}}"#);
    let bearing = |value: &str| served.send(&GET.replace("\r\n\r\n", &format!("\r\nAuthorization: {value}\r\n\r\n")));
    assert_eq!(status(&bearing("Bearer s3cret")), "200");
    let refused = served.send(GET);
    assert!(refused.starts_with("HTTP/1.1 401 ") && refused.contains("\r\nWWW-Authenticate: Bearer\r\n"), "{refused}");
    for wrong in ["Bearer other", "Basic s3cret", "s3cret"] {
        let response = bearing(wrong);
        assert_eq!(status(&response), "401");
        assert!(!response.contains("s3cret"), "{response}");
    }
}
