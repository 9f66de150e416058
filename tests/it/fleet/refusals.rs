//! The refusal of a connection for which there is no room.

use std::net::TcpStream;

use super::scrape::Served;
use crate::wait::{SOON, wait_for};

#[test]
fn a_head_that_finds_no_room_gets_no_body() {
    let served = Served::start("127.0.0.1", &[], r#"{"history": false}"#);
    let get = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let [get, head] = [get.to_owned(), get.replace("GET", "HEAD")];
    let (get, head) = wait_for("two refusals", SOON, || {
        // They are let go after two seconds.
        let _held: Vec<TcpStream> = (0..8).map(|_| TcpStream::connect(served.address).unwrap()).collect();
        let responses = (served.send(&get), served.send(&head));
        (responses.0.starts_with("HTTP/1.1 503 ") && responses.1.starts_with("HTTP/1.1 503 ")).then_some(responses)
    });
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    assert_eq!(get.split_once("\r\n\r\n").map(|(header, _)| header), head.strip_suffix("\r\n\r\n"));
    assert!(get.len() > head.len(), "{get}");
}
