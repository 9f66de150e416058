//! A notification daemon that records its calls, and can fail as real ones do.
use std::collections::{BTreeMap, HashMap};
use std::future::pending;
use std::sync::{Arc, Mutex};

use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, OwnedVariant, block_on, connection, fdo, interface};

use super::bus::Bus;
use crate::wait::{SOON, wait_for};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// The reasons of a closing, by the specification.
const EXPIRED: u32 = 1;
const CLOSED_BY_CALL: u32 = 3;

/// The behaviour of the daemon.
#[derive(Clone, Copy)]
pub enum Behaviour {
    Responds,
    /// Never responds, like a daemon that was stopped.
    Hangs,
    Refuses,
}

/// The rule by which a service replaces a notification by its number.
#[derive(Clone, Copy, PartialEq)]
pub enum ReplaceRule {
    /// The number decides alone.
    ByNumber,
    /// GNOME: a notification belongs to the connection that sent it, and is an unknown one for every other. One of low urgency
    /// or of a moment is not shown, and none goes by itself, whatever its time.
    OfOneSender,
    /// Plasma: one that has expired is changed in the history, without a popup.
    WithoutPopup,
}

/// A `Notify` call, and the id of its reply (0 without a reply).
#[derive(Clone, Debug)]
pub struct NotifyCall {
    pub id: u32,
    pub sender: String,
    pub app_name: String,
    pub icon: String,
    pub desktop_entry: Option<String>,
    pub is_transient: bool,
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
    Notify(Box<NotifyCall>),
    Close(u32),
}

/// The daemon on a bus.
pub struct Daemon {
    address: String,
    connection: Mutex<Connection>,
    state: Arc<Mutex<State>>,
}

impl Daemon {
    /// A daemon that is on the bus but has no name yet.
    pub fn asleep(bus: &Bus) -> Self {
        let (address, state) = (bus.address().to_owned(), Arc::new(Mutex::new(State::new())));
        Self { connection: Mutex::new(serve(&address, &state)), address, state }
    }

    /// Takes the name.
    pub fn arrive(&self) {
        block_on(self.connection.lock().unwrap().request_name(NAME)).unwrap();
    }

    /// Ends. The next daemon is another connection, knows none of the notifications, and its numbers begin anew.
    pub fn leave(&self) {
        let mut connection = self.connection.lock().unwrap();
        block_on(connection.release_name(NAME)).unwrap();
        let mut state = self.state.lock().unwrap();
        state.last_id = 0;
        state.visible.clear();
        *connection = serve(&self.address, &self.state);
    }

    /// Replaces notifications by this rule from now on.
    pub fn set_replace_rule(&self, rule: ReplaceRule) {
        self.state.lock().unwrap().replace_rule = rule;
    }

    /// The titles of the popups on the screen, oldest first.
    pub fn popups(&self) -> Vec<String> {
        self.state.lock().unwrap().visible.values().map(|popup| popup.summary.clone()).collect()
    }

    /// Waits until the popups on the screen have these titles.
    #[track_caller]
    pub fn wait_popups(&self, titles: &[&str]) {
        wait_for(&format!("the popups {titles:?}"), SOON, || (self.popups() == titles).then_some(()));
    }

    /// Takes a popup from the screen after its time, and says so.
    pub fn expire(&self, id: u32) {
        self.state.lock().unwrap().visible.remove(&id);
        let connection = self.connection.lock().unwrap();
        let emitter = SignalEmitter::new(&connection, PATH).unwrap();
        block_on(Server::notification_closed(&emitter, id, EXPIRED)).unwrap();
    }

    /// Shows the notification of another program, and returns its number.
    pub fn show_of_another(&self, summary: &str) -> u32 {
        let mut state = self.state.lock().unwrap();
        state.last_id += 1;
        let id = state.last_id;
        state.visible.insert(id, Popup { sender: "another".to_owned(), summary: summary.to_owned() });
        id
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
            Call::Notify(notification) => Some(*notification),
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
        self.press_key(notification.id, &pair[0]);
    }

    /// Reports that the button with this key of the notification `id` was pressed.
    pub fn press_key(&self, id: u32, key: &str) {
        let connection = self.connection.lock().unwrap();
        let emitter = SignalEmitter::new(&connection, PATH).unwrap();
        block_on(Server::action_invoked(&emitter, id, key)).unwrap();
    }

    /// Waits for `count` notifications in all, and returns the last of them.
    #[track_caller]
    pub fn wait_notification(&self, count: usize) -> NotifyCall {
        let notification = || self.notifications().into_iter().nth(count - 1);
        wait_for(&format!("{count} notification(s)"), SOON, notification)
    }
}

