//! The tray on Linux: GTK and libayatana-appindicator, both checked before they are touched, for both end the process
//! where they find nothing.

use crate::core::messages::effect::Event;
use crate::core::tray::chart_text;
use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gtk::gio;
use gtk::glib::Variant;
use gtk::prelude::{AtkObjectExt, Cast, ContainerExt, LabelExt, WidgetExt};
use tao::event_loop::EventLoop;
use tray_icon::TrayIcon;
use tray_icon::menu::{ContextMenu, Menu, MenuItem, Submenu};
use zbus::{Connection, fdo::DBusProxy};

use super::dbus;
use crate::core::metrics::metric::Metric;
use crate::core::metrics::recent::Chart;
use crate::runtime::block_on::block_on_timeout;
use crate::runtime::inbox::{Inbox, Input};

/// A StatusNotifierItem is its icon: without one most panels show nothing that could be clicked.
pub const ICON_CAN_BE_HIDDEN: bool = false;
/// Few panels draw the title, so the icon carries the levels.
pub const SHOWS_LEVELS_IN_ICON: bool = true;

/// How long the session bus may take to answer at start.
const BUS_LIMIT: Duration = Duration::from_secs(2);

/// The service that panels announce themselves to.
///
/// Source: StatusNotifierItem specification, "StatusNotifierWatcher"; KDE's name is the one in use.
pub const TRAY_WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// What panels read the menu by.
///
/// Source: `dbus-menu.xml` of libdbusmenu.
const MENU_INTERFACE: &str = "com.canonical.dbusmenu";
/// The menu itself, not one of its entries.
const WHOLE_MENU: i32 = 0;
/// For how long the menu counts as open after the last sign of it: Xfce's panel tells that a submenu was closed, but not that
/// the menu was.
const COUNTS_AS_OPEN: Duration = Duration::from_secs(30);
/// And where the panel is known to tell: it may still end with the menu open.
const SURELY_OPEN: Duration = Duration::from_secs(600);

/// The names under which libappindicator-sys looks for its library (its `lib.rs`, `LIB`).
const TRAY_LIBRARIES: [&str; 2] = ["libayatana-appindicator3.so.1", "libappindicator3.so.1"];

/// Whether there is a desktop to show a tray item on. On the main thread only: it sets up GTK.
///
/// # Errors
/// What is missing.
pub fn desktop() -> Result<(), String> {
    let display = ["WAYLAND_DISPLAY", "DISPLAY"].iter().find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()));
    let Some(display) = display else {
        return Err("there is no desktop (DISPLAY is not set)".into());
    };
    dbus::connect(BUS_LIMIT)?;
    if gtk::init().is_err() {
        return Err(format!("the display '{display}' cannot be opened"));
    }
    if !TRAY_LIBRARIES.iter().any(|name| can_load(name)) {
        return Err("the tray library is not installed (Debian and Ubuntu: libayatana-appindicator3-1, \
             Fedora: libayatana-appindicator-gtk3, Arch: libayatana-appindicator)"
            .into());
    }
    Ok(())
}

/// Whether a library can be loaded. libappindicator-sys panics where it cannot.
#[allow(unsafe_code)]
fn can_load(library: &str) -> bool {
    // SAFETY: loading runs the library's initialisers. They are those of the very library that the next step loads and
    // keeps, by the same name and the same call; GTK, which they may need, is set up.
    unsafe { libloading::Library::new(library) }.is_ok()
}

/// What the event loop needs before it runs: nothing on Linux.
pub fn prepare_loop<T>(_event_loop: &mut EventLoop<T>) {}

/// Calls `gone` when the session bus goes, and the tray with it. Left to itself GLib ends the process then, without a word.
pub fn on_session_end(gone: impl Fn() + Send + Sync + 'static) {
    if let Some(bus) = shared_bus() {
        bus.set_exit_on_close(false);
        bus.connect_closed(move |_, _, _| gone());
        // Dropping it would not close it, but would drop the handler.
        std::mem::forget(bus);
    }
}

/// The connection that GTK and the tray library share; without it there is no tray that could go.
pub fn shared_bus() -> Option<gio::DBusConnection> {
    gio::bus_get_sync(gio::BusType::Session, None::<&gio::Cancellable>).ok()
}

/// Has it sent when the panel opens the menu, and when it closes it: the menu's own library hears of it, but tells only of
/// submenus (libdbusmenu 16.04, `libdbusmenu-gtk/parser.c`, `item_handle_event`).
pub fn watch_menu(inbox: Arc<Inbox>) {
    let Some(bus) = shared_bus() else { return };
    let tells_of_closing = AtomicBool::new(false);
    // Called on the thread that GLib reads the bus on, so with nothing but the inbox. Never removed.
    bus.add_filter(move |_, message, is_incoming| {
        match Some(message).filter(|_| is_incoming).and_then(sign_of_menu) {
            Some(Sign::Opened) => {
                let is_told = tells_of_closing.load(Ordering::Relaxed);
                let counts_for = if is_told { SURELY_OPEN } else { COUNTS_AS_OPEN };
                inbox.send(Input::Event(Event::MenuOpened { counts_for }));
            }
            Some(sign @ (Sign::Closed | Sign::Clicked)) => {
                tells_of_closing.fetch_or(sign == Sign::Closed, Ordering::Relaxed);
                inbox.send(Input::Event(Event::MenuClosed));
            }
            None => {}
        }
        Some(message.clone())
    });
}

