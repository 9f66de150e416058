//! The tray on Linux: GTK and libayatana-appindicator. Both are checked before they are used, because both end the process
//! where they find no display or no library.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gtk::gio;
use gtk::glib;
use gtk::glib::Variant;
use gtk::prelude::{AtkObjectExt, Cast, ContainerExt, GtkMenuItemExt, LabelExt, WidgetExt};
use tao::event_loop::EventLoop;
use tray_icon::TrayIcon;
use tray_icon::menu::accelerator::Accelerator;
use tray_icon::menu::{ContextMenu, Menu, MenuId, MenuItem, MenuItemKind, Submenu};

use super::dbus;
use super::panel::{find_panel, is_gnome, prepare_fallback, watch_panel};
use crate::core::escape::{for_menu, for_terminal};
use crate::core::messages::effect::Event;
use crate::core::metrics::metric::Metric;
use crate::core::metrics::recent::Chart;
use crate::core::text;
use crate::core::time::Clock;
use crate::core::tray::chart_text;
use crate::core::tray::view::Title;
use crate::runtime::inbox::{Inbox, Input};

/// A StatusNotifierItem is its icon: without one most panels show nothing that could be clicked.
pub const ICON_CAN_BE_HIDDEN: bool = false;
/// Few panels draw the label, so the icon shows the levels or the numbers.
pub const SHOWS_LEVELS_IN_ICON: bool = true;
/// A header is an ordinary grey row here: lines between the sections say as much, in fewer rows.
pub const SHOWS_SECTION_HEADERS: bool = false;
/// The version is in the row of Loadline's own usage. A dialog would double Loadline's memory for good: the first window
/// makes GTK load its theme, fonts and icons.
pub const HAS_ABOUT_PANEL: bool = false;

/// The time that the session bus has to respond at start.
const BUS_LIMIT: Duration = Duration::from_secs(2);

/// The service with which panels and tray items register.
///
/// Source: StatusNotifierItem specification, "StatusNotifierWatcher"; KDE's name is the one in use.
pub(super) const TRAY_WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// The interface by which panels read the menu.
///
/// Source: `dbus-menu.xml` of libdbusmenu.
const MENU_INTERFACE: &str = "com.canonical.dbusmenu";
/// The menu itself, not one of its entries.
const WHOLE_MENU: i32 = 0;
/// The time for which the menu counts as open after its last event: Xfce's panel reports that a submenu was closed, but not
/// that the menu was.
const COUNTS_AS_OPEN: Duration = Duration::from_secs(30);
/// The same for a panel that does report the closing of the menu. It may still end with the menu open.
const COUNTS_AS_OPEN_UNTIL_CLOSED: Duration = Duration::from_secs(600);

/// The names under which libappindicator-sys looks for its library (its `lib.rs`, `LIB`).
const TRAY_LIBRARIES: [&str; 2] = ["libayatana-appindicator3.so.1", "libappindicator3.so.1"];

/// Checks that there are a display, a session bus and a tray library. On the main thread only: it sets up GTK.
pub fn desktop() -> Result<(), String> {
    let display = dbus::display().ok_or(text::desktop::NO_DISPLAY)?;
    dbus::connect(BUS_LIMIT)?;
    gtk::init().map_err(|_| text::desktop::display_closed(display))?;
    let has_library = TRAY_LIBRARIES.iter().any(|name| can_load(name));
    if has_library { Ok(()) } else { Err(text::desktop::NO_TRAY_LIBRARY.into()) }
}

/// Whether a library can be loaded. libappindicator-sys panics where it cannot.
#[allow(unsafe_code)]
fn can_load(library: &str) -> bool {
    // SAFETY: loading runs the library's initialisers. The next step loads the same library by the same name and the same
    // call; GTK, which the initialisers may need, is set up.
    unsafe { libloading::Library::new(library) }.is_ok()
}

/// Prepares the event loop: nothing on Linux.
pub fn prepare_loop<T>(_event_loop: &mut EventLoop<T>) {}

/// Calls `gone` when the session bus goes, and the tray with it. By default GLib then ends the process without a message.
pub fn on_session_end(gone: impl Fn() + Send + Sync + 'static) {
    if let Some(bus) = shared_bus() {
        bus.set_exit_on_close(false);
        bus.connect_closed(move |_, _, _| gone());
        // Dropping it would not close it, but would drop the handler.
        std::mem::forget(bus);
    }
}

