//! A gate before a server: it records every request, and passes it on, or does with it as the test wants.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::wait::{SOON, wait_for};

/// The treatment of the next requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Passage {
    /// To the server and back.
    Open,
    /// To the server, and the answer is lost.
    AnswerLost,
    /// To the server and back, with the time of a clock that is so many seconds behind.
    Behind(i64),
    /// An answer of the gate's own, with this status.
    Answered(u16),
    /// A web page, as from a login.
    Page,
    /// No answer for as long as the test runs.
    Silent,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Passed {
    /// Request line and headers.
    pub head: String,
    pub body: Vec<u8>,
    pub passage: Passage,
}

impl Passed {
    /// Whether it carries values.
    pub fn has_values(&self) -> bool {
        self.body != [0]
    }
}

/// The gate. Its threads end with the test.
pub struct Gate {
    pub address: SocketAddr,
    passage: Arc<Mutex<Passage>>,
    passed: Arc<Mutex<Vec<Passed>>>,
}

impl Gate {
    /// A gate before the server at `address`, which need not be there.
    pub fn before(server: &str) -> Gate {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let (passage, passed) = (Arc::new(Mutex::new(Passage::Open)), Arc::default());
        let gate = Gate { address, passage: Arc::clone(&passage), passed: Arc::clone(&passed) };
        let server = server.to_owned();
        thread::spawn(move || {
            let mut held = Vec::new();
            for client in socket.incoming().map_while(Result::ok) {
                held.extend(serve(client, &server, &passage, &passed));
            }
        });
        gate
    }

    /// The address to push to.
    pub fn url(&self) -> String {
        format!("http://{}/api/v1/write", self.address)
    }

    /// Treats the next requests so.
    pub fn set(&self, passage: Passage) {
        *self.passage.lock().unwrap() = passage;
    }

    /// The requests so far.
    pub fn passed(&self) -> Vec<Passed> {
        self.passed.lock().unwrap().clone()
    }

    /// Those with values, of which there are at least `least`.
    #[track_caller]
    pub fn with_values(&self, least: usize) -> Vec<Passed> {
        wait_for(&format!("push {least}"), 2 * SOON, || {
            let found: Vec<Passed> = self.passed().into_iter().filter(Passed::has_values).collect();
            (found.len() >= least).then_some(found)
        })
    }
}

/// Serves one request, and returns the connection if it is to stay open.
fn serve(
    mut client: TcpStream,
    server: &str,
    passage: &Mutex<Passage>,
    passed: &Mutex<Vec<Passed>>,
) -> Option<TcpStream> {
    client.set_read_timeout(Some(SOON)).unwrap();
    let (head, body) = read_request(&mut client)?;
    let passage = *passage.lock().unwrap();
    let request = [head.as_bytes(), &body].concat();
    passed.lock().unwrap().push(Passed { head, body, passage });
    match passage {
        Passage::Silent => return Some(client),
        Passage::Answered(status) => {
            let answer = format!("HTTP/1.1 {status} No\r\nDate: {}\r\nContent-Length: 0\r\n\r\n", http_date(0));
            let _ = client.write_all(answer.as_bytes());
        }
        Passage::Page => {
            let head = format!("HTTP/1.1 200 OK\r\nDate: {}\r\nContent-Type: text/html; charset=utf-8", http_date(0));
            let _ = client.write_all(format!("{head}\r\nContent-Length: 14\r\n\r\n<html>x</html>").as_bytes());
        }
        Passage::Open => drop(client.write_all(&forward(server, &request)?)),
        Passage::AnswerLost => drop(forward(server, &request)),
        Passage::Behind(seconds) => {
            let answer = String::from_utf8(forward(server, &request)?).unwrap();
            let lines = answer.split("\r\n").map(|line| match line.starts_with("Date: ") {
                true => format!("Date: {}", http_date(seconds)),
                false => line.to_owned(),
            });
            let _ = client.write_all(lines.collect::<Vec<_>>().join("\r\n").as_bytes());
        }
    }
    None
}

fn read_request(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut read, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let end = read.windows(4).position(|bytes| bytes == b"\r\n\r\n").map(|at| at + 4);
        if let Some(end) = end {
            let head = String::from_utf8(read[..end].to_vec()).unwrap();
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if read.len() >= end + length.unwrap_or(0) {
                return Some((head, read.split_off(end)));
            }
        }
        match client.read(&mut chunk) {
            Ok(count @ 1..) => read.extend(&chunk[..count]),
            _ => return None,
        }
    }
}

/// The whole answer of the server; `None` where it is not there.
fn forward(server: &str, request: &[u8]) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(server).ok()?;
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    stream.write_all(request).ok()?;
    let (mut answer, mut chunk) = (Vec::new(), [0; 4096]);
    // Answers to a push are short: the head is the end of most.
    while let Ok(count @ 1..) = stream.read(&mut chunk) {
        answer.extend(&chunk[..count]);
        if answer.starts_with(b"HTTP/1.1 204") && answer.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    Some(answer)
}

/// The time so many seconds ago.
fn http_date(ago_seconds: i64) -> String {
    let at = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(ago_seconds);
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
