//! Registers the tray item where its library does not. The library never registers it when it finds the panel before its own
//! connection to the bus (libayatana-appindicator 0.5.92 makes its proxy of the panel once, with the connection it has then),
//! and at start a race of two threads decides that. The item itself is complete by then, so that the missing call is enough. A
//! panel that comes later finds the connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gtk::glib::ToVariant;
use gtk::{gio, glib};

use super::tray::{TRAY_WATCHER, shared_bus};

/// The method that registers an item, and the object that has it.
///
/// Source: StatusNotifierItem specification, "StatusNotifierWatcher".
const REGISTER_ITEM: &str = "RegisterStatusNotifierItem";
const WATCHER_PATH: &str = "/StatusNotifierWatcher";
/// The object of the item with tray-icon's `id`: the library makes its name, with `_` for all but letters and digits
/// (`app-indicator.c`, `check_connect`; tray-icon, `platform_impl/gtk/mod.rs`, `TrayIcon::new`).
const ITEM_PATH: &str = "/org/ayatana/NotificationItem/tray_icon_tray_app_loadline";
/// The time that the library has to register the item. It takes milliseconds, or never does.
const LIMIT: Duration = Duration::from_secs(2);

/// Makes sure that the item is registered with a panel that is there. Call it before the item is made.
pub fn ensure_registered() {
    let Some(bus) = shared_bus() else { return };
    let is_registered = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_registered);
    // Called on the thread on which GLib writes to the bus. Never removed.
    bus.add_filter(move |_, message, is_incoming| {
        if !is_incoming && message.member().is_some_and(|member| member == REGISTER_ITEM) {
            seen.store(true, Ordering::Relaxed);
        }
        Some(message.clone())
    });
    glib::timeout_add_once(LIMIT, move || {
        if !is_registered.load(Ordering::Relaxed) {
            register(&bus);
        }
    });
}

/// Registers the item. Without a panel this changes nothing; the reply is ignored.
fn register(bus: &gio::DBusConnection) {
    let (item, none) = ((ITEM_PATH,).to_variant(), None::<&gio::Cancellable>);
    let flags = gio::DBusCallFlags::NO_AUTO_START;
    bus.call(Some(TRAY_WATCHER), WATCHER_PATH, TRAY_WATCHER, REGISTER_ITEM, Some(&item), None, flags, -1, none, |_| {});
}