/// The connection to the session bus that GTK and the tray library share. `None` without a bus, and so without a tray.
pub(super) fn shared_bus() -> Option<gio::DBusConnection> {
    gio::bus_get_sync(gio::BusType::Session, None::<&gio::Cancellable>).ok()
}

/// Sends an event when the panel opens the menu and when it closes it. The library of the menu reports this only of submenus
/// (libdbusmenu 16.04, `libdbusmenu-gtk/parser.c`, `item_handle_event`), so the messages of the panel are read here.
pub fn watch_menu(inbox: Arc<Inbox>) {
    let Some(bus) = shared_bus() else { return };
    let reports_closing = AtomicBool::new(false);
    // Called on the thread on which GLib reads the bus, so it uses only the inbox. Never removed.
    bus.add_filter(move |_, message, is_incoming| {
        match Some(message).filter(|_| is_incoming).and_then(menu_change) {
            Some(MenuChange::Opened) => {
                let is_reported = reports_closing.load(Ordering::Relaxed);
                let counts_for = if is_reported { COUNTS_AS_OPEN_UNTIL_CLOSED } else { COUNTS_AS_OPEN };
                inbox.send(Input::Event(Event::MenuOpened { counts_for }));
            }
            Some(change) => {
                reports_closing.fetch_or(change == MenuChange::Closed, Ordering::Relaxed);
                inbox.send(Input::Event(Event::MenuClosed));
            }
            None => {}
        }
        Some(message.clone())
    });
}

/// Sends an event when the menu is opened in this process and when it is closed: old panels embed the icon (XEmbed), and its
/// library then shows the menu itself.
pub fn watch_own_menu(menu: &Menu, inbox: &Arc<Inbox>) {
    let (opened, closed) = (Arc::clone(inbox), Arc::clone(inbox));
    let shown = menu.gtk_context_menu();
    shown.connect_map(move |_| {
        opened.send(Input::Event(Event::MenuOpened { counts_for: COUNTS_AS_OPEN_UNTIL_CLOSED }));
    });
    shown.connect_unmap(move |_| {
        closed.send(Input::Event(Event::MenuClosed));
    });
}

/// A change of the menu that a panel reports.
#[derive(Clone, Copy, PartialEq)]
enum MenuChange {
    Opened,
    Closed,
    /// A click closes the menu. A submenu that closes may close it or not, so it counts for nothing.
    Clicked,
}

/// One event of a menu: entry, kind, data, time.
type MenuEventFields = (i32, String, Variant, u32);

/// The change that a message to the menu reports.
fn menu_change(message: &gio::DBusMessage) -> Option<MenuChange> {
    if message.message_type() != gio::DBusMessageType::MethodCall || message.interface()? != MENU_INTERFACE {
        return None;
    }
    match message.member()?.as_str() {
        "AboutToShow" | "AboutToShowGroup" => Some(MenuChange::Opened),
        "Event" => event_change(message.body()?.get()?),
        "EventGroup" => {
            message.body()?.get::<(Vec<MenuEventFields>,)>()?.0.into_iter().filter_map(event_change).next_back()
        }
        _ => None,
    }
}

fn event_change((entry, kind, _, _): MenuEventFields) -> Option<MenuChange> {
    match (entry, kind.as_str()) {
        (_, "opened") => Some(MenuChange::Opened),
        (WHOLE_MENU, "closed") => Some(MenuChange::Closed),
        (_, "clicked") => Some(MenuChange::Clicked),
        _ => None,
    }
}

/// Sends an event when a panel comes that shows tray items, and one when there is none after some time.
pub fn watch_for_panel(inbox: &Arc<Inbox>) {
    if let Some(bus) = shared_bus() {
        watch_panel(&bus, TRAY_WATCHER, inbox);
    }
}

/// Gives the new item its menu: on Linux the tray library has done it. What the library does for old panels is prepared.
pub fn attach_menu(_tray: &TrayIcon, _menu: &Menu) {
    prepare_fallback();
}

/// Shows the text beside the icon.
pub fn show_title(tray: &TrayIcon, title: &Title) {
    tray.set_title(Some(title.to_string()));
}

/// Gives the item the width of its widest title: on Linux the panel does.
pub fn fit_item(_tray: &TrayIcon, _widest: &Title) {}

/// Sets the text of the item for screen readers: nothing on Linux, where panels read the title and the menu.
pub fn set_accessibility_label(_tray: &TrayIcon, _text: &str) {}

/// Whether rows may change while the menu is open. They may: the panel draws it.
pub const UPDATES_OPEN_MENU: bool = true;

