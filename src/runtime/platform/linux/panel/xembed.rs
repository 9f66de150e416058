//! The tray of old panels (XEmbed), into which the item's library puts an icon where no panel watches for items.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};

use gtk::glib::translate::IntoGlib;
use gtk::glib::{LogField, LogWriterOutput, Type, gobject_ffi};
use gtk::prelude::{ObjectExt, WidgetExt};
use gtk::{gdk, glib};
use libloading::{Library, Symbol};

use super::tooltip;

/// The selection that the tray of the first screen owns.
///
/// Source: System Tray Protocol Specification, "Locating the system tray".
const TRAY_SELECTION: &CStr = c"_NET_SYSTEM_TRAY_S0";

/// The function in which GDK complains of such a window. It counts the times that a window is mapped and unmapped, but a panel
/// and the X server map one that is embedded by themselves. Nothing else comes of it.
///
/// Source: GTK 3.24, `gdkdisplay-x11.c`, `MapNotify`.
const MISCOUNTING: &str = "gdk_window_thaw_toplevel_updates:";

/// The end of GDK's warning of a window that an old panel has taken along: [`keep`] sees to that.
///
/// Source: GTK 3.24, `gdkwindow.c`, `gdk_window_destroy_notify`.
const TAKEN_ALONG: &str = "unexpectedly destroyed";

/// Whether an old panel embeds icons. On the main thread only, after GTK is set up.
pub fn has_old_tray() -> bool {
    is_on_x() && owner_of_selection().is_some_and(|owner| owner != 0)
}

/// Whether GTK uses X. The icon for an old panel is a window of X.
pub fn is_on_x() -> bool {
    gdk::Display::default().is_some_and(|display| display.type_().name() == "GdkX11Display")
}

/// Calls `changed` when an old panel comes and when it goes. On the main thread only, after GTK is set up.
///
/// Source: GTK 3.24, `gtkclipboard.c`: a clipboard is any selection, and is told of each new owner and of none.
pub fn when_old_tray_changes(changed: impl Fn() + 'static) {
    if is_on_x() {
        let selection = gdk::Atom::intern(&TRAY_SELECTION.to_string_lossy());
        gtk::Clipboard::get(&selection).connect_local("owner-change", false, move |_| {
            changed();
            None
        });
    }
}

/// The class of the library's items, up to the function that makes an icon for an old panel.
///
/// Source: `app-indicator.h`, `AppIndicatorClass`, of libayatana-appindicator 0.5.92 and of libappindicator 12.10.
#[repr(C)]
struct IndicatorClass {
    parent: gobject_ffi::GObjectClass,
    signals: [Option<unsafe extern "C" fn()>; 8],
    fallback: Option<Fallback>,
}

/// Makes the icon of an item for an old panel.
type Fallback = unsafe extern "C" fn(indicator: *mut c_void) -> *mut c_void;

thread_local! {
    /// The library's own function. The item is on the main thread alone.
    static LIBRARY_FALLBACK: Cell<Option<Fallback>> = const { Cell::new(None) };
    /// While GTK lets go of what belongs to a window that was taken along. It complains of what has gone with it, such as the
    /// clock of its animations (GTK 3.24, `gtkwidget.c`, `gtk_widget_disconnect_frame_clock`).
    static IS_LETTING_GO: Cell<bool> = const { Cell::new(false) };
}

/// Makes the icon as the library does, gives it its tooltip, and keeps it.
#[allow(unsafe_code)]
unsafe extern "C" fn fallback_with_tooltip(indicator: *mut c_void) -> *mut c_void {
    // SAFETY: the library calls this in the place of that function, with the same item.
    let icon = LIBRARY_FALLBACK.get().map_or(std::ptr::null_mut(), |fallback| unsafe { fallback(indicator) });
    if let Some(icon) = tooltip::icon() {
        tooltip::attach(&icon);
        keep(&icon);
    }
    icon
}

