//! Watches for a panel that shows tray items.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use gtk::glib::{ToVariant, Variant};
use gtk::{gio, glib};

use super::kind::{self, PanelKind};
use super::xembed::{has_old_tray, is_on_x, when_old_tray_changes};
use crate::core::messages::effect::Event;
use crate::runtime::inbox::{Inbox, Input};

/// The time that a panel has to come, at the beginning of a session, and to come back when it has gone.
const GRACE: Duration = Duration::from_secs(10);
/// The time that a program on the bus has to answer a question: milliseconds.
const ANSWER_LIMIT_MS: i32 = 2000;

/// The bus itself.
const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// The object of the watcher, the property that tells whether a panel is registered with it, and the signals that tell when one
/// comes and goes. The watcher may be there without a panel, as Plasma's is, which is a service.
///
/// Source: StatusNotifierItem specification, "StatusNotifierWatcher".
const WATCHER_PATH: &str = "/StatusNotifierWatcher";
const HAS_PANEL: &str = "IsStatusNotifierHostRegistered";
const PANEL_SIGNALS: [&str; 2] = ["StatusNotifierHostRegistered", "StatusNotifierHostUnregistered"];

thread_local! {
    /// The panel, as last found, also after it has gone. Only the main thread shows the item and hears of panels.
    static PANEL: Cell<Option<PanelKind>> = const { Cell::new(None) };
    /// The number of the latest question for the panel. The answers to those before are out of date.
    static QUESTION: Cell<u64> = const { Cell::new(0) };
    /// The wait for a panel while there is none.
    static WAIT: Cell<Option<glib::SourceId>> = const { Cell::new(None) };
}

/// The panel, or the usual one of this desktop while none was found. Where that is not known, only the library's own icon for
/// old panels may be there on X: for a name GTK would load all its themes, which would double Loadline's memory.
pub(super) fn panel() -> PanelKind {
    let usual = || Some(kind::of(None, &desktop_names())).filter(|usual| *usual != kind::UNKNOWN || !is_on_x());
    PANEL.get().or_else(usual).unwrap_or(kind::OLD)
}

/// Whether this desktop is GNOME, whose shell shows tray items by an extension alone.
pub fn is_gnome() -> bool {
    kind::is_gnome(&desktop_names())
}

/// The names of this desktop, separated by colons.
fn desktop_names() -> String {
    env::var("XDG_CURRENT_DESKTOP").unwrap_or_default()
}

/// Whether the usual panel of this desktop shows text beside the icon.
pub fn panel_shows_text() -> bool {
    panel().shows_text
}

/// Sends an event when a panel comes, and one when there has been none for some time: at the start, or after it has gone. `bus`
/// is the session bus, `watcher` the name under which panels wait for items. On the main thread only.
pub fn watch_panel(bus: &gio::DBusConnection, watcher: &'static str, inbox: &Arc<Inbox>) {
    // Not `bus_watch_name`: gio 0.18 panics in its handler when the connection is closed (`dbus.rs`). Never ended: the program
    // watches as long as it runs.
    let subscribe = |sender, interface, signal, path, argument, is_news: fn(&Variant) -> bool| {
        let (flags, inbox) = (gio::DBusSignalFlags::NONE, Arc::clone(inbox));
        let ask_again = move |bus: &gio::DBusConnection, _: &str, _: &str, _: &str, _: &str, content: &Variant| {
            if is_news(content) {
                ask(bus, watcher, &inbox, false);
            }
        };
        bus.signal_subscribe(Some(sender), Some(interface), Some(signal), Some(path), argument, flags, ask_again);
    };
    subscribe(BUS, BUS, "NameOwnerChanged", BUS_PATH, Some(watcher), |_| true);
    for signal in PANEL_SIGNALS {
        subscribe(watcher, watcher, signal, WATCHER_PATH, None, |_| true);
    }
    // Some watchers change the property without a signal of their own.
    subscribe(watcher, PROPERTIES, "PropertiesChanged", WATCHER_PATH, Some(watcher), is_about_panels);
    let (old_bus, old_inbox) = (bus.clone(), Arc::clone(inbox));
    when_old_tray_changes(move || ask(&old_bus, watcher, &old_inbox, false));
    ask(bus, watcher, inbox, false);
}

