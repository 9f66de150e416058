//! The item as its library has it, for what tray-icon does not pass on.

use tray_icon::TrayIcon;

use super::tooltip;

/// The description of the icon, for screen readers. The numbers are in the title.
const DESCRIPTION: &str = "Loadline";

/// A change of the item.
enum ItemChange<'a> {
    Title(&'a str),
    Icon { folder: &'a str, name: &'a str },
}

/// Sets the title of the item, which Plasma, waybar, Cinnamon and LXQt show while the pointer is over it, and so does an icon in
/// an old panel. tray-icon's tooltip does nothing on Linux.
pub fn set_item_title(item: &TrayIcon, title: &str) {
    change(item, &ItemChange::Title(title));
    tooltip::show(title);
}

/// Shows the icon `name`, which is the path of a file, or a name in `folder`. The library reports only what changes.
pub(super) fn show_icon(item: &TrayIcon, folder: &str, name: &str) {
    change(item, &ItemChange::Icon { folder, name });
}

/// On the main thread only, to which the item is bound.
#[allow(unsafe_code)]
fn change(item: &TrayIcon, change: &ItemChange) {
    // SAFETY: the pointer is that of the indicator inside `item` (tray-icon 0.26.1, `lib.rs`, `app_indicator`), which is
    // borrowed, and so alive. The copy is one pointer to the library's object, without a destructor (libappindicator 0.9.0,
    // `lib.rs`); its functions take `&mut self` but change only that object.
    let mut indicator = unsafe { item.app_indicator().read() };
    match change {
        ItemChange::Title(title) => indicator.set_title(title),
        ItemChange::Icon { folder, name } => {
            indicator.set_icon_theme_path(folder);
            indicator.set_icon_full(name, DESCRIPTION);
        }
    }
}
