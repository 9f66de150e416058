//! The tray of old panels (XEmbed), into which the item's library puts an icon where no panel watches for items.

use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};

use gtk::gdk;
use gtk::prelude::ObjectExt;
use libloading::{Library, Symbol};

/// The selection that the tray of the first screen owns.
///
/// Source: System Tray Protocol Specification, "Locating the system tray".
const TRAY_SELECTION: &CStr = c"_NET_SYSTEM_TRAY_S0";

/// Whether an old panel embeds icons. Only where GTK uses X: the library's icon is a window of X. On the main thread only,
/// after GTK is set up.
pub fn has_old_tray() -> bool {
    let is_x = gdk::Display::default().is_some_and(|display| display.type_().name() == "GdkX11Display");
    is_x && owner_of_selection().is_some_and(|owner| owner != 0)
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
