//! A notification daemon that writes down what it is asked, and can be as bad as real ones.
use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex};

use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, OwnedVariant, block_on, fdo, interface};

use super::bus::Bus;
use crate::wait::{SOON, wait_for};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// How the daemon takes a notification.
#[derive(Clone, Copy)]
pub enum Manner {
    Answers,
    /// Never answers, like a daemon that was stopped.
    Hangs,
    Refuses,
}

/// A `Notify` call, and the identity it was answered with (0 when it was not).
#[derive(Clone, Debug)]
pub struct Note {
    pub id: u32,
    pub sender: String,
    pub app_name: String,
    pub replaces: u32,
    pub summary: String,
    pub body: String,
    pub actions: Vec<String>,
    pub urgency: Option<u8>,
    pub timeout: i32,
}

/// What the daemon was asked, in order.
#[derive(Clone, Debug)]
pub enum Call {
    Notify(Note),
    Close(u32),
}

/// The daemon on a bus.
pub struct Daemon {
    connection: Connection,
    state: Arc<Mutex<State>>,
}

impl Daemon {
    /// A daemon that is on the bus but has not yet taken its name.
    pub fn asleep(bus: &Bus) -> Self {
        let state = Arc::new(Mutex::new(State::new()));
        let server = Server(Arc::clone(&state));
        let connection = bus.connect(|builder| builder.serve_at(PATH, server));
        Self { connection, state }
    }

    /// The daemon is there.
    pub fn arrive(&self) {
        block_on(self.connection.request_name(NAME)).unwrap();
    }

    /// The daemon is gone, and what it showed with it: the next one does not know it.
    pub fn leave(&self) {
        block_on(self.connection.release_name(NAME)).unwrap();
        let mut state = self.state.lock().unwrap();
        state.forgotten_id = state.last_id;
    }

    /// From now on it takes notifications like this.
    pub fn set_manner(&self, manner: Manner) {
        self.state.lock().unwrap().manner = manner;
    }

    /// From now on it says that it can do this.
    pub fn set_capabilities(&self, capabilities: &[&str]) {
        self.state.lock().unwrap().capabilities = capabilities.iter().copied().map(str::to_owned).collect();
    }

    /// Everything it was asked so far.
    pub fn calls(&self) -> Vec<Call> {
        self.state.lock().unwrap().calls.clone()
    }

    /// The notifications so far.
    pub fn notes(&self) -> Vec<Note> {
        let note = |call| match call {
            Call::Notify(note) => Some(note),
            Call::Close(_) => None,
        };
        self.calls().into_iter().filter_map(note).collect()
    }

    /// The identities it was asked to close so far.
    pub fn closed(&self) -> Vec<u32> {
        let closed = |call| match call {
            Call::Notify(_) => None,
            Call::Close(id) => Some(id),
        };
        self.calls().into_iter().filter_map(closed).collect()
    }

    /// Presses the button of a notification that says `label`, as somebody would who sees it.
    pub fn press(&self, note: &Note, label: &str) {
        let pair = note.actions.chunks(2).find(|pair| pair[1] == label).unwrap_or_else(|| panic!("{note:?}"));
        let emitter = SignalEmitter::new(&self.connection, PATH).unwrap();
        block_on(Server::action_invoked(&emitter, note.id, &pair[0])).unwrap();
    }

    /// Waits for `count` notifications in all, and gives the last of them.
    #[track_caller]
    pub fn wait_note(&self, count: usize) -> Note {
        let note = || self.notes().into_iter().nth(count - 1);
        wait_for(&format!("{count} notification(s)"), SOON, note)
    }
}

struct State {
    manner: Manner,
    capabilities: Vec<String>,
    calls: Vec<Call>,
    last_id: u32,
    /// Up to this, they are not on the screen any more.
    forgotten_id: u32,
}

impl State {
    fn new() -> Self {
        let capabilities = vec!["actions".to_owned(), "body".to_owned()];
        Self { manner: Manner::Answers, capabilities, calls: Vec::new(), last_id: 0, forgotten_id: 0 }
    }

    fn identity(&mut self, replaces: u32) -> u32 {
        match (self.manner, replaces) {
            (Manner::Hangs | Manner::Refuses, _) => 0,
            (Manner::Answers, known) if known > self.forgotten_id => known,
            (Manner::Answers, _) => {
                self.last_id += 1;
                self.last_id
            }
        }
    }
}

struct Server(Arc<Mutex<State>>);

#[interface(name = "org.freedesktop.Notifications")]
impl Server {
    // The protocol's own eight arguments.
    #[allow(clippy::too_many_arguments)]
    async fn notify(
        &self,
        app_name: String,
        replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedVariant>,
        timeout: i32,
        #[zbus(header)] header: Header<'_>,
    ) -> fdo::Result<u32> {
        let sender = header.sender().unwrap().to_string();
        let urgency = hints.get("urgency").and_then(|hint| u8::try_from(hint.clone()).ok());
        let (manner, id) = {
            let mut state = self.0.lock().unwrap();
            let id = state.identity(replaces);
            let note = Note { id, sender, app_name, replaces, summary, body, actions, urgency, timeout };
            state.calls.push(Call::Notify(note));
            (state.manner, id)
        };
        match manner {
            Manner::Answers => Ok(id),
            Manner::Hangs => pending().await,
            Manner::Refuses => Err(fdo::Error::Failed("no notification today".to_owned())),
        }
    }

    async fn close_notification(&self, id: u32, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) {
        let is_known = {
            let mut state = self.0.lock().unwrap();
            state.calls.push(Call::Close(id));
            id > state.forgotten_id
        };
        if !is_known {
            return;
        }
        // 3: closed by CloseNotification. The sender may be gone already.
        let _ = Self::notification_closed(&emitter, id, 3).await;
    }

    fn get_capabilities(&self) -> Vec<String> {
        self.0.lock().unwrap().capabilities.clone()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let [name, vendor, version, protocol] = ["recorder", "loadline", "1", "1.2"];
        (name.to_owned(), vendor.to_owned(), version.to_owned(), protocol.to_owned())
    }

    #[zbus(signal)]
    async fn notification_closed(emitter: &SignalEmitter<'_>, id: u32, reason: u32) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, key: &str) -> zbus::Result<()>;
}
