//! How the machine is being used, as the desktop's services tell it over D-Bus. Nothing is polled; no service is started by
//! being asked; one that is not there says that nothing is so.
//!
//! logind's `IdleHint` is left alone: it says that nobody types, not that nobody looks.

use crate::core::messages::effect::Event;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::num::NonZeroU32;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::thread::Builder;
use std::time::Duration;

use zbus::export::futures_core::Stream;
use zbus::message::{Flags, Type};
use zbus::{Connection, Message, MessageStream, Variant};

use super::dbus;
use crate::core::metrics::power_state::PowerState;
use crate::runtime::block_on::block_on_timeout;
use crate::runtime::inbox::{Inbox, Input};

/// A service, and what it can tell.
struct PowerProperty {
    bus: Bus,
    service: &'static str,
    path: &'static str,
    interface: &'static str,
    question: Query,
    /// Where it goes.
    place: fn(&mut PowerState) -> &mut bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Bus {
    System,
    Session,
}

/// How a service is asked, and how it tells of changes.
#[derive(Clone, Copy)]
enum Query {
    /// A property of this name; `PropertiesChanged`.
    Property(&'static str),
    /// `GetActive`; `ActiveChanged`.
    IsActive,
}

/// What the system can tell.
///
/// Sources: the D-Bus interfaces of UPower, power-profiles-daemon (the older name is still that of Debian 12 and Ubuntu
/// 22.04), org.freedesktop.login1(5) (`auto`: the session of the caller, or else that of the display), and the screen savers
/// of GNOME, Cinnamon, MATE, Xfce and, by the name of the specification, KDE.
const FACTS: [PowerProperty; 9] = [
    PowerProperty {
        bus: Bus::System,
        service: "org.freedesktop.UPower",
        path: "/org/freedesktop/UPower",
        interface: "org.freedesktop.UPower",
        question: Query::Property("OnBattery"),
        place: |circumstances| &mut circumstances.is_on_battery,
    },
    power_profiles("org.freedesktop.UPower.PowerProfiles", "/org/freedesktop/UPower/PowerProfiles"),
    power_profiles("net.hadess.PowerProfiles", "/net/hadess/PowerProfiles"),
    PowerProperty {
        bus: Bus::System,
        service: "org.freedesktop.login1",
        path: "/org/freedesktop/login1/session/auto",
        interface: "org.freedesktop.login1.Session",
        question: Query::Property("LockedHint"),
        place: |circumstances| &mut circumstances.is_session_locked,
    },
    screen_saver("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
    screen_saver("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    screen_saver("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"),
    screen_saver("org.mate.ScreenSaver", "/org/mate/ScreenSaver"),
    screen_saver("org.xfce.ScreenSaver", "/org/xfce/ScreenSaver"),
];

/// What the property `ActiveProfile` says in low-power mode.
const POWER_SAVER: &str = "power-saver";

const fn power_profiles(service: &'static str, path: &'static str) -> PowerProperty {
    let question = Query::Property("ActiveProfile");
    PowerProperty { bus: Bus::System, service, path, interface: service, question, place: |c| &mut c.is_low_power }
}

const fn screen_saver(service: &'static str, path: &'static str) -> PowerProperty {
    let question = Query::IsActive;
    PowerProperty {
        bus: Bus::Session,
        service,
        path,
        interface: service,
        question,
        place: |c| &mut c.is_display_asleep,
    }
}

/// Has it sent how the machine is being used, now and whenever that changes, for as long as the process lasts. On a thread of
/// its own, which is the only one: it reads both buses itself.
pub fn watch_power_state(inbox: &Arc<Inbox>, _has_loop: bool) {
    // Without D-Bus, as on many servers, there is nothing to ask: a thread, and the code for it, would take most of a megabyte.
    if !dbus::has_system() && !dbus::has_session() {
        return;
    }
    let inbox = Arc::clone(inbox);
    let watch = move || {
        let (known, told) = (Known::default(), Cell::new(PowerState::default()));
        let tell = || {
            let now = known.circumstances();
            told.replace(now) == now || inbox.send(Input::Event(Event::PowerState(now)))
        };
        let [system, session] = [Bus::System, Bus::Session].map(|bus| follow(bus, &known, &tell));
        zbus::block_on(both(system, session));
    };
    // Where there is no thread to be had, nothing is so.
    let _ = Builder::new().name("circumstances".into()).spawn(watch);
}

/// How the machine is being used now. What is not answered within `limit` is not so.
pub fn read(limit: Duration) -> PowerState {
    let known = Known::default();
    let [system, session] = [Bus::System, Bus::Session].map(|bus| ask_once(bus, &known));
    // The answers that came in time are there.
    let _ = block_on_timeout(limit, both(system, session));
    known.circumstances()
}

/// What is known to be so, in the order of [`FACTS`].
#[derive(Default)]
struct Known([Cell<bool>; FACTS.len()]);

impl Known {
    fn circumstances(&self) -> PowerState {
        let mut circumstances = PowerState::default();
        for (fact, is_so) in FACTS.iter().zip(&self.0) {
            *(fact.place)(&mut circumstances) |= is_so.get();
        }
        circumstances
    }
}

/// Keeps `known` up to date until the bus goes, or `tell` has nobody left to tell.
async fn follow(bus: Bus, known: &Known, tell: &impl Fn() -> bool) {
    let Ok(mut listener) = Listener::open(bus, known).await else { return };
    while listener.take().await {
        if !tell() {
            return;
        }
    }
    listener.forget();
    tell();
}

async fn ask_once(bus: Bus, known: &Known) {
    let Ok(mut listener) = Listener::open(bus, known).await else { return };
    while !listener.asked.is_empty() && listener.take().await {}
}

/// One bus, listened to.
struct Listener<'a> {
    bus: Connection,
    messages: MessageStream,
    /// The facts that this bus tells of, each with its place in [`ReportedProblem`].
    facts: Vec<(&'static PowerProperty, &'a Cell<bool>)>,
    /// The questions without an answer: their serial numbers, and which of the facts each is about.
    asked: Vec<(NonZeroU32, usize)>,
}

impl Listener<'_> {
    /// Connects, subscribes, and asks everything.
    async fn open(which: Bus, known: &Known) -> zbus::Result<Listener<'_>> {
        let bus = match which {
            Bus::System => Connection::system().await?,
            Bus::Session if dbus::has_session() => Connection::session().await?,
            Bus::Session => return Err(zbus::Error::Unsupported),
        };
        let messages = MessageStream::from(&bus);
        let facts = FACTS.iter().zip(&known.0).filter(|(fact, _)| fact.bus == which).collect();
        let mut listener = Listener { bus, messages, facts, asked: Vec::new() };
        for index in 0..listener.facts.len() {
            for rule in listener.facts[index].0.signals() {
                let add = Message::method_call("/org/freedesktop/DBus", "AddMatch")
                    .destination("org.freedesktop.DBus")
                    .interface("org.freedesktop.DBus")
                    .with_flags(Flags::NO_REPLY_EXPECTED)
                    .build(&rule)?;
                listener.bus.send(&add).await?;
            }
        }
        listener.ask().await?;
        Ok(listener)
    }

