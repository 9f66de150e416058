//! The power state, as the services on the D-Bus system bus report it. Nothing is polled, and no service is started by a
//! question. A service that is not there counts as off.
//!
//! logind's `IdleHint` is not used: it says that nobody types, not that nobody looks.

use std::cell::Cell;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use zbus::export::futures_core::Stream;
use zbus::fdo::DBusProxy;
use zbus::message::Type;
use zbus::{Connection, MatchRule, Message, MessageStream, OwnedVariant, Variant};

use super::dbus;
use crate::core::messages::effect::Event;
use crate::core::metrics::power_state::PowerState;
use crate::runtime::block_on::block_on_timeout;
use crate::runtime::clock;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::service::failures;

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
/// The shortest time between two looks at signals. Others decide how many there are: each user changes the hints of their own
/// sessions, which logind tells everybody.
const SIGNAL_PAUSE: Duration = Duration::from_secs(1);
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
            let Ok(bus) = dbus::system().await else { return };
            join_all(values.each(|property, is_on| follow(&bus, property, is_on, &send))).await;
        });
    };
    // Without a thread, everything stays off.
    let _ = failures::spawn("power state", watch);
}

/// The power state now. A service that does not respond within `limit` counts as off.
pub fn read(limit: Duration) -> PowerState {
    let values = PropertyValues::default();
    // The values that came in time are there.
    let _ = block_on_timeout(limit, async {
        let Ok(bus) = dbus::system().await else { return };
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

    /// One task for each property. A service that does not respond holds up its own task alone; a flood of signals
    /// holds up all for a second.
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
async fn follow(bus: &Connection, property: &'static PowerProperty, is_on: &Cell<bool>, send: impl Fn() -> bool) {
    let Ok(mut signals) = PropertySignals::of(property, bus).await else { return };
    while !signals.have_ended {
        if std::mem::take(&mut signals.is_outdated) {
            is_on.set(signals.take_during(property.read(bus)).await);
            if !send() {
                return;
            }
        }
        signals.wait().await;
    }
    is_on.set(false);
    send();
}

/// The signals after which a property may have another value: it changes, or its service comes or goes.
struct PropertySignals {
    property: &'static PowerProperty,
    streams: [MessageStream; 2],
    /// The unique name of the service; `None` while there is none.
    owner: Option<String>,
    /// The value may be another than when it was asked for.
    is_outdated: bool,
    /// The bus has gone.
    have_ended: bool,
    /// On the monotonic clock.
    next_look_at: Duration,
}

impl PropertySignals {
    async fn of(property: &'static PowerProperty, bus: &Connection) -> zbus::Result<PropertySignals> {
        // From any path: logind sends the changes of `auto` from the path of the session itself.
        let signals =
            async |sender: &'static str, interface: &'static str, member: &'static str, about: &'static str| {
                let rule =
                    MatchRule::builder().msg_type(Type::Signal).sender(sender).interface(interface).member(member);
                MessageStream::for_match_rule(rule.arg(0, about).build()?, bus, None).await
            };
        let owner_changes = signals(BUS, BUS, "NameOwnerChanged", property.service).await?;
        let owner = property.owner(bus).await;
        let changes =
            signals(property.service, "org.freedesktop.DBus.Properties", "PropertiesChanged", property.interface)
                .await?;
        let streams = [owner_changes, changes];
        let (is_outdated, have_ended, next_look_at) = (true, false, Duration::ZERO);
        Ok(PropertySignals { property, streams, owner, is_outdated, have_ended, next_look_at })
    }

    /// Takes all signals that are there. Returns whether there were any.
    fn take(&mut self, context: &mut Context<'_>) -> bool {
        let mut are_any = false;
        for stream in &mut self.streams {
            loop {
                match Pin::new(&mut *stream).poll_next(context) {
                    Poll::Pending => break,
                    Poll::Ready(Some(Ok(message))) => {
                        are_any = true;
                        self.is_outdated |= self.property.may_have_changed(&message, &mut self.owner);
                    }
                    Poll::Ready(Some(Err(_)) | None) => {
                        self.have_ended = true;
                        break;
                    }
                }
            }
        }
        are_any
    }

    /// Returns the output of `question`. Meanwhile signals are taken: a queue full of them would hold back the reply.
    ///
    /// Source: zbus 6.2.1, `src/connection/mod.rs`, `Connection`: "no more messages can be received until room is created".
    async fn take_during<T>(&mut self, question: impl Future<Output = T>) -> T {
        let mut question = pin!(question);
        poll_fn(|context| {
            self.take(context);
            question.as_mut().poll(context)
        })
        .await
    }

    /// Waits for signals, and for the time at which they may be looked at again. Those that come meanwhile wait in the socket,
    /// and cost one wake-up in all. The other properties wait as well, for a second at most.
    async fn wait(&mut self) {
        poll_fn(|context| {
            let is_over = self.is_outdated || self.take(context) || self.have_ended;
            if is_over { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        clock::wait_for(self.next_look_at.saturating_sub(clock::monotonic()));
        self.next_look_at = clock::monotonic() + SIGNAL_PAUSE;
    }
}

impl PowerProperty {
    /// The unique name of the service; `None` while there is none.
    async fn owner(&self, bus: &Connection) -> Option<String> {
        let owner = async { DBusProxy::new(bus).await?.get_name_owner(self.service.try_into()?).await };
        owner.await.ok().map(|owner: zbus::names::OwnedUniqueName| owner.to_string())
    }

    /// Whether the value may be another after this signal, which may also name a new owner of the service.
    ///
    /// Any program on the bus may send a signal to this connection alone, which no rule keeps away: one that comes from neither
    /// the service nor the bus is worth no question. Nor is one of the service about other properties. Source: D-Bus
    /// Specification, "Match Rules" (they add to the messages that are addressed to a connection), "Header Fields" (the bus fills
    /// in the sender), and "org.freedesktop.DBus.Properties" (the names that a signal has).
    fn may_have_changed(&self, signal: &Message, owner: &mut Option<String>) -> bool {
        let (header, body) = (signal.header(), signal.body());
        let sender = header.sender().map(|sender| sender.as_str());
        match header.member().map(|member| member.as_str()) {
            Some("PropertiesChanged") if sender.is_some() && sender == owner.as_deref() => {
                let change = body.deserialize::<(&str, HashMap<&str, Variant<'_>>, Vec<&str>)>();
                change.is_ok_and(|(_interface, changed, invalidated)| {
                    changed.contains_key(self.name) || invalidated.contains(&self.name)
                })
            }
            Some("NameOwnerChanged") if sender == Some(BUS) => {
                let change = body.deserialize::<(String, String, String)>();
                *owner = change.ok().map(|(_name, _old, new)| new).filter(|new| !new.is_empty());
                true
            }
            _ => false,
        }
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
