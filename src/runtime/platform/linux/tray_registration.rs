//! Whether the panel was told of the tray item. The library never tells it when it finds the panel sooner than its own
//! connection to the bus (libayatana-appindicator 0.5.92 makes its proxy of the panel once, of the connection it has then), and
//! at start that is decided by which of two threads is the first. All else is done by then, so that the call can be made up
//! for. A panel that comes later finds the connection there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gtk::glib::ToVariant;
use gtk::{gio, glib};

use super::tray::{TRAY_WATCHER, shared_bus};

/// How an item makes itself known, and to which object.
///
/// Source: StatusNotifierItem specification, "StatusNotifierWatcher".
const REGISTER_ITEM: &str = "RegisterStatusNotifierItem";
const WATCHER_PATH: &str = "/StatusNotifierWatcher";
/// Where the library has the item of tray-icon's `id` on the bus: its own name for it, with `_` for what is not a letter or
/// a digit (`app-indicator.c`, `check_connect`; tray-icon, `platform_impl/gtk/mod.rs`, `TrayIcon::new`).
const ITEM_PATH: &str = "/org/ayatana/NotificationItem/tray_icon_tray_app_loadline";
/// How long the library may take. It takes milliseconds, or does not tell it at all.
const LIMIT: Duration = Duration::from_secs(2);

/// Sees to it that a panel that is there is told of the item. To be called before there is one.
pub fn ensure_registered() {
    let Some(bus) = shared_bus() else { return };
    let is_told = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&is_told);
    // Called on the thread that GLib writes the bus on. Never removed.
    bus.add_filter(move |_, message, is_incoming| {
        if !is_incoming && message.member().is_some_and(|member| member == REGISTER_ITEM) {
            told.store(true, Ordering::Relaxed);
        }
        Some(message.clone())
    });
    glib::timeout_add_once(LIMIT, move || {
        if !is_told.load(Ordering::Relaxed) {
            register(&bus);
        }
    });
}

/// Where there is no panel this changes nothing, and nobody waits for the answer.
fn register(bus: &gio::DBusConnection) {
    let (item, none) = ((ITEM_PATH,).to_variant(), None::<&gio::Cancellable>);
    let flags = gio::DBusCallFlags::NO_AUTO_START;
    bus.call(Some(TRAY_WATCHER), WATCHER_PATH, TRAY_WATCHER, REGISTER_ITEM, Some(&item), None, flags, -1, none, |_| {});
}