/// What a message says of somebody looking at the menu.
#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Opened,
    Closed,
    /// Which closes it; so may a submenu that closes, or not.
    Clicked,
}

/// One event of a menu: entry, kind, data, time.
type MenuEvent = (i32, String, Variant, u32);

/// What a message to the menu says of somebody looking at it.
fn sign_of_menu(message: &gio::DBusMessage) -> Option<Sign> {
    if message.message_type() != gio::DBusMessageType::MethodCall || message.interface()? != MENU_INTERFACE {
        return None;
    }
    match message.member()?.as_str() {
        "AboutToShow" | "AboutToShowGroup" => Some(Sign::Opened),
        "Event" => sign_of_event(message.body()?.get()?),
        "EventGroup" => message.body()?.get::<(Vec<MenuEvent>,)>()?.0.into_iter().filter_map(sign_of_event).next_back(),
        _ => None,
    }
}

fn sign_of_event((entry, kind, _, _): MenuEvent) -> Option<Sign> {
    match (entry, kind.as_str()) {
        (_, "opened") => Some(Sign::Opened),
        (WHOLE_MENU, "closed") => Some(Sign::Closed),
        (_, "clicked") => Some(Sign::Clicked),
        _ => None,
    }
}

/// What the tray item needs once it is there: nothing on Linux.
pub fn style_item(_tray: &TrayIcon) {}

/// What a screen reader says of the item: on Linux panels read the title and the menu.
pub fn set_accessibility_label(_tray: &TrayIcon, _text: &str) {}

/// Whether the item must be left alone for now: a panel draws its menu itself, and does not mind.
pub fn is_menu_open() -> bool {
    false
}

/// Runs one turn of the loop, and lets go of what the desktop made for it: nothing on Linux.
pub fn with_autorelease_pool<T>(turn: impl FnOnce() -> T) -> T {
    turn()
}

/// Gives a submenu of `menu` another label. On GTK, muda's own `set_text` changes nothing for a submenu: it sets the
/// label of a menu item whose label is inside a box (muda 0.21.2, `platform_impl/gtk/mod.rs`, `create_gtk_submenu`).
pub fn rename_submenu(menu: &Menu, submenu: &Submenu, text: &str) {
    submenu.set_text(text);
    let position = menu.items().iter().position(|item| item.id() == submenu.id());
    let rows = menu.gtk_context_menu().children();
    if let Some(label) = position.and_then(|position| label_in(rows.get(position)?)) {
        label.set_label(text);
    }
}

/// Shows a chart in a row of `menu`, as blocks of text: panels draw pictures no larger than a letter.
pub fn show_chart(menu: &Menu, row: &MenuItem, metric: Metric, chart: &Chart) {
    let text = chart_text::chart(chart);
    if row.text() == text {
        return;
    }
    row.set_text(text);
    // For screen readers. It reaches the panel as the entry's `accessible-desc`.
    let position = menu.items().iter().position(|item| item.id() == row.id());
    let rows = menu.gtk_context_menu().children();
    if let Some(accessible) = position.and_then(|position| rows.get(position)?.accessible()) {
        accessible.set_name(&chart_text::chart_spoken(metric, chart));
    }
}

fn label_in(widget: &gtk::Widget) -> Option<gtk::Label> {
    if let Some(label) = widget.downcast_ref::<gtk::Label>() {
        return Some(label.clone());
    }
    let container = widget.downcast_ref::<gtk::Container>()?;
    container.children().iter().find_map(label_in)
}

/// Who shows tray items here.
///
/// # Errors
/// That nobody does, and the way out.
pub fn tray_host(limit: Duration) -> Result<String, String> {
    let asked = block_on_timeout(limit, async {
        let bus = Connection::session().await?;
        DBusProxy::new(&bus).await?.name_has_owner(TRAY_WATCHER.try_into()?).await.map_err(zbus::Error::from)
    });
    match asked {
        Some(Ok(true)) => Ok("a panel shows tray items".into()),
        Some(Ok(false)) => Err("no panel shows tray items: start one that does; \
             GNOME needs the extension 'AppIndicator and KStatusNotifierItem Support'"
            .into()),
        Some(Err(error)) => Err(format!("the D-Bus session cannot be asked ({error})")),
        None => Err("the D-Bus session does not answer".into()),
    }
}
