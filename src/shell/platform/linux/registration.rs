//! Whether the tray library has told the panel of the item. It never does when it finds the panel sooner than its own
//! connection to the bus (libayatana-appindicator 0.5.92 makes its proxy of the panel once, of the connection it has then), and
//! that is decided by which of two threads is the first.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gtk::{gio, glib};

use super::tray::{TRAY_WATCHER, shared_bus};

/// By which an item makes itself known.
///
/// Source: StatusNotifierItem specification, "StatusNotifierWatcher".
const REGISTER_ITEM: &str = "RegisterStatusNotifierItem";
/// How long the library may take for that once the panel is there. It takes milliseconds, or does not do it at all.
const LIMIT: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, PartialEq)]
enum Panel {
    Absent,
    /// There, and not told of the item.
    Present,
    Told,
}

/// Calls `missing` while a panel is there that the library does not tell of the item. To be called before there is an item.
pub fn when_item_is_missing(missing: impl Fn() + Send + Sync + 'static) {
    let Some(bus) = shared_bus() else { return };
    let panel = Arc::new(Mutex::new(Panel::Absent));
    let told = Arc::clone(&panel);
    // Called on the thread that GLib writes the bus on. Never removed.
    bus.add_filter(move |_, message, is_incoming| {
        if !is_incoming && message.member().is_some_and(|member| member == REGISTER_ITEM) {
            change(&told, |_| Panel::Told);
        }
        Some(message.clone())
    });
    let (gone, missing) = (Arc::clone(&panel), Arc::new(missing));
    let appeared = move |_: gio::DBusConnection, _: &str, _: &str| {
        // The library may have heard of it first.
        change(&panel, |before| if before == Panel::Absent { Panel::Present } else { before });
        let (panel, missing) = (Arc::clone(&panel), Arc::clone(&missing));
        glib::timeout_add(LIMIT, move || {
            if change(&panel, |now| now) != Panel::Present {
                return glib::ControlFlow::Break;
            }
            missing();
            glib::ControlFlow::Continue
        });
    };
    let vanished = move |_: gio::DBusConnection, _: &str| {
        change(&gone, |_| Panel::Absent);
    };
    gio::bus_watch_name(gio::BusType::Session, TRAY_WATCHER, gio::BusNameWatcherFlags::NONE, appeared, vanished);
}

fn change(panel: &Mutex<Panel>, to: impl FnOnce(Panel) -> Panel) -> Panel {
    let mut panel = panel.lock().unwrap_or_else(PoisonError::into_inner);
    *panel = to(*panel);
    *panel
}
