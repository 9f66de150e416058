//! The power state, as the services on the D-Bus system bus report it. Nothing is polled, and no service is started by a
//! question. A service that is not there counts as off.
//!
//! logind's `IdleHint` is not used: it says that nobody types, not that nobody looks.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread::Builder;
use std::time::Duration;

use zbus::export::futures_core::Stream;
use zbus::fdo::DBusProxy;
use zbus::message::Type;
use zbus::{Connection, MatchRule, Message, MessageStream, OwnedVariant, Variant};

use super::dbus;
use crate::core::messages::effect::Event;
use crate::core::metrics::power_state::PowerState;
use crate::runtime::block_on::block_on_timeout;
use crate::runtime::inbox::{Inbox, Input};

/// The standard interface of properties, which zbus has too, but as one that starts services.
#[zbus::proxy(interface = "org.freedesktop.DBus.Properties")]
trait Properties {
    #[zbus(no_autostart)]
    fn get(&self, interface: &str, property: &str) -> zbus::Result<OwnedVariant>;
}

/// A property of a service on the system bus.
struct PowerProperty {
    service: &'static str,
    path: &'static str,
    interface: &'static str,
    name: &'static str,
    field: fn(&mut PowerState) -> &mut bool,
}

/// The bus itself.
const BUS: &str = "org.freedesktop.DBus";
/// The profile of power-profiles-daemon that saves power.
const POWER_SAVER: &str = "power-saver";

/// Sources: the D-Bus interfaces of UPower and power-profiles-daemon (the older name is still that of Debian 12 and Ubuntu
/// 22.04), and org.freedesktop.login1(5) (`auto`: the session of the caller, or else that of the display).
const PROPERTIES: [PowerProperty; 4] = [
    PowerProperty {
        service: "org.freedesktop.UPower",
        path: "/org/freedesktop/UPower",
        interface: "org.freedesktop.UPower",
        name: "OnBattery",
        field: |state| &mut state.is_on_battery,
    },
    power_profile("org.freedesktop.UPower.PowerProfiles", "/org/freedesktop/UPower/PowerProfiles"),
    power_profile("net.hadess.PowerProfiles", "/net/hadess/PowerProfiles"),
    PowerProperty {
        service: "org.freedesktop.login1",
        path: "/org/freedesktop/login1/session/auto",
        interface: "org.freedesktop.login1.Session",
        name: "LockedHint",
        field: |state| &mut state.is_session_locked,
    },
];

const fn power_profile(service: &'static str, path: &'static str) -> PowerProperty {
    PowerProperty { service, path, interface: service, name: "ActiveProfile", field: |state| &mut state.is_low_power }
}

/// Sends the power state, now and whenever it changes, for as long as the process lasts. All of it happens on one thread of
/// its own.
pub fn watch_power_state(inbox: &Arc<Inbox>, _has_loop: bool) {
    // Without D-Bus, as on many servers, there is nothing to ask: a thread and its code would take most of a megabyte.
    if !dbus::has_system() {
        return;
    }
    let inbox = Arc::clone(inbox);
    let watch = move || {
        let (values, sent) = (PropertyValues::default(), Cell::new(PowerState::default()));
        let send = || {
            let state = values.power_state();
            sent.replace(state) == state || inbox.send(Input::Event(Event::PowerState(state)))
        };
        zbus::block_on(async {
            let Ok(bus) = Connection::system().await else { return };
            join_all(values.each(|property, is_on| follow(&bus, property, is_on, &send))).await;
        });
    };
    // Without a thread, everything stays off.
    let _ = Builder::new().name("power state".into()).spawn(watch);
}

/// The power state now. A service that does not respond within `limit` counts as off.
pub fn read(limit: Duration) -> PowerState {
    let values = PropertyValues::default();
    // The values that came in time are there.
    let _ = block_on_timeout(limit, async {
        let Ok(bus) = Connection::system().await else { return };
        let bus = &bus;
        join_all(values.each(|property, is_on| async move { is_on.set(property.read(bus).await) })).await;
    });
    values.power_state()
}

/// The last values, in the order of [`PROPERTIES`].
#[derive(Default)]
struct PropertyValues([Cell<bool>; PROPERTIES.len()]);

impl PropertyValues {
    fn power_state(&self) -> PowerState {
        let mut state = PowerState::default();
        for (property, is_on) in PROPERTIES.iter().zip(&self.0) {
            *(property.field)(&mut state) |= is_on.get();
        }
        state
    }

