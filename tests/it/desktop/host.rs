//! A panel: `StatusNotifierWatcher` and host, which tray items register with.
use std::sync::{Arc, Mutex};

use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, DynamicType, Message, block_on, fdo, interface};

use super::bus::Bus;
use super::item::Item;
use crate::process::Program;
use crate::wait::{SOON, wait_for};

const NAME: &str = "org.kde.StatusNotifierWatcher";
const PATH: &str = "/StatusNotifierWatcher";
/// The object of Loadline's item.
const ITEM_PATH: &str = "/org/ayatana/NotificationItem/tray_icon_tray_app_loadline";
const DBUS: &str = "org.freedesktop.DBus";

/// The address of a tray item: the bus name of its process, and its object.
#[derive(Clone, Debug, PartialEq)]
pub struct Address {
    pub bus_name: String,
    pub path: String,
}

/// The answer of the watcher to the question whether a panel is registered with it.
#[derive(Clone, Copy, PartialEq)]
pub enum PanelAnswer {
    Yes,
    No,
    /// It does not know the property.
    Unknown,
}

/// The panel on a bus. It can crash and come back, as panels do.
pub struct Host {
    connection: Connection,
    registered: Registered,
    answer: Arc<Mutex<PanelAnswer>>,
}

impl Host {
    /// A panel that is on the bus but does not have the watcher's name yet.
    pub fn asleep(bus: &Bus) -> Self {
        let (registered, answer) = (Registered::default(), Arc::new(Mutex::new(PanelAnswer::Yes)));
        let watcher = Watcher(Arc::clone(&registered), Arc::clone(&answer));
        let connection = bus.connect(|builder| builder.serve_at(PATH, watcher));
        Self { connection, registered, answer }
    }

    /// Changes whether a panel is registered with the watcher, without a word.
    pub fn set_panel(&self, answer: PanelAnswer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// Sends the signal that a panel has registered with the watcher, or gone.
    pub fn tell_of_panel(&self) {
        let emitter = SignalEmitter::new(&self.connection, PATH).unwrap();
        let has_panel = *self.answer.lock().unwrap() == PanelAnswer::Yes;
        let sent = block_on(async {
            if has_panel {
                Watcher::status_notifier_host_registered(&emitter).await
            } else {
                Watcher::status_notifier_host_unregistered(&emitter).await
            }
        });
        sent.unwrap();
    }

    /// Sends the change of the property alone.
    pub fn tell_of_property(&self) {
        let emitter = SignalEmitter::new(&self.connection, PATH).unwrap();
        let watcher = Watcher(Arc::clone(&self.registered), Arc::clone(&self.answer));
        block_on(watcher.is_status_notifier_host_registered_changed(&emitter)).unwrap();
    }

    /// Takes the name: programs that wait for a watcher register their items.
    pub fn arrive(&self) {
        block_on(self.connection.request_name(NAME)).unwrap();
    }

    /// Gives the name up, and every registration with it.
    pub fn leave(&self) {
        block_on(self.connection.release_name(NAME)).unwrap();
        self.forget_items();
    }

    /// Forgets the items of programs that ended, so that `item` means the next one.
    pub fn forget_items(&self) {
        self.registered.lock().unwrap().clear();
    }

    /// The tray item that registered last, once one has.
    #[track_caller]
    pub fn item(&self) -> Item {
        let newest = || self.registered.lock().unwrap().last().cloned();
        let address = wait_for("a tray item to register", SOON, newest);
        Item::new(self.connection.clone(), address)
    }

    /// The tray item of a program that has not registered it: in an old panel the menu is the program's own, but on the bus, too.
    #[track_caller]
    pub fn unregistered_item(&self, app: &Program) -> Item {
        let bus_name = wait_for("the item on the bus", SOON, || {
            let names: Vec<String> = self.ask_bus("ListNames", &()).unwrap().body().deserialize().unwrap();
            let of_app = |name: &String| {
                let call = self.ask_bus("GetConnectionUnixProcessID", &(name.as_str(),));
                let is_of_app = call.is_ok_and(|answer| answer.body().deserialize::<u32>().unwrap() == app.id());
                let address = Address { bus_name: name.clone(), path: ITEM_PATH.to_owned() };
                is_of_app && Item::new(self.connection.clone(), address).menu().is_some()
            };
            names.into_iter().filter(|name| name.starts_with(':')).find(of_app)
        });
        Item::new(self.connection.clone(), Address { bus_name, path: ITEM_PATH.to_owned() })
    }

    /// Whether `name` has an owner. The name of a sender that has left, or of an ended process, has none.
    pub fn is_on_bus(&self, name: &str) -> bool {
        self.ask_bus("NameHasOwner", &(name,)).unwrap().body().deserialize().unwrap()
    }

    fn ask_bus<B>(&self, method: &str, body: &B) -> zbus::Result<Message>
    where
        B: serde::Serialize + DynamicType,
    {
        block_on(self.connection.call_method(Some(DBUS), "/org/freedesktop/DBus", Some(DBUS), method, body))
    }
}

type Registered = Arc<Mutex<Vec<Address>>>;

struct Watcher(Registered, Arc<Mutex<PanelAnswer>>);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    /// libayatana-appindicator gives the path of its object (its bus name is then the sender's),
    /// ksni and KDE give a bus name (the path is then the usual one).
    async fn register_status_notifier_item(
        &self,
        service: &str,
        #[zbus(header)] header: Header<'_>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) {
        let sender = header.sender().unwrap().to_string();
        let (bus_name, path) = match service.starts_with('/') {
            true => (sender, service.to_owned()),
            false => (service.to_owned(), "/StatusNotifierItem".to_owned()),
        };
        let service = format!("{bus_name}{path}");
        self.0.lock().unwrap().push(Address { bus_name, path });
        // Only the test listens, and it has the address already.
        let _ = Self::status_notifier_item_registered(&emitter, &service).await;
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        let items = self.0.lock().unwrap();
        items.iter().map(|item| format!("{}{}", item.bus_name, item.path)).collect()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> fdo::Result<bool> {
        match *self.1.lock().unwrap() {
            PanelAnswer::Yes => Ok(true),
            PanelAnswer::No => Ok(false),
            PanelAnswer::Unknown => Err(fdo::Error::UnknownProperty("no such property".to_owned())),
        }
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(signal)]
    async fn status_notifier_item_registered(emitter: &SignalEmitter<'_>, service: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn status_notifier_host_registered(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn status_notifier_host_unregistered(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}
