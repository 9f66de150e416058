//! The services on the system bus that report the power state.
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use zbus::object_server::SignalEmitter;
use zbus::{Connection, Variant, block_on, interface};

use super::bus::Bus;

/// The property of a service.
#[derive(Clone, Copy)]
pub enum Kind {
    /// UPower: whether the machine is on battery.
    Battery,
    /// power-profiles-daemon: whether the profile is the one that saves power.
    LowPower,
    /// logind: whether the session is locked.
    Locked,
}

/// A service on a bus.
pub struct Service {
    connection: Connection,
    kind: Kind,
    is_on: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

/// The object of the session. logind has its properties at [`AUTO`] as well, but reports changes only here.
const SESSION: &str = "/org/freedesktop/login1/session/_31";
const AUTO: &str = "/org/freedesktop/login1/session/auto";

impl Service {
    /// A service that has its name.
    pub fn arrived(bus: &Bus, kind: Kind, is_on: bool) -> Service {
        let service = Service::asleep(bus, kind, is_on);
        service.arrive();
        service
    }

    /// A service that is on the bus but has no name yet.
    pub fn asleep(bus: &Bus, kind: Kind, is_on: bool) -> Service {
        let is_on = Arc::new(AtomicBool::new(is_on));
        let (state, asked) = (|| Arc::clone(&is_on), Arc::<AtomicUsize>::default());
        let connection = bus.connect(|builder| match kind {
            Kind::Battery => builder.serve_at(kind.path(), UPower(state(), Arc::clone(&asked))),
            Kind::LowPower => builder.serve_at(kind.path(), PowerProfiles(state())),
            Kind::Locked => builder.serve_at(SESSION, Session(state())).serve_at(AUTO, Session(state())),
        });
        Service { connection, kind, is_on, asked }
    }

    pub fn arrive(&self) {
        block_on(self.connection.request_name(self.kind.name())).unwrap();
    }

    /// How often the property of a battery was asked for.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub fn leave(&self) {
        block_on(self.connection.release_name(self.kind.name())).unwrap();
    }

    /// Changes the property and sends the signal of the change.
    pub fn set(&self, is_on: bool) {
        self.is_on.store(is_on, Ordering::Relaxed);
        let emitter = SignalEmitter::new(&self.connection, self.kind.path()).unwrap();
        let sent = block_on(async {
            match self.kind {
                Kind::Battery => {
                    UPower(Arc::clone(&self.is_on), Arc::clone(&self.asked)).on_battery_changed(&emitter).await
                }
                Kind::LowPower => PowerProfiles(Arc::clone(&self.is_on)).active_profile_changed(&emitter).await,
                Kind::Locked => Session(Arc::clone(&self.is_on)).locked_hint_changed(&emitter).await,
            }
        });
        sent.unwrap();
    }
}

impl Service {
    /// Tells everybody so many times that a property has changed, without its value, as logind does for any session.
    pub fn tell_change(&self, property: &str, times: usize) {
        let change = (self.kind.interface(), HashMap::<&str, Variant<'_>>::new(), vec![property]);
        let (path, properties) = (self.kind.path(), "org.freedesktop.DBus.Properties");
        block_on(async {
            for _ in 0..times {
                let sent = self.connection.emit_signal(None::<&str>, path, properties, "PropertiesChanged", &change);
                sent.await.unwrap();
            }
        });
    }
}

/// Another program's signals, each to one connection alone: a change of the battery, and another owner of its service.
pub fn forge(bus: &Bus, receiver: &str) {
    let liar = bus.connect(|builder| builder);
    let (kind, bus_name) = (Kind::Battery, "org.freedesktop.DBus");
    let changed = HashMap::from([("OnBattery", Variant::from(true))]);
    let change = (kind.name(), changed, Vec::<&str>::new());
    let owner = (kind.name(), "", liar.unique_name().unwrap().as_str());
    block_on(async {
        let properties = "org.freedesktop.DBus.Properties";
        liar.emit_signal(Some(receiver), kind.path(), properties, "PropertiesChanged", &change).await.unwrap();
        liar.emit_signal(Some(receiver), "/org/freedesktop/DBus", bus_name, "NameOwnerChanged", &owner).await.unwrap();
    });
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Battery => "org.freedesktop.UPower",
            Kind::LowPower => "org.freedesktop.UPower.PowerProfiles",
            Kind::Locked => "org.freedesktop.login1",
        }
    }

    fn interface(self) -> &'static str {
        match self {
            Kind::Battery | Kind::LowPower => self.name(),
            Kind::Locked => "org.freedesktop.login1.Session",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Kind::Battery => "/org/freedesktop/UPower",
            Kind::LowPower => "/org/freedesktop/UPower/PowerProfiles",
            Kind::Locked => SESSION,
        }
    }
}

struct UPower(Arc<AtomicBool>, Arc<AtomicUsize>);

#[interface(name = "org.freedesktop.UPower")]
impl UPower {
    #[zbus(property)]
    fn on_battery(&self) -> bool {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.load(Ordering::Relaxed)
    }
}

struct PowerProfiles(Arc<AtomicBool>);

#[interface(name = "org.freedesktop.UPower.PowerProfiles")]
impl PowerProfiles {
    #[zbus(property)]
    fn active_profile(&self) -> &str {
        if self.0.load(Ordering::Relaxed) { "power-saver" } else { "balanced" }
    }
}

struct Session(Arc<AtomicBool>);

#[interface(name = "org.freedesktop.login1.Session")]
impl Session {
    #[zbus(property)]
    fn locked_hint(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