/// Whether a change of properties concerns the one of panels: some watchers send changes with each item.
fn is_about_panels(content: &Variant) -> bool {
    let change = content.get::<(String, HashMap<String, Variant>, Vec<String>)>();
    change.is_some_and(|(_, new, unknown)| new.contains_key(HAS_PANEL) || unknown.iter().any(|name| name == HAS_PANEL))
}

/// Asks for the panel, and takes up the answer. `is_late` is whether it has had its time to come.
fn ask(bus: &gio::DBusConnection, watcher: &'static str, inbox: &Arc<Inbox>, is_late: bool) {
    let (bus, inbox, question) = (bus.clone(), Arc::clone(inbox), QUESTION.get() + 1);
    QUESTION.set(question);
    glib::MainContext::default().spawn_local(async move {
        let found = find_panel(&bus, watcher).await;
        if QUESTION.get() != question {
            return;
        }
        match found {
            Ok(Some(panel)) => {
                WAIT.take().into_iter().for_each(glib::SourceId::remove);
                PANEL.set(Some(panel));
                inbox.send(Input::Event(Event::PanelFound { shows_text: panel.shows_text }));
            }
            Ok(None) if is_late => {
                inbox.send(Input::Event(Event::PanelMissing { is_gnome: is_gnome() }));
            }
            // Nobody has answered: nothing is known, and nothing is said.
            Err(_) if is_late => {}
            Ok(None) | Err(_) => wait(&bus, watcher, &inbox),
        }
    });
}

/// Asks once more when the panel has had its time to come, unless that is under way.
fn wait(bus: &gio::DBusConnection, watcher: &'static str, inbox: &Arc<Inbox>) {
    let (bus, inbox) = (bus.clone(), Arc::clone(inbox));
    let waiting = WAIT.take().unwrap_or_else(|| {
        glib::timeout_add_local_once(GRACE, move || {
            WAIT.set(None);
            ask(&bus, watcher, &inbox, true);
        })
    });
    WAIT.set(Some(waiting));
}

/// The panel that shows tray items now; `None` without one. `watcher` is the name under which panels wait for items. A watcher
/// that does not tell whether a panel is registered with it counts as one. On the main thread only.
///
/// Sources: D-Bus Specification, `GetConnectionUnixProcessID`; proc(5), `/proc/pid/comm`.
///
/// # Errors
/// When the bus does not answer.
pub async fn find_panel(bus: &gio::DBusConnection, watcher: &str) -> Result<Option<PanelKind>, glib::Error> {
    let flags = gio::DBusCallFlags::NO_AUTO_START;
    let call = |name: &str, path: &str, interface: &str, method: &str, arguments: Variant| {
        bus.call_future(Some(name), path, interface, method, Some(&arguments), None, flags, ANSWER_LIMIT_MS)
    };
    let pid = match call(BUS, BUS_PATH, BUS, "GetConnectionUnixProcessID", (watcher,).to_variant()).await {
        Ok(answer) => answer.get::<(u32,)>(),
        Err(error) if error.message().contains("NameHasNoOwner") => {
            // The item's library puts an icon into an old panel only where nothing watches for items.
            return Ok(has_old_tray().then_some(kind::OLD));
        }
        Err(error) if error.is::<gio::IOErrorEnum>() => return Err(error),
        Err(_) => None,
    };
    let process = pid.and_then(|(pid,)| fs::read_to_string(format!("/proc/{pid}/comm")).ok());
    let process = process.as_deref().map(str::trim_end);
    if kind::knows_panels(process) {
        let answer = call(watcher, WATCHER_PATH, PROPERTIES, "Get", (watcher, HAS_PANEL).to_variant()).await;
        let has_panel =
            answer.ok().and_then(|answer| answer.get::<(Variant,)>()).and_then(|(value,)| value.get::<bool>());
        if has_panel == Some(false) {
            return Ok(None);
        }
    }
    Ok(Some(kind::of(process, &desktop_names())))
}