    /// Asks everything. The answers come like all other messages: whoever does not answer keeps nobody waiting.
    async fn ask(&mut self) -> zbus::Result<()> {
        // An answer to an earlier question does not count any more.
        self.asked.clear();
        for (index, (fact, _)) in self.facts.iter().enumerate() {
            let question = fact.question()?;
            self.asked.push((question.primary_header().serial_num(), index));
            self.bus.send(&question).await?;
        }
        Ok(())
    }

    /// Takes the next message. False when there will be no more.
    async fn take(&mut self) -> bool {
        let next = poll_fn(|context| Pin::new(&mut self.messages).poll_next(context)).await;
        let Some(Ok(message)) = next else { return false };
        match message.message_type() {
            // All that we hear of was subscribed to, and rare: what it says is not worth telling apart.
            Type::Signal => self.ask().await.is_ok(),
            Type::MethodReturn | Type::Error => {
                let serial = message.header().reply_serial();
                if let Some(position) = self.asked.iter().position(|(asked, _)| Some(*asked) == serial) {
                    let (_, index) = self.asked.swap_remove(position);
                    self.facts[index].1.set(parse_reply(&message));
                }
                true
            }
            Type::MethodCall => true,
        }
    }

    /// Without a bus nothing is so.
    fn forget(&self) {
        self.facts.iter().for_each(|(_, is_so)| is_so.set(false));
    }
}

impl PowerProperty {
    fn question(&self) -> zbus::Result<Message> {
        let (interface, method) = match self.question {
            Query::Property(_) => ("org.freedesktop.DBus.Properties", "Get"),
            Query::IsActive => (self.interface, "GetActive"),
        };
        let call = Message::method_call(self.path, method)
            .destination(self.service)
            .interface(interface)
            .with_flags(Flags::NO_AUTO_START);
        match self.question {
            Query::Property(name) => call.build(&(self.interface, name)),
            Query::IsActive => call.build(&()),
        }
    }

    /// What to subscribe to: that the service changes its mind, comes or goes.
    fn signals(&self) -> [String; 2] {
        let PowerProperty { service, interface, .. } = self;
        let changed = match self.question {
            Query::Property(_) => {
                format!("interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',arg0='{interface}'")
            }
            Query::IsActive => format!("interface='{interface}',member='ActiveChanged'"),
        };
        [
            format!("type='signal',sender='{service}',{changed}"),
            format!(
                "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',\
                 member='NameOwnerChanged',arg0='{service}'"
            ),
        ]
    }
}

/// What an answer says; one that is an error says no.
fn parse_reply(answer: &Message) -> bool {
    if answer.message_type() == Type::Error {
        return false;
    }
    let body = answer.body();
    if let Ok(is_active) = body.deserialize::<bool>() {
        return is_active;
    }
    match body.deserialize::<Variant<'_>>() {
        Ok(Variant::Bool(is_so)) => is_so,
        Ok(Variant::Str(profile)) => profile == POWER_SAVER,
        _ => false,
    }
}

/// Runs both to their end, side by side.
async fn both(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut is_one_done, mut is_other_done) = (false, false);
    poll_fn(|context| {
        is_one_done = is_one_done || one.as_mut().poll(context).is_ready();
        is_other_done = is_other_done || other.as_mut().poll(context).is_ready();
        if is_one_done && is_other_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
