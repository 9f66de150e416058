//! A notification daemon that records its calls, and can fail as real ones do.
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

/// The behaviour of the daemon.
#[derive(Clone, Copy)]
pub enum Behaviour {
    Responds,
    /// Never responds, like a daemon that was stopped.
    Hangs,
    Refuses,
}

/// A `Notify` call, and the id of its reply (0 without a reply).
#[derive(Clone, Debug)]
pub struct NotifyCall {
    pub id: u32,
    pub sender: String,
    pub app_name: String,
    pub replaces: u32,
    pub summary: String,
    pub body: String,
    pub actions: Vec<String>,
    pub urgency: Option<u8>,
    pub sound_name: Option<String>,
    pub timeout: i32,
}

/// The calls of the daemon, in order.
#[derive(Clone, Debug)]
pub enum Call {
    Notify(NotifyCall),
    Close(u32),
}

/// The daemon on a bus.
pub struct Daemon {
    connection: Connection,
    state: Arc<Mutex<State>>,
}

impl Daemon {
    /// A daemon that is on the bus but has no name yet.
    pub fn asleep(bus: &Bus) -> Self {
        let state = Arc::new(Mutex::new(State::new()));
        let server = Server(Arc::clone(&state));
        let connection = bus.connect(|builder| builder.serve_at(PATH, server));
        Self { connection, state }
    }

    /// Takes the name.
    pub fn arrive(&self) {
        block_on(self.connection.request_name(NAME)).unwrap();
    }

    /// Gives the name up and forgets all notifications: the next daemon does not know them.
    pub fn leave(&self) {
        block_on(self.connection.release_name(NAME)).unwrap();
        let mut state = self.state.lock().unwrap();
        state.forgotten_id = state.last_id;
    }

    /// Changes its behaviour from now on.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        self.state.lock().unwrap().behaviour = behaviour;
    }

    /// Changes the capabilities that it reports.
    pub fn set_capabilities(&self, capabilities: &[&str]) {
        self.state.lock().unwrap().capabilities = capabilities.iter().copied().map(str::to_owned).collect();
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.state.lock().unwrap().calls.clone()
    }

    /// The notifications so far.
    pub fn notifications(&self) -> Vec<NotifyCall> {
        let notification = |call| match call {
            Call::Notify(notification) => Some(notification),
            Call::Close(_) => None,
        };
        self.calls().into_iter().filter_map(notification).collect()
    }

    /// The ids of all `CloseNotification` calls so far.
    pub fn closed(&self) -> Vec<u32> {
        let closed = |call| match call {
            Call::Notify(_) => None,
            Call::Close(id) => Some(id),
        };
        self.calls().into_iter().filter_map(closed).collect()
    }

    /// Presses the button `label` of a notification.
    pub fn press(&self, notification: &NotifyCall, label: &str) {
        let pair =
            notification.actions.chunks(2).find(|pair| pair[1] == label).unwrap_or_else(|| panic!("{notification:?}"));
        let emitter = SignalEmitter::new(&self.connection, PATH).unwrap();
        block_on(Server::action_invoked(&emitter, notification.id, &pair[0])).unwrap();
    }

    /// Waits for `count` notifications in all, and returns the last of them.
    #[track_caller]
    pub fn wait_notification(&self, count: usize) -> NotifyCall {
        let notification = || self.notifications().into_iter().nth(count - 1);
        wait_for(&format!("{count} notification(s)"), SOON, notification)
    }
}

struct State {
    behaviour: Behaviour,
    capabilities: Vec<String>,
    calls: Vec<Call>,
    last_id: u32,
    /// Notifications up to this id are forgotten.
    forgotten_id: u32,
}

impl State {
    fn new() -> Self {
        let capabilities = vec!["actions".to_owned(), "body".to_owned()];
        Self { behaviour: Behaviour::Responds, capabilities, calls: Vec::new(), last_id: 0, forgotten_id: 0 }
    }

    fn identity(&mut self, replaces: u32) -> u32 {
        match (self.behaviour, replaces) {
            (Behaviour::Hangs | Behaviour::Refuses, _) => 0,
            (Behaviour::Responds, known) if known > self.forgotten_id => known,
            (Behaviour::Responds, _) => {
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
        let sound_name = hints.get("sound-name").and_then(|hint| String::try_from(hint.clone()).ok());
        let (behaviour, id) = {
            let mut state = self.0.lock().unwrap();
            let id = state.identity(replaces);
            let notification =
                NotifyCall { id, sender, app_name, replaces, summary, body, actions, urgency, sound_name, timeout };
            state.calls.push(Call::Notify(notification));
            (state.behaviour, id)
        };
        match behaviour {
            Behaviour::Responds => Ok(id),
            Behaviour::Hangs => pending().await,
            Behaviour::Refuses => Err(fdo::Error::Failed("no notification today".to_owned())),
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