/// Keeps the icon where a panel that crashes takes its window along. GTK would free it, which the library goes on using. With a
/// new window it is there for the next panel.
///
/// Sources: GTK 3.24, `gtkmain.c`, `GDK_DESTROY`; `gtkstatusicon.c`, `tray_icon`; `gtktrayicon-x11.c`, `gtk_tray_icon_realize`.
fn keep(icon: &gtk::Window) {
    icon.connect_destroy_event(|icon, _| {
        let icon = icon.clone();
        glib::idle_add_local_once(move || {
            let is_shown = icon.is_visible();
            IS_LETTING_GO.set(true);
            icon.hide();
            icon.unrealize();
            IS_LETTING_GO.set(false);
            icon.set_visible(is_shown);
        });
        glib::Propagation::Stop
    });
}

/// Whether a message of the toolkit is a complaint of something that Loadline sees to.
fn is_known(fields: &[LogField]) -> bool {
    let value =
        |name| fields.iter().find(|field| field.key() == name).and_then(LogField::value_str).unwrap_or_default();
    let message = value("MESSAGE");
    let is_of_window = message.starts_with(MISCOUNTING) || message.ends_with(TAKEN_ALONG);
    (value("GLIB_DOMAIN") == "Gdk" && is_of_window) || IS_LETTING_GO.get()
}

/// Prepares what the library does where no panel watches for items. Call it once there is an item, on the main thread.
pub fn prepare_fallback() {
    if is_on_x() {
        // Never popped: a panel that goes may take the icon along while it is drawn, and such an error would end the program.
        gdk::error_trap_push();
        // Once in a process, and nobody else does it. Without the domain and the text a message is not one of these.
        glib::log_set_writer_func(|level, fields| match is_known(fields) {
            true => LogWriterOutput::Handled,
            false => glib::log_writer_default(level, fields),
        });
    }
    replace_fallback(is_on_x().then_some(fallback_with_tooltip));
}

/// Replaces the library's function, by none where there can be no old panel: on Wayland GTK prints a critical warning for each
/// change of the icon.
#[allow(unsafe_code)]
fn replace_fallback(fallback: Option<Fallback>) {
    let Some(kind) = Type::from_name("AppIndicator") else { return };
    // SAFETY: the item's class is alive as long as the item. Its size is compared with that of the part described above, which
    // is public in the library's header. The library calls the function only where there is one (`app-indicator.c`,
    // `fallback_timer_expire`), and on this thread.
    unsafe {
        let mut query = std::mem::zeroed::<gobject_ffi::GTypeQuery>();
        gobject_ffi::g_type_query(kind.into_glib(), &mut query);
        let class = gobject_ffi::g_type_class_peek(kind.into_glib()).cast::<IndicatorClass>();
        if !class.is_null() && query.class_size as usize >= size_of::<IndicatorClass>() {
            LIBRARY_FALLBACK.set((*class).fallback);
            (*class).fallback = fallback;
        }
    }
}

/// The window that owns the selection, or 0; `None` where X cannot be asked. By a connection of its own.
///
/// Source: `Xlib.h`.
#[allow(unsafe_code)]
fn owner_of_selection() -> Option<c_ulong> {
    type OpenDisplay = unsafe extern "C" fn(*const c_char) -> *mut c_void;
    type InternAtom = unsafe extern "C" fn(*mut c_void, *const c_char, c_int) -> c_ulong;
    type GetSelectionOwner = unsafe extern "C" fn(*mut c_void, c_ulong) -> c_ulong;
    type CloseDisplay = unsafe extern "C" fn(*mut c_void) -> c_int;
    // SAFETY: GTK has loaded this library already; the functions have these types in `Xlib.h`. The display is checked, used on
    // this thread alone and closed; a null name means `DISPLAY`.
    unsafe {
        let x = Library::new("libX11.so.6").ok()?;
        let open: Symbol<OpenDisplay> = x.get(b"XOpenDisplay\0").ok()?;
        let atom: Symbol<InternAtom> = x.get(b"XInternAtom\0").ok()?;
        let owner: Symbol<GetSelectionOwner> = x.get(b"XGetSelectionOwner\0").ok()?;
        let close: Symbol<CloseDisplay> = x.get(b"XCloseDisplay\0").ok()?;
        let display = open(std::ptr::null());
        if display.is_null() {
            return None;
        }
        let window = owner(display, atom(display, TRAY_SELECTION.as_ptr(), 0));
        close(display);
        Some(window)
    }
}
