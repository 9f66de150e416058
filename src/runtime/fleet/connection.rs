//! One connection to the endpoint: it brings one request, gets one response, and is closed. Nothing here waits.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::time::Duration;

use httparse::{EMPTY_HEADER, Error, Request, Status};
use rustix::event::PollFlags;

use crate::core::fleet::access::{Refusal, ScrapeRequest, metrics_response};

/// The largest header of a request. A browser's is a tenth of it.
const MAX_HEADER_BYTES: usize = 8 << 10;
/// The most lines of a header.
const MAX_HEADERS: usize = 64;
/// The bytes that are read at once.
const CHUNK_BYTES: usize = 2 << 10;

/// A connection.
pub struct Connection {
    stream: TcpStream,
    /// The time by which it must be over, on the monotonic clock.
    pub deadline: Duration,
    /// Whether the response has a body: not to a HEAD.
    has_body: bool,
    /// The answer to its request, whatever that is; `None` where that is judged.
    refusal: Option<Refusal>,
    state: ConnectionState,
}

enum ConnectionState {
    /// The beginning of the request.
    Reading(Vec<u8>),
    /// The request is granted, and the values are asked for.
    Waiting,
    Writing {
        response: Vec<u8>,
        written: usize,
    },
    /// The response is sent. A connection that is closed while the other side still sends is reset, and the response lost.
    Closing,
    Closed,
}

/// The judge of a request that came to this address.
pub type Judge<'a> = dyn Fn(&ScrapeRequest, IpAddr) -> Result<(), Refusal> + 'a;

impl Connection {
    /// A connection that is to bring a request.
    pub fn new(stream: TcpStream, deadline: Duration) -> io::Result<Connection> {
        stream.set_nonblocking(true)?;
        let state = ConnectionState::Reading(Vec::new());
        Ok(Connection { stream, deadline, has_body: true, refusal: None, state })
    }

    /// Has the request be refused once it is there: only then it is known whether the response has a body.
    pub fn refuse_request(&mut self, refusal: Refusal) {
        self.refusal = Some(refusal);
    }

    /// The socket.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// The events to wait for. The end of the connection is one always.
    pub fn interest(&self) -> PollFlags {
        match self.state {
            ConnectionState::Reading(_) | ConnectionState::Closing => PollFlags::IN,
            ConnectionState::Writing { .. } => PollFlags::OUT,
            ConnectionState::Waiting | ConnectionState::Closed => PollFlags::empty(),
        }
    }

    /// Whether it waits for the values.
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, ConnectionState::Waiting)
    }

    /// Whether it is over.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, ConnectionState::Closed)
    }

    /// Goes on after an event, as far as can be without waiting.
    pub fn advance(&mut self, judge: &Judge) {
        match &mut self.state {
            ConnectionState::Reading(_) => self.read(judge),
            ConnectionState::Writing { .. } => self.write(),
            ConnectionState::Closing => self.discard(),
            // The other side is gone.
            ConnectionState::Waiting => self.state = ConnectionState::Closed,
            ConnectionState::Closed => {}
        }
    }

    /// Sends the metrics.
    pub fn answer(&mut self, text: &str) {
        self.respond(metrics_response(text, self.has_body));
    }

    fn refuse(&mut self, refusal: &Refusal) {
        self.respond(refusal.response(self.has_body));
    }

    /// Ends the connection, whose time is over, with a last word where one is due.
    pub fn expire(&mut self) {
        match self.state {
            ConnectionState::Reading(_) => {
                let refusal = self.refusal.take().unwrap_or_else(Refusal::too_slow);
                self.refuse(&refusal);
            }
            ConnectionState::Waiting => self.refuse(&Refusal::no_answer()),
            _ => {}
        }
        self.state = ConnectionState::Closed;
    }

    fn read(&mut self, judge: &Judge) {
        let ConnectionState::Reading(header) = &mut self.state else { return };
        let mut chunk = [0; CHUNK_BYTES];
        let is_ended = loop {
            match (&self.stream).read(&mut chunk) {
                Ok(0) => break true,
                Ok(count) => header.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break false,
                Err(_) => return self.state = ConnectionState::Closed,
            }
            if header.len() > MAX_HEADER_BYTES {
                break false;
            }
        };
        let refusal = self.refusal.as_ref();
        let judged = self.stream.local_addr().map_err(|_| Refusal::bad_request()).and_then(|local| {
            let judge =
                |request: &ScrapeRequest| refusal.map_or_else(|| judge(request, local.ip()), |r| Err(r.clone()));
            let grant = grant(header, &judge)?;
            if grant.is_none() && header.len() > MAX_HEADER_BYTES { Err(Refusal::too_large()) } else { Ok(grant) }
        });
        self.has_body = !header.starts_with(b"HEAD ");
        match judged {
            Ok(Some(())) => self.state = ConnectionState::Waiting,
            // The rest of the request is still to come.
            Ok(None) if !is_ended => {}
            Ok(None) => self.state = ConnectionState::Closed,
            Err(refusal) => self.refuse(&refusal),
        }
    }

    fn respond(&mut self, response: Vec<u8>) {
        self.state = ConnectionState::Writing { response, written: 0 };
        self.write();
    }

    fn write(&mut self) {
        let ConnectionState::Writing { response, written } = &mut self.state else { return };
        while let Some(rest) = response.get(*written..).filter(|rest| !rest.is_empty()) {
            match (&self.stream).write(rest) {
                Ok(count) => *written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => return self.state = ConnectionState::Closed,
            }
        }
        let is_open = self.stream.shutdown(Shutdown::Write).is_ok();
        self.state = if is_open { ConnectionState::Closing } else { ConnectionState::Closed };
    }

    fn discard(&mut self) {
        let mut chunk = [0; CHUNK_BYTES];
        match (&self.stream).read(&mut chunk) {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Ok(1..) => {}
            Ok(0) | Err(_) => self.state = ConnectionState::Closed,
        }
    }
}

