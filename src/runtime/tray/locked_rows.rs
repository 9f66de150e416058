//! Rows of settings that the machine's file makes final: grey, with a word.

use tray_icon::menu::Menu;

use super::menu_rows::{CheckRow, Choices, SnoozeMenu};
use crate::core::escape::for_menu;
use crate::core::tray::labels;
use crate::core::tray::view::View;
use crate::runtime::platform;

impl CheckRow {
    /// Makes the row with this label grey, or no longer.
    pub fn lock(&self, label: &str, is_locked: bool) {
        let text = if is_locked { labels::locked(label) } else { label.to_owned() };
        self.item.set_text(for_menu(&text));
        self.item.set_enabled(!is_locked);
    }
}

impl<T: Copy + Ord> Choices<T> {
    /// Makes the submenu of `menu` with this title grey, or no longer. A grey one does not open, so that its value is in the
    /// title.
    pub fn lock(&self, menu: &Menu, title: &str, is_locked: bool) {
        let value = self.current_label().filter(|_| is_locked);
        let text = value.map_or_else(|| title.to_owned(), |value| labels::locked_value(title, &value));
        platform::rename_submenu(menu, &self.submenu, &text);
        self.submenu.set_enabled(!is_locked);
    }
}

impl SnoozeMenu {
    /// Makes the submenu of `menu` grey, or no longer.
    pub fn lock(&self, menu: &Menu, view: &View, is_locked: bool) {
        let title = SnoozeMenu::title(view);
        platform::rename_submenu(menu, &self.submenu, &if is_locked { labels::locked(&title) } else { title });
        self.submenu.set_enabled(!is_locked);
    }
}
