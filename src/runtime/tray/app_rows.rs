//! The submenus of the live rows: the applications that use the most. All rows are always there, grey while they have nothing
//! to show: GTK's menus, which most panels show, do not grow while they are open.

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
    heading: MenuItem,
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
        let heading = MenuItem::new("", false, None);
        let apps = (0..NAMED_APPS).map(|_| AppMenu::new()).collect::<Result<Vec<_>>>()?;
        submenu.append(&heading)?;
        apps.iter().try_for_each(|app| submenu.append(&app.submenu))?;
        let monitor = monitor_row(labels::open_system_monitor);
        if let Some(monitor) = &monitor {
            submenu.append_items(&[&PredefinedMenuItem::separator(), monitor])?;
        }
        Ok(LiveMenu { submenu, heading, apps, monitor, shown: AppRows { heading: "", rows: Vec::new() } })
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
        if self.shown.heading != rows.heading {
            self.heading.set_text(for_menu(rows.heading));
        }
        for (position, app) in self.apps.iter().enumerate() {
            app.show(menu, rows.rows.get(position), self.shown.rows.get(position));
        }
        self.shown = rows.clone();
    }
}

impl AppMenu {
    fn new() -> Result<AppMenu> {
        let submenu = Submenu::new(labels::no_app(), false);
        let monitor = monitor_row(labels::show_in);
        if let Some(monitor) = &monitor {
            submenu.append_items(&[monitor, &PredefinedMenuItem::separator()])?;
        }
        let (question, answer) = (MenuItem::new("", false, None), MenuItem::new("", false, None));
        submenu.append_items(&[&question, &answer])?;
        Ok(AppMenu { submenu, monitor, question, answer })
    }

    fn show(&self, menu: &Menu, row: Option<&AppRow>, before: Option<&AppRow>) {
        if before.map(|before| &before.title) != row.map(|row| &row.title) {
            platform::rename_submenu(menu, &self.submenu, &row.map_or_else(labels::no_app, |row| row.title.clone()));
        }
        if before.is_some() != row.is_some() {
            self.submenu.set_enabled(row.is_some());
        }
        let Some(row) = row else { return };
        if before.is_none_or(|before| before.question != row.question) {
            self.question.set_text(for_menu(&row.question));
        }
        if before.is_none_or(|before| before.answer != row.answer) {
            self.answer.set_text(for_menu(&row.answer));
        }
        if before.is_none_or(|before| before.can_ask != row.can_ask) {
            self.answer.set_enabled(row.can_ask);
        }
    }
}

/// A row that opens the system monitor, with its name in `label`; `None` where there is none.
fn monitor_row(label: fn(&str) -> String) -> Option<MenuItem> {
    platform::system_monitor().map(|_| MenuItem::new(for_menu(&label(platform::SYSTEM_MONITOR_NAME)), true, None))
}