    /// One task for each property. A service that does not respond holds up its own task alone.
    fn each<'a, F: Future<Output = ()> + 'a>(
        &'a self,
        task: impl Fn(&'static PowerProperty, &'a Cell<bool>) -> F,
    ) -> Vec<Task<'a>> {
        PROPERTIES.iter().zip(&self.0).map(|(property, is_on)| Box::pin(task(property, is_on)) as Task<'a>).collect()
    }
}

type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Runs all tasks to their end, side by side.
async fn join_all(mut tasks: Vec<Task<'_>>) {
    poll_fn(|context| {
        tasks.retain_mut(|task| task.as_mut().poll(context).is_pending());
        if tasks.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Keeps `is_on` up to date until the bus goes or `send` returns false.
async fn follow(bus: &Connection, property: &PowerProperty, is_on: &Cell<bool>, send: impl Fn() -> bool) {
    let Ok(mut signals) = property.signals(bus).await else { return };
    let mut owner = property.owner(bus).await;
    loop {
        is_on.set(property.read(bus).await);
        if !send() {
            return;
        }
        if !property.may_have_changed(&mut signals, &mut owner).await {
            break;
        }
    }
    is_on.set(false);
    send();
}

/// Waits for a message in one of `streams`. `None` when one has ended.
async fn next(streams: &mut [MessageStream]) -> Option<Message> {
    poll_fn(|context| {
        let mut polled = streams.iter_mut().map(|stream| Pin::new(stream).poll_next(context));
        let ready = polled.find(Poll::is_ready).unwrap_or(Poll::Pending);
        ready.map(|message| message.and_then(Result::ok))
    })
    .await
}

impl PowerProperty {
    /// The signals after which the property may have another value: it changes, or its service comes or goes.
    async fn signals(&self, bus: &Connection) -> zbus::Result<[MessageStream; 2]> {
        // From any path: logind sends the changes of `auto` from the path of the session itself.
        let signals =
            async |sender: &'static str, interface: &'static str, member: &'static str, about: &'static str| {
                let rule =
                    MatchRule::builder().msg_type(Type::Signal).sender(sender).interface(interface).member(member);
                MessageStream::for_match_rule(rule.arg(0, about).build()?, bus, None).await
            };
        let changed = signals(self.service, "org.freedesktop.DBus.Properties", "PropertiesChanged", self.interface);
        Ok([changed.await?, signals(BUS, BUS, "NameOwnerChanged", self.service).await?])
    }

    /// The unique name of the service; `None` while there is none.
    async fn owner(&self, bus: &Connection) -> Option<String> {
        let owner = async { DBusProxy::new(bus).await?.get_name_owner(self.service.try_into()?).await };
        owner.await.ok().map(|owner: zbus::names::OwnedUniqueName| owner.to_string())
    }

    /// Waits for a signal after which the value may be another, and takes up the new owner of the service. Returns false when
    /// the bus has gone.
    ///
    /// Any program on the bus may send a signal to this connection alone, which no rule keeps away: one that comes from neither
    /// the service nor the bus is worth no question. Source: D-Bus Specification, "Match Rules" (they add to the messages that
    /// are addressed to a connection), and "Header Fields" (the bus fills in the sender).
    async fn may_have_changed(&self, signals: &mut [MessageStream], owner: &mut Option<String>) -> bool {
        while let Some(message) = next(signals).await {
            let header = message.header();
            let sender = header.sender().map(|sender| sender.as_str());
            match header.member().map(|member| member.as_str()) {
                Some("PropertiesChanged") if sender.is_some() && sender == owner.as_deref() => return true,
                Some("NameOwnerChanged") if sender == Some(BUS) => {
                    let change = message.body().deserialize::<(String, String, String)>();
                    *owner = change.ok().map(|(_name, _old, new)| new).filter(|new| !new.is_empty());
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    /// The value now; false when the service does not report it.
    async fn read(&self, bus: &Connection) -> bool {
        let properties = PropertiesProxy::new(bus, self.service, self.path);
        let value = async { properties.await?.get(self.interface, self.name).await };
        match value.await.as_deref() {
            Ok(Variant::Bool(is_on)) => *is_on,
            Ok(Variant::Str(profile)) => profile == POWER_SAVER,
            _ => false,
        }
    }
}
