//! The first bytes of a response, kept beside the client's own reading: they tell the status even where the client gives the
//! response up, and whether a server speaks TLS where it should not.

use std::sync::{Arc, Mutex, PoisonError};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// The length of a status line up to its reason: `HTTP/1.1 200`.
const KEPT_BYTES: usize = 12;
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
        Ok(chained.map(|inner| Noted { inner, first: self.clone() }))
    }
}

/// A connection whose first bytes are noted.
#[derive(Debug)]
pub struct Noted<In> {
    inner: In,
    first: FirstBytes,
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
}
