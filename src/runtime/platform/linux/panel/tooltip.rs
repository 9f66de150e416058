//! The tooltip of the icon in an old panel (XEmbed), to which the library gives only a title.

use std::cell::RefCell;

use gtk::gdk::prelude::MonitorExt;
use gtk::glib;
use gtk::prelude::{Cast, ObjectExt, WidgetExt};

/// The windows that GTK makes for an icon in an old panel, and for all tooltips.
///
/// Sources: GTK 3.24, `gtktrayicon-x11.c`, `gtktooltipwindow.c`.
const ICON_TYPE: &str = "GtkTrayIcon";
const TOOLTIP_TYPE: &str = "GtkTooltipWindow";

thread_local! {
    /// The text, also while there is no icon. GTK is on the main thread alone.
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
    /// The window of the tooltip that is kept on the screen. GTK makes another one at times.
    static KEPT: RefCell<glib::WeakRef<gtk::Window>> = RefCell::default();
}

/// Shows `text` while the pointer is over the icon, now or once there is one. On the main thread only.
pub(super) fn show(text: &str) {
    TEXT.replace(text.to_owned());
    if let Some(icon) = icon() {
        icon.set_tooltip_text(Some(text));
    }
}

/// The icon, while there is one. On the main thread only.
pub(super) fn icon() -> Option<gtk::Window> {
    toplevel(ICON_TYPE)
}

/// Gives a new icon its tooltip. On the main thread only.
pub(super) fn attach(icon: &gtk::Window) {
    icon.set_tooltip_text(Some(&TEXT.with_borrow(String::clone)));
    icon.connect_query_tooltip(|_, _, _, _, _| {
        let tooltip = toplevel(TOOLTIP_TYPE);
        if KEPT.with_borrow(glib::WeakRef::upgrade) != tooltip
            && let Some(tooltip) = tooltip
        {
            tooltip.connect_map(keep_on_screen);
            KEPT.replace(tooltip.downgrade());
        }
        // GTK itself shows the text.
        false
    });
}

/// The window of this type.
fn toplevel(type_name: &str) -> Option<gtk::Window> {
    let found = gtk::Window::list_toplevels().into_iter().find(|window| window.type_().name() == type_name);
    found?.downcast().ok()
}

/// Moves a tooltip that has left the screen above its icon. GTK before 3.24.52 shows it below an icon at the bottom of the
/// screen unless it ends above the panel's own edge when it is above the icon, which takes an icon as high as the panel
/// (`gdkwindowimpl.c`, `maybe_flip_position`).
fn keep_on_screen(tooltip: &gtk::Window) {
    let Some(icon) = icon().and_then(|icon| icon.window()) else { return };
    let Some(tooltip) = tooltip.window() else { return };
    let Some(screen) = icon.display().monitor_at_window(&icon).map(|monitor| monitor.geometry()) else { return };
    let ((_, _, icon_top), (_, left, top)) = (icon.origin(), tooltip.origin());
    if top + tooltip.height() > screen.y() + screen.height() {
        tooltip.move_(left, icon_top - tooltip.height());
    }
}
