//! The services that tell how the machine is being used, as far as Loadline asks them.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zbus::object_server::SignalEmitter;
use zbus::{Connection, block_on, interface};

use super::bus::Bus;

/// What a service tells.
#[derive(Clone, Copy)]
pub enum Kind {
    /// UPower: whether the machine is on battery.
    Battery,
    /// power-profiles-daemon: whether the profile is that which saves power.
    LowPower,
    /// logind: whether the session is locked.
    Locked,
    /// GNOME's screen saver: whether it is active.
    ScreenSaver,
}

/// A service on a bus.
pub struct Service {
    connection: Connection,
    kind: Kind,
    is_so: Arc<AtomicBool>,
}

/// Where logind keeps the session; it answers for it at [`AUTO`] as well, but tells of changes only here.
const SESSION: &str = "/org/freedesktop/login1/session/_31";
const AUTO: &str = "/org/freedesktop/login1/session/auto";

impl Service {
    /// A service that is there.
    pub fn arrived(bus: &Bus, kind: Kind, is_so: bool) -> Service {
        let service = Service::asleep(bus, kind, is_so);
        service.arrive();
        service
    }

    /// A service that is on the bus but has not yet taken its name.
    pub fn asleep(bus: &Bus, kind: Kind, is_so: bool) -> Service {
        let is_so = Arc::new(AtomicBool::new(is_so));
        let state = || Arc::clone(&is_so);
        let connection = bus.connect(|builder| match kind {
            Kind::Battery => builder.serve_at(kind.path(), UPower(state())),
            Kind::LowPower => builder.serve_at(kind.path(), PowerProfiles(state())),
            Kind::Locked => builder.serve_at(SESSION, Session(state())).serve_at(AUTO, Session(state())),
            Kind::ScreenSaver => builder.serve_at(kind.path(), ScreenSaver(state())),
        });
        Service { connection, kind, is_so }
    }

    pub fn arrive(&self) {
        block_on(self.connection.request_name(self.kind.name())).unwrap();
    }

    pub fn leave(&self) {
        block_on(self.connection.release_name(self.kind.name())).unwrap();
    }

    /// From now on it is so, or not, and whoever listens is told.
    pub fn set(&self, is_so: bool) {
        self.is_so.store(is_so, Ordering::Relaxed);
        let emitter = SignalEmitter::new(&self.connection, self.kind.path()).unwrap();
        let told = block_on(async {
            match self.kind {
                Kind::Battery => UPower(Arc::clone(&self.is_so)).on_battery_changed(&emitter).await,
                Kind::LowPower => PowerProfiles(Arc::clone(&self.is_so)).active_profile_changed(&emitter).await,
                Kind::Locked => Session(Arc::clone(&self.is_so)).locked_hint_changed(&emitter).await,
                Kind::ScreenSaver => ScreenSaver::active_changed(&emitter, is_so).await,
            }
        });
        told.unwrap();
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Battery => "org.freedesktop.UPower",
            Kind::LowPower => "org.freedesktop.UPower.PowerProfiles",
            Kind::Locked => "org.freedesktop.login1",
            Kind::ScreenSaver => "org.gnome.ScreenSaver",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Kind::Battery => "/org/freedesktop/UPower",
            Kind::LowPower => "/org/freedesktop/UPower/PowerProfiles",
            Kind::Locked => SESSION,
            Kind::ScreenSaver => "/org/gnome/ScreenSaver",
        }
    }
}

struct UPower(Arc<AtomicBool>);

#[interface(name = "org.freedesktop.UPower")]
impl UPower {
    #[zbus(property)]
    fn on_battery(&self) -> bool {
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

struct ScreenSaver(Arc<AtomicBool>);

#[interface(name = "org.gnome.ScreenSaver")]
impl ScreenSaver {
    fn get_active(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    #[zbus(signal)]
    async fn active_changed(emitter: &SignalEmitter<'_>, is_active: bool) -> zbus::Result<()>;
}
