//! A record of all signals that the program sends to the panel.
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use zbus::export::futures_core::Stream;
use zbus::message::{Message, Type};
use zbus::{Connection, MatchRule, MessageStream, Structure, block_on};

use super::bus::Bus;

/// The panel redraws at each of these signals.
const INTERFACES: [&str; 3] =
    ["org.kde.StatusNotifierItem", "com.canonical.dbusmenu", "org.freedesktop.DBus.Properties"];

/// One signal, with its content as text.
#[derive(Clone, Debug)]
pub struct Signal {
    pub name: String,
    pub at: Instant,
    pub content: String,
}

/// A listener on its own connection; it ends with this value.
pub struct Signals {
    connection: Connection,
    seen: Arc<Mutex<Vec<Signal>>>,
    listener: Option<JoinHandle<()>>,
}

impl Signals {
    /// Starts to listen.
    pub fn listen(bus: &Bus) -> Self {
        let connection = bus.connect(|builder| builder);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        let rule = MatchRule::builder().msg_type(Type::Signal).build().unwrap();
        let stream = MessageStream::for_match_rule(rule, &connection, None);
        let mut stream = block_on(stream).unwrap();
        let listen = move || {
            while let Some(Ok(message)) = next(&mut stream) {
                sink.lock().unwrap().extend(signal(&message));
            }
        };
        Self { connection, seen, listener: Some(thread::spawn(listen)) }
    }

    /// The signals so far.
    pub fn received(&self) -> Vec<Signal> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // Closing the connection ends the stream, and with it the thread.
        let _ = block_on(self.connection.clone().close());
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

pub fn next(stream: &mut MessageStream) -> Option<zbus::Result<Message>> {
    block_on(poll_fn(|context| Pin::new(&mut *stream).poll_next(context)))
}

fn signal(message: &Message) -> Option<Signal> {
    let header = message.header();
    let interface = header.interface()?;
    INTERFACES.contains(&interface.as_str()).then(|| Signal {
        name: header.member().map(ToString::to_string).unwrap_or_default(),
        at: Instant::now(),
        content: content(message),
    })
}

pub fn content(message: &Message) -> String {
    let body = message.body();
    body.deserialize::<Structure<'_>>().map(|body| format!("{body:?}")).unwrap_or_default()
}
