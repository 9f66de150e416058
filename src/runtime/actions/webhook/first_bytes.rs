//! The first bytes of a response, kept beside the client's own reading: they tell the status even where the client gives the
//! response up, and whether a server speaks TLS where it should not. And the headers of a response, fewer where the client would
//! give it up for their number.

use std::sync::{Arc, Mutex, PoisonError};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// The length of a status line up to its reason: `HTTP/1.1 200`.
const KEPT_BYTES: usize = 12;
/// The client gives a response with more than 128 headers up. Source: ureq-proto, `client/mod.rs`, `MAX_RESPONSE_HEADERS`.
const MANY_HEADERS: usize = 100;
/// The headers that are needed, where there are many.
const NEEDED: [&[u8]; 8] = [
    b"connection",
    b"content-encoding",
    b"content-length",
    b"content-type",
    b"date",
    b"location",
    b"retry-after",
    b"transfer-encoding",
];
/// The most bytes of headers that are taken out of a response. The client gives a longer head up.
const MAX_REMOVED_BYTES: usize = 256 << 10;
/// The first two bytes of a record of TLS that is an alert. Source: RFC 8446, 5.1.
const TLS_ALERT: [u8; 2] = [21, 3];

/// The bytes of one response, as far as they came. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct FirstBytes(Arc<Mutex<Vec<u8>>>);

impl FirstBytes {
    /// The status of a response of HTTP/1; `None` before one came, and of anything else.
    pub fn status(&self) -> Option<u16> {
        let bytes = self.bytes();
        let status = bytes.strip_prefix(b"HTTP/1.")?.get(2..5)?;
        str::from_utf8(status).ok()?.parse().ok()
    }

    /// Forgets the response before.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether the server answered with an alert of TLS.
    pub fn is_tls_alert(&self) -> bool {
        self.bytes().starts_with(&TLS_ALERT)
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, input: &[u8]) {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes.len() < KEPT_BYTES && input.len() > bytes.len() {
            *bytes = input.iter().take(KEPT_BYTES).copied().collect();
        }
    }
}

impl<In: Transport> Connector<In> for FirstBytes {
    type Out = Noted<In>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Noted<In>>, Error> {
        Ok(chained.map(|inner| Noted { inner, first: self.clone(), is_in_head: true, removed_bytes: 0 }))
    }
}

/// A connection whose first bytes are noted.
#[derive(Debug)]
pub struct Noted<In> {
    inner: In,
    first: FirstBytes,
    is_in_head: bool,
    removed_bytes: usize,
}

impl<In: Transport> Noted<In> {
    /// Takes headers that are not needed out of the input, where there are too many.
    fn trim_head(&mut self) {
        let buffers = self.inner.buffers();
        let length = buffers.input().len();
        let (trimmed, is_over) = trimmed_head(buffers.input());
        if let Some(trimmed) = trimmed {
            buffers.input_consume(length);
            let room = buffers.input_append_buf();
            let count = trimmed.len().min(room.len());
            room[..count].copy_from_slice(&trimmed[..count]);
            buffers.input_appended(count);
            self.removed_bytes += length - count;
        }
        self.is_in_head = !is_over && self.removed_bytes <= MAX_REMOVED_BYTES;
    }
}

/// A response, or its beginning, without the headers that are not needed; `None` where there are few. And whether its head is
/// complete.
fn trimmed_head(input: &[u8]) -> (Option<Vec<u8>>, bool) {
    let (mut kept, mut rest, mut lines, mut is_over) = (Vec::new(), input, 0, false);
    while let (false, Some(end)) = (is_over, rest.iter().position(|byte| *byte == b'\n')) {
        let (line, after) = rest.split_at(end + 1);
        rest = after;
        is_over = line.trim_ascii().is_empty();
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        if lines == 0 || is_over || NEEDED.iter().any(|needed| needed.eq_ignore_ascii_case(name)) {
            kept.extend_from_slice(line);
        }
        lines += 1;
    }
    kept.extend_from_slice(rest);
    ((lines > MANY_HEADERS).then_some(kept), is_over)
}

impl<In: Transport> Transport for Noted<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let has_come = self.inner.await_input(timeout)?;
        self.first.note(self.inner.buffers().input());
        if self.is_in_head {
            self.trim_head();
        }
        Ok(has_come)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_known_once_its_digits_are_there() {
        let first = FirstBytes::default();
        for (input, status) in [("HTTP", None), ("HTTP/1.1 20", None), ("HTTP/1.1 204 No Content\r\n", Some(204))] {
            first.note(input.as_bytes());
            assert_eq!(first.status(), status, "{input}");
        }
        first.note(b"HTTP/1.1 500 x");
        assert_eq!(first.status(), Some(204), "the first one counts");
    }

    #[test]
    fn an_alert_of_tls_is_no_status() {
        let first = FirstBytes::default();
        first.note(&[21, 3, 3, 0, 2, 2, 70]);
        assert!(first.is_tls_alert());
        assert_eq!(first.status(), None);
    }

    #[test]
    fn of_many_headers_those_that_are_needed_stay() {
        let many = |from: usize| (from..from + 200).map(|at| format!("X-{at}: date: {at}\r\n")).collect::<String>();
        let head = format!("HTTP/1.1 200 OK\r\nDATE: now\r\n{}Content-Length: 2\r\n", many(0));
        let beginning = b"HTTP/1.1 200 OK\r\nDATE: now\r\nContent-Length: 2\r\n".to_vec();
        let half = format!("{head}X-H");
        assert_eq!(trimmed_head(half.as_bytes()), (Some([&beginning[..], b"X-H"].concat()), false));
        for end in ["\r\n", "\n"] {
            let whole = format!("{head}{end}o\n\nk");
            let expected = [&beginning[..], end.as_bytes(), b"o\n\nk"].concat();
            assert_eq!(trimmed_head(whole.as_bytes()), (Some(expected), true));
        }
        let few = format!("HTTP/1.1 200 OK\r\nX-1: 1\r\n\r\n{}", many(0));
        assert_eq!(trimmed_head(few.as_bytes()), (None, true), "a body is not looked at");
        assert_eq!(trimmed_head(b"HTTP/1.1 200 OK\r\nX-1"), (None, false));
    }
}
