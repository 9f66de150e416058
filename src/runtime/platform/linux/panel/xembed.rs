//! The tray of old panels (XEmbed), into which the item's library puts an icon where no panel watches for items.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};

use gtk::glib::translate::IntoGlib;
use gtk::glib::{LogLevels, Type, gobject_ffi};
use gtk::prelude::ObjectExt;
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
}

/// Makes the icon as the library does, and gives it its tooltip.
#[allow(unsafe_code)]
unsafe extern "C" fn fallback_with_tooltip(indicator: *mut c_void) -> *mut c_void {
    // SAFETY: the library calls this in the place of that function, with the same item.
    let icon = LIBRARY_FALLBACK.get().map_or(std::ptr::null_mut(), |fallback| unsafe { fallback(indicator) });
    tooltip::attach();
    icon
}

/// Prepares what the library does where no panel watches for items. Call it once there is an item, on the main thread.
pub fn prepare_fallback() {
    if is_on_x() {
        // Never popped: a panel that goes may take the icon along while it is drawn, and such an error would end the program.
        gdk::error_trap_push();
        glib::log_set_handler(Some("Gdk"), LogLevels::LEVEL_CRITICAL, false, false, |domain, level, message| {
            if !message.starts_with(MISCOUNTING) {
                glib::log_default_handler(domain, level, Some(message));
            }
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
