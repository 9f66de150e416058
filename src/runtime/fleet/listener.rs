//! The thread of the endpoint. It sleeps until somebody asks, and asks the app for the values only then.

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::connection::Connection;
use super::identity::identity;
use crate::core::fleet::access::{Refusal, judge};
use crate::core::fleet::endpoint::EndpointOptions;
use crate::core::fleet::exposition;
use crate::core::fleet::snapshot::MetricsSnapshot;
use crate::core::fleet::table::{MachineIdentity, table};
use crate::runtime::clock;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::sources::machine::host_name;

/// The time for a request, its response, and the end of the connection.
const TIME_LIMIT: Duration = Duration::from_secs(2);
/// The most connections that are served at once.
const MAX_SERVED: usize = 8;
/// The most connections that are open at once: those above [`MAX_SERVED`] are told so. Further ones wait in the kernel.
const MAX_OPEN: usize = 2 * MAX_SERVED;
/// The pause where the system has no socket left for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// A socket that listens, and its connections.
pub struct Listener {
    socket: TcpListener,
    options: EndpointOptions,
    /// A byte wakes this thread for the values in the slot; the end of the stream ends it.
    woken: UnixStream,
    slot: Arc<Mutex<Option<MetricsSnapshot>>>,
    inbox: Arc<Inbox>,
    identity: MachineIdentity,
    connections: Vec<Connection>,
    /// The app was asked for values that have not come yet.
    is_asked: bool,
    /// No connection is accepted until then, on the monotonic clock.
    paused_until: Duration,
}

impl Listener {
    /// A listener; `socket` and `woken` must not block.
    pub fn new(
        socket: TcpListener,
        options: EndpointOptions,
        woken: UnixStream,
        slot: Arc<Mutex<Option<MetricsSnapshot>>>,
        inbox: Arc<Inbox>,
    ) -> Listener {
        let (connections, paused_until) = (Vec::new(), Duration::ZERO);
        let (identity, is_asked) = (identity(), false);
        Listener { socket, options, woken, slot, inbox, identity, connections, is_asked, paused_until }
    }

    /// Serves requests until it is woken for its end.
    pub fn run(mut self) {
        while let Some(ready) = self.wait() {
            self.advance(&ready);
            self.accept();
            self.ask();
            self.answer();
            let now = clock::monotonic();
            self.connections.iter_mut().filter(|open| open.deadline <= now).for_each(Connection::expire);
            self.connections.retain(|open| !open.is_closed());
        }
    }

    /// Waits for events, and returns those of each connection; `None` at the end.
    fn wait(&self) -> Option<Vec<PollFlags>> {
        let now = clock::monotonic();
        let is_paused = now < self.paused_until;
        let is_accepting = self.connections.len() < MAX_OPEN && !is_paused;
        let mut sockets = vec![
            PollFd::new(&self.woken, PollFlags::IN),
            PollFd::new(&self.socket, if is_accepting { PollFlags::IN } else { PollFlags::empty() }),
        ];
        sockets.extend(self.connections.iter().map(|open| PollFd::new(open.stream(), open.interest())));
        let deadlines = self.connections.iter().map(|open| open.deadline);
        let next = deadlines.chain(is_paused.then_some(self.paused_until)).min();
        let limit = next.and_then(|next| Timespec::try_from(next.saturating_sub(now)).ok());
        // An error but EINTR is not to be expected, and would come again at once.
        match poll(&mut sockets, limit.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Some(Vec::new()),
            Err(_) => return None,
        }
        let is_over = !sockets[0].revents().is_empty() && self.is_over();
        (!is_over).then(|| sockets.iter().skip(2).map(PollFd::revents).collect())
    }

    /// Whether the stream of wake-ups has ended. Takes the bytes in it.
    fn is_over(&self) -> bool {
        match (&self.woken).read(&mut [0; 64]) {
            Ok(count) => count == 0,
            Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
        }
    }

    fn advance(&mut self, ready: &[PollFlags]) {
        let (options, own_name) = (&self.options, host_name());
        for (connection, _) in self.connections.iter_mut().zip(ready).filter(|(_, events)| !events.is_empty()) {
            connection.advance(&|request, local| judge(request, options, local, &own_name));
        }
    }

    fn accept(&mut self) {
        while self.connections.len() < MAX_OPEN && clock::monotonic() >= self.paused_until {
            match self.socket.accept() {
                Ok((stream, _)) => self.take(stream),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return,
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => {}
                    _ => self.paused_until = clock::monotonic() + ACCEPT_PAUSE,
                },
            }
        }
    }

    fn take(&mut self, stream: TcpStream) {
        let is_full = self.connections.len() >= MAX_SERVED;
        // A connection that cannot be set up is closed.
        if let Ok(mut connection) = Connection::new(stream, clock::monotonic() + TIME_LIMIT) {
            if is_full {
                connection.refuse_request(Refusal::too_many());
            }
            self.connections.push(connection);
        }
    }

    /// Asks the app for values, if a connection waits for some. An app that stands still is asked once.
    fn ask(&mut self) {
        if self.is_asked || !self.connections.iter().any(Connection::is_waiting) {
            return;
        }
        self.is_asked = self.inbox.send(Input::MetricsWanted);
        if !self.is_asked {
            // The app has ended.
            self.connections.iter_mut().filter(|open| open.is_waiting()).for_each(Connection::expire);
        }
    }

    /// Sends the values to all that wait for them, if they have come.
    fn answer(&mut self) {
        let Some(snapshot) = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        self.is_asked = false;
        if self.connections.iter().any(Connection::is_waiting) {
            self.identity.host = host_name();
            let text = exposition::text(&table(&snapshot, &self.identity));
            self.connections.iter_mut().filter(|open| open.is_waiting()).for_each(|open| open.answer(&text));
        }
    }
}
