//! Watches for a panel that shows tray items.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use gtk::glib::ToVariant;
use gtk::{gio, glib};

use super::kind::{self, PanelKind};
use super::xembed::has_old_tray;
use crate::core::messages::effect::Event;
use crate::runtime::inbox::{Inbox, Input};

/// The time that a panel has to come, at the beginning of a session.
const GRACE: Duration = Duration::from_secs(10);

/// The bus itself.
const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";

thread_local! {
    /// The panel, as last found. Only the main thread shows the item and hears of panels.
    static PANEL: Cell<Option<PanelKind>> = const { Cell::new(None) };
}

/// The panel, or the usual one of this desktop while none was found.
pub(super) fn panel() -> PanelKind {
    PANEL.get().unwrap_or_else(usual)
}

fn usual() -> PanelKind {
    kind::of_desktop(&desktop_names())
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

/// Sends an event when a panel comes, and one when there is none after some time. `bus` is the session bus, `watcher` the name
/// under which panels wait for items. On the main thread only.
pub fn watch_panel(bus: &gio::DBusConnection, watcher: &str, inbox: &Arc<Inbox>) {
    let (arrivals, late) = (Arc::clone(inbox), Arc::clone(inbox));
    // Not `bus_watch_name`: gio 0.18 panics in its handler when the connection is closed (`dbus.rs`).
    let (flags, signal) = (gio::DBusSignalFlags::NONE, Some("NameOwnerChanged"));
    // Never ended: the program watches as long as it runs.
    bus.signal_subscribe(
        Some(BUS),
        Some(BUS),
        signal,
        Some(BUS_PATH),
        Some(watcher),
        flags,
        move |bus, _, _, _, _, change| {
            let owner = change.get::<(String, String, String)>().map(|(_name, _old, new)| new);
            if let Some(owner) = owner.filter(|owner| !owner.is_empty()) {
                ask_panel(bus, &owner, &arrivals);
            }
        },
    );
    ask_panel(bus, watcher, inbox);
    glib::timeout_add_once(GRACE, move || {
        if PANEL.get().is_none() && !has_old_tray() {
            late.send(Input::Event(Event::PanelMissing { is_gnome: is_gnome() }));
        }
    });
}

/// Asks for the process that has this name on the bus, and takes up the panel that it is. A process that is not known, as in a
/// container, is taken for the usual panel.
///
/// Sources: D-Bus Specification, `GetConnectionUnixProcessID`; proc(5), `/proc/pid/comm`.
fn ask_panel(bus: &gio::DBusConnection, name: &str, inbox: &Arc<Inbox>) {
    let (flags, none, inbox) = (gio::DBusCallFlags::NONE, None::<&gio::Cancellable>, Arc::clone(inbox));
    let (method, name) = ("GetConnectionUnixProcessID", (name,).to_variant());
    bus.call(Some(BUS), BUS_PATH, BUS, method, Some(&name), None, flags, -1, none, move |answer| {
        if answer.as_ref().is_err_and(|error| error.message().contains("NameHasNoOwner")) {
            return;
        }
        let pid = answer.ok().and_then(|answer| answer.get::<(u32,)>());
        let process = pid.and_then(|(pid,)| fs::read_to_string(format!("/proc/{pid}/comm")).ok());
        let panel = process.and_then(|process| kind::of_process(process.trim_end())).unwrap_or_else(usual);
        PANEL.set(Some(panel));
        inbox.send(Input::Event(Event::PanelFound { shows_text: panel.shows_text }));
    });
}