/// Whether an open menu forbids changes of the item: not on Linux, where the panel draws the menu itself.
pub fn is_menu_open() -> bool {
    false
}

/// Whether a person has opened the app again: Linux starts a second process instead.
pub fn is_opened_by_person() -> bool {
    false
}

/// Opens the menu, and returns whether it could: on Linux the panel alone can.
pub fn open_menu(_tray: &TrayIcon) -> bool {
    false
}

/// Closes the open menu: on Linux the panel closes it when the item goes.
pub fn close_menu(_tray: &TrayIcon) {}

/// Keeps the system from delaying readings. Nothing on Linux, which delays them by no more than the timers' tolerance.
#[derive(Default)]
pub struct Punctuality {}

impl Punctuality {
    /// Whether readings must come on time.
    pub fn require(&mut self, _is_required: bool) {}
}

/// Gives a submenu of `menu` another label. On GTK, muda's own `set_text` changes nothing for a submenu: it sets the
/// label of a menu item whose label is inside a box (muda 0.21.2, `platform_impl/gtk/mod.rs`, `create_gtk_submenu`).
pub fn rename_submenu(menu: &Menu, submenu: &Submenu, text: &str) {
    submenu.set_text(for_menu(text));
    if let Some(label) = row_in(&menu.items(), &menu.gtk_context_menu(), submenu.id()).and_then(|row| label_in(&row)) {
        // To GTK `_` marks the next letter as a shortcut, and `&` marks nothing.
        label.set_label(&for_terminal(text).replace('_', "__"));
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
    let row = row_in(&menu.items(), &menu.gtk_context_menu(), row.id());
    if let Some(accessible) = row.and_then(|row| row.accessible()) {
        accessible.set_name(&chart_text::chart_spoken(metric, chart));
    }
}

/// The widget of the item `id`, which is one of `items` or in a submenu of theirs. `menu` shows the items.
fn row_in(items: &[MenuItemKind], menu: &gtk::Menu, id: &MenuId) -> Option<gtk::Widget> {
    let rows = menu.children();
    if let Some(position) = items.iter().position(|item| item.id() == id) {
        return rows.get(position).cloned();
    }
    items.iter().zip(rows).find_map(|(item, row)| {
        let below = row.downcast_ref::<gtk::MenuItem>()?.submenu()?.downcast::<gtk::Menu>().ok()?;
        row_in(&item.as_submenu()?.items(), &below, id)
    })
}

fn label_in(widget: &gtk::Widget) -> Option<gtk::Label> {
    let in_container = || widget.downcast_ref::<gtk::Container>()?.children().iter().find_map(label_in);
    widget.downcast_ref::<gtk::Label>().cloned().or_else(in_container)
}

/// The key of a row: none on Linux, where panels draw the menu and pass it no keys.
pub fn shortcut(_key: char) -> Option<Accelerator> {
    None
}

/// Never called: no row shows a panel with the version.
pub fn show_about() {}

/// The way in which the locale writes times of day (`LC_TIME`). GTK must be set up, which is what makes C's functions follow
/// the locale (`gtk_init`: `setlocale (LC_ALL, "")`).
///
/// Source: strftime(3): `%X` is the locale's time, `%H` the hour in 24, `%OH` the same in the locale's other digits.
pub fn clock() -> Clock {
    let written = |at: &glib::DateTime, format| at.format(format).map(String::from).unwrap_or_default();
    let Ok(at) = glib::DateTime::from_utc(2001, 1, 1, 15, 40, 0.0) else { return Clock::default() };
    let hours = ["%H", "%OH"].map(|format| written(&at, format));
    Clock::of_sample(&written(&at, "%X"), &hours.each_ref().map(String::as_str))
}

/// Whether a panel shows tray items, for `doctor`; or the way out when none does. Call it when [`desktop`] has succeeded.
pub(super) fn tray_host() -> Result<String, String> {
    let bus = shared_bus().ok_or(text::desktop::NO_SESSION_BUS)?;
    match glib::MainContext::default().block_on(find_panel(&bus, TRAY_WATCHER)) {
        Ok(Some(panel)) if panel.is_old => Ok(text::desktop::TRAY_EMBEDDED.into()),
        Ok(Some(_)) => Ok(text::desktop::TRAY_HOST.into()),
        Ok(None) => Err(text::desktop::no_tray_host(is_gnome()).into()),
        Err(error) if error.matches(gio::IOErrorEnum::TimedOut) => Err(text::desktop::SESSION_BUS_SILENT.into()),
        Err(error) => Err(text::desktop::session_bus_refuses(&error)),
    }
}
