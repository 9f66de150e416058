//! A panel: `StatusNotifierWatcher` and host, which tray items register with.
use std::sync::{Arc, Mutex};

use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, block_on, interface};

use super::bus::Bus;
use super::item::Item;
use crate::wait::{SOON, wait_for};

const NAME: &str = "org.kde.StatusNotifierWatcher";
const DBUS: &str = "org.freedesktop.DBus";

/// The address of a tray item: the bus name of its process, and its object.
#[derive(Clone, Debug, PartialEq)]
pub struct Address {
    pub bus_name: String,
    pub path: String,
}

/// The panel on a bus. It can crash and come back, as panels do.
pub struct Host {
    connection: Connection,
    registered: Registered,
}

impl Host {
    /// A panel that is on the bus but does not have the watcher's name yet.
    pub fn asleep(bus: &Bus) -> Self {
        let registered = Registered::default();
        let watcher = Watcher(Arc::clone(&registered));
        let connection = bus.connect(|builder| builder.serve_at("/StatusNotifierWatcher", watcher));
        Self { connection, registered }
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

    /// Whether `name` has an owner. The name of a sender that has left, or of an ended process, has none.
    pub fn is_on_bus(&self, name: &str) -> bool {
        let (bus, path, name) = (Some(DBUS), "/org/freedesktop/DBus", (name,));
        let call = self.connection.call_method(bus, path, bus, "NameHasOwner", &name);
        block_on(call).unwrap().body().deserialize().unwrap()
    }
}

type Registered = Arc<Mutex<Vec<Address>>>;

struct Watcher(Registered);

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
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(signal)]
    async fn status_notifier_item_registered(emitter: &SignalEmitter<'_>, service: &str) -> zbus::Result<()>;
}
