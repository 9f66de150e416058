//! The submenus of the live rows: the applications that use the most. All rows are there from the beginning, and hidden while
//! they have nothing to show: the panel need not read the whole menu anew.

use anyhow::Result;
use tray_icon::menu::{Menu, MenuId, MenuItem, PredefinedMenuItem, Submenu};

use crate::core::escape::for_menu;
use crate::core::messages::effect::UserCommand;
use crate::core::processes::app_look::NAMED_APPS;
use crate::core::tray::labels;
use crate::core::tray::menu_apps::{AppRow, AppRows};
use crate::runtime::platform;

/// A live row, whose text is its reading, with the applications under it.
pub struct LiveMenu {
    pub submenu: Submenu,
    note: MenuItem,
    apps: Vec<AppMenu>,
    /// Opens the system monitor; `None` where there is none.
    monitor: Option<MenuItem>,
    shown: AppRows,
}

/// The row of an application, with what can be done about it.
struct AppMenu {
    submenu: Submenu,
    monitor: Option<MenuItem>,
    question: MenuItem,
    answer: MenuItem,
}

impl LiveMenu {
    /// A submenu without applications.
    pub fn new() -> Result<LiveMenu> {
        let submenu = Submenu::new("", true);
        let note = MenuItem::new("", false, None);
        let apps = (0..NAMED_APPS).map(|_| AppMenu::new()).collect::<Result<Vec<_>>>()?;
        submenu.append(&note)?;
        apps.iter().try_for_each(|app| submenu.append(&app.submenu))?;
        let monitor = monitor_row(labels::open_system_monitor);
        if let Some(monitor) = &monitor {
            submenu.append_items(&[&PredefinedMenuItem::separator(), monitor])?;
        }
        // More rows than there ever are: the first view differs from it, and hides those that it does not need.
        let shown = AppRows { note: Some(""), rows: vec![AppRow::BLANK; NAMED_APPS] };
        Ok(LiveMenu { submenu, note, apps, monitor, shown })
    }

    /// The command of a click on the row `id`; `None` where it is none of these rows.
    pub fn clicked(&self, id: &MenuId) -> Option<UserCommand> {
        let is_clicked = |row: &Option<MenuItem>| row.as_ref().is_some_and(|row| row.id() == id);
        if is_clicked(&self.monitor) || self.apps.iter().any(|app| is_clicked(&app.monitor)) {
            return Some(UserCommand::OpenSystemMonitor);
        }
        let position = self.apps.iter().position(|app| app.answer.id() == id)?;
        self.shown.rows.get(position).map(|row| UserCommand::AskToQuit(row.number))
    }

    /// Shows `rows`, which are in `menu`, and changes only what differs.
    pub fn show(&mut self, menu: &Menu, rows: &AppRows) {
        if self.shown.note != rows.note {
            self.note.set_text(for_menu(rows.note.unwrap_or_default()));
            platform::set_row_visible(menu, self.note.id(), rows.note.is_some());
        }
        for (position, app) in self.apps.iter().enumerate() {
            match (self.shown.rows.get(position), rows.rows.get(position)) {
                (before, Some(row)) => app.show(menu, row, before),
                (Some(_), None) => platform::set_row_visible(menu, app.submenu.id(), false),
                (None, None) => {}
            }
        }
        self.shown = rows.clone();
    }
}

impl AppMenu {
    fn new() -> Result<AppMenu> {
        let submenu = Submenu::new("", true);
        let monitor = monitor_row(labels::show_in);
        if let Some(monitor) = &monitor {
            submenu.append_items(&[monitor, &PredefinedMenuItem::separator()])?;
        }
        let (question, answer) = (MenuItem::new("", false, None), MenuItem::new("", true, None));
        submenu.append_items(&[&question, &answer])?;
        Ok(AppMenu { submenu, monitor, question, answer })
    }

    fn show(&self, menu: &Menu, row: &AppRow, before: Option<&AppRow>) {
        if before.is_none_or(|before| before.title != row.title) {
            platform::rename_submenu(menu, &self.submenu, &row.title);
        }
        if before.is_none_or(|before| before.question != row.question) {
            self.question.set_text(for_menu(&row.question));
        }
        if before.is_none_or(|before| before.answer != row.answer) {
            self.answer.set_text(for_menu(row.answer.as_deref().unwrap_or_default()));
            platform::set_row_visible(menu, self.answer.id(), row.answer.is_some());
        }
        if before.is_none() {
            platform::set_row_visible(menu, self.submenu.id(), true);
        }
    }
}

/// A row that opens the system monitor, with its name in `label`; `None` where there is none.
fn monitor_row(label: fn(&str) -> String) -> Option<MenuItem> {
    platform::system_monitor().map(|_| MenuItem::new(for_menu(&label(platform::SYSTEM_MONITOR_NAME)), true, None))
}