fn serve(address: &str, state: &Arc<Mutex<State>>) -> Connection {
    let builder = connection::Builder::address(address).serve_at(PATH, Server(Arc::clone(state)));
    block_on(builder.build()).unwrap()
}

struct State {
    behaviour: Behaviour,
    replace_rule: ReplaceRule,
    capabilities: Vec<String>,
    calls: Vec<Call>,
    last_id: u32,
    visible: BTreeMap<u32, Popup>,
}

/// A notification on the screen.
struct Popup {
    sender: String,
    summary: String,
}

impl State {
    fn new() -> Self {
        Self {
            behaviour: Behaviour::Responds,
            replace_rule: ReplaceRule::ByNumber,
            capabilities: vec!["actions".to_owned(), "body".to_owned()],
            calls: Vec::new(),
            last_id: 0,
            visible: BTreeMap::new(),
        }
    }

    /// Shows a notification, and returns its number; `None` when it is refused.
    fn show(&mut self, notification: &NotifyCall) -> Option<u32> {
        let replaces = notification.replaces;
        let before = self.visible.get(&replaces);
        let is_own = before.is_some_and(|popup| popup.sender == notification.sender);
        if replaces != 0 && self.replace_rule == ReplaceRule::OfOneSender && !is_own {
            return None;
        }
        let is_silent = replaces != 0 && self.replace_rule == ReplaceRule::WithoutPopup && before.is_none();
        let is_hidden = self.replace_rule == ReplaceRule::OfOneSender
            && (notification.is_transient || notification.urgency == Some(0));
        let id = if replaces == 0 { self.last_id + 1 } else { replaces };
        self.last_id = self.last_id.max(id);
        if !is_silent && !is_hidden {
            let (sender, summary) = (notification.sender.clone(), notification.summary.clone());
            self.visible.insert(id, Popup { sender, summary });
        }
        Some(id)
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
        icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedVariant>,
        timeout: i32,
        #[zbus(header)] header: Header<'_>,
    ) -> fdo::Result<u32> {
        let sender = header.sender().unwrap().to_string();
        let urgency = hints.get("urgency").and_then(|hint| u8::try_from(hint.clone()).ok());
        let text = |name: &str| hints.get(name).and_then(|hint| String::try_from(hint.clone()).ok());
        let (sound_name, desktop_entry) = (text("sound-name"), text("desktop-entry"));
        let is_transient = hints.get("transient").and_then(|hint| bool::try_from(hint.clone()).ok()) == Some(true);
        let mut notification = NotifyCall {
            id: 0,
            sender,
            app_name,
            icon,
            desktop_entry,
            is_transient,
            replaces,
            summary,
            body,
            actions,
            urgency,
            sound_name,
            timeout,
        };
        let (behaviour, id) = {
            let mut state = self.0.lock().unwrap();
            let responds = matches!(state.behaviour, Behaviour::Responds);
            let id = if responds { state.show(&notification) } else { None };
            notification.id = id.unwrap_or(0);
            state.calls.push(Call::Notify(Box::new(notification)));
            (state.behaviour, id)
        };
        match behaviour {
            Behaviour::Responds => id.ok_or_else(|| fdo::Error::InvalidArgs("Invalid notification ID".to_owned())),
            Behaviour::Hangs => pending().await,
            Behaviour::Refuses => Err(fdo::Error::Failed("no notification today".to_owned())),
        }
    }

    async fn close_notification(
        &self,
        id: u32,
        #[zbus(header)] header: Header<'_>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) {
        let is_known = {
            let mut state = self.0.lock().unwrap();
            state.calls.push(Call::Close(id));
            let sender = header.sender().unwrap().to_string();
            let is_foreign = state.visible.get(&id).is_some_and(|popup| popup.sender != sender);
            !(is_foreign && state.replace_rule == ReplaceRule::OfOneSender) && state.visible.remove(&id).is_some()
        };
        if !is_known {
            return;
        }
        // The sender may be gone already.
        let _ = Self::notification_closed(&emitter, id, CLOSED_BY_CALL).await;
    }

    fn get_capabilities(&self) -> Vec<String> {
        self.0.lock().unwrap().capabilities.clone()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let is_gnome = self.0.lock().unwrap().replace_rule == ReplaceRule::OfOneSender;
        let name = if is_gnome { "gnome-shell" } else { "recorder" };
        let [vendor, version, protocol] = ["loadline", "1", "1.2"];
        (name.to_owned(), vendor.to_owned(), version.to_owned(), protocol.to_owned())
    }

    #[zbus(signal)]
    async fn notification_closed(emitter: &SignalEmitter<'_>, id: u32, reason: u32) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, key: &str) -> zbus::Result<()>;
}