/// Whether the request with this header is granted; `None` while the header is not complete.
fn grant(header: &[u8], judge: &dyn Fn(&ScrapeRequest) -> Result<(), Refusal>) -> Result<Option<()>, Refusal> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = Request::new(&mut headers);
    match request.parse(header) {
        Ok(Status::Partial) => return Ok(None),
        Ok(Status::Complete(_)) => {}
        Err(Error::TooManyHeaders) => return Err(Refusal::too_large()),
        Err(_) => return Err(Refusal::bad_request()),
    }
    // The value of a header that is there once, and is text.
    let only = |name: &str| {
        let mut values = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        let first = values.next().filter(|_| values.next().is_none())?;
        std::str::from_utf8(first.value).ok()
    };
    let (Some(method), Some(target)) = (request.method, request.path) else { return Err(Refusal::bad_request()) };
    judge(&ScrapeRequest { method, target, host: only("host"), authorization: only("authorization") }).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The request that is judged, or the status of the refusal.
    fn judged(header: &str) -> Result<Option<String>, u16> {
        let seen = std::cell::RefCell::new(String::new());
        let judge = |request: &ScrapeRequest| {
            *seen.borrow_mut() = format!("{request:?}");
            Ok(())
        };
        let grant = grant(header.as_bytes(), &judge).map_err(|refusal| refusal.status)?;
        Ok(grant.map(|()| seen.take()))
    }

    #[test]
    fn a_request_is_judged_once_its_header_is_complete() {
        let header = "GET /metrics HTTP/1.1\r\nhOsT: [::1]:9912\r\nAuthorization: Bearer x\r\n\r\n";
        for length in 0..header.len() {
            assert_eq!(judged(&header[..length]), Ok(None), "{length}");
        }
        let request = ScrapeRequest {
            method: "GET",
            target: "/metrics",
            host: Some("[::1]:9912"),
            authorization: Some("Bearer x"),
        };
        assert_eq!(judged(header), Ok(Some(format!("{request:?}"))));
        assert_eq!(judged(&format!("{header}rest")), Ok(Some(format!("{request:?}"))));
    }

    #[test]
    fn a_header_that_is_there_twice_or_no_text_does_not_count() {
        for lines in ["Host: a\r\nHost: a\r\n", "Host: a\r\nhost: b\r\n", ""] {
            let judged = judged(&format!("GET / HTTP/1.1\r\n{lines}\r\n")).unwrap().unwrap();
            assert!(judged.contains("host: None"), "{judged}");
        }
    }

    #[test]
    fn garbage_is_refused() {
        for garbage in ["\u{16}\u{3}\u{1}", "GET /\r\n\r\n", "GET / HTTP/9\r\n\r\n", "GET / HTTP/1.1\r\na b: c\r\n\r\n"]
        {
            assert_eq!(judged(garbage), Err(400), "{garbage:?}");
        }
        assert_eq!(judged(&format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(65))), Err(431));
    }
}
