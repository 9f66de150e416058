//! The kinds of rows in the menu: a row with a check mark, a submenu of choices, the submenu that snoozes.

use anyhow::Result;
use tray_icon::menu::{CheckMenuItem, Menu, MenuId, MenuItem, PredefinedMenuItem, Submenu};

use crate::core::alerts::snooze::Snooze;
use crate::core::escape::for_menu;
use crate::core::messages::effect::UserCommand;
use crate::core::time::Clock;
use crate::core::tray::labels;
use crate::core::tray::view::View;
use crate::runtime::platform;

/// A row with a check mark. The row is changed only when `is_checked` changes.
pub struct CheckRow {
    pub item: CheckMenuItem,
    is_checked: bool,
}

impl CheckRow {
    /// A row without its mark.
    pub fn new(text: &str, is_enabled: bool) -> CheckRow {
        CheckRow { item: CheckMenuItem::new(for_menu(text), is_enabled, false, None), is_checked: false }
    }

    /// Sets the mark.
    pub fn show(&mut self, is_checked: bool) {
        if self.is_checked != is_checked {
            self.item.set_checked(is_checked);
            self.is_checked = is_checked;
        }
    }

    /// Takes note of the mark that a click has switched.
    pub fn sync(&mut self) {
        self.is_checked = self.item.is_checked();
    }
}

/// A submenu with exactly one checked row: the fixed values, and the current value where it is none of them.
pub struct Choices<T> {
    pub submenu: Submenu,
    /// In the order of their values, wherever the submenu shows them.
    pub rows: Vec<Choice<T>>,
    /// The value whose row is at the top, above a separator. `None` where all rows are in the order of their values.
    top: Option<T>,
    is_current_first: bool,
    current: Option<T>,
    label: fn(T) -> String,
    command: Box<dyn Fn(T) -> UserCommand>,
}

/// One row of a submenu of choices.
pub struct Choice<T> {
    pub value: T,
    pub check: CheckRow,
    is_fixed: bool,
}

impl<T: Copy + Ord> Choices<T> {
    /// A submenu of these values, of which none is checked yet. `command` makes the command of a click.
    pub fn new(
        title: &str,
        values: Vec<T>,
        label: fn(T) -> String,
        command: impl Fn(T) -> UserCommand + 'static,
    ) -> Result<Choices<T>> {
        let submenu = Submenu::new(for_menu(title), true);
        let row = |value| Choice { value, check: CheckRow::new(&label(value), true), is_fixed: true };
        let rows: Vec<Choice<T>> = values.into_iter().map(row).collect();
        rows.iter().try_for_each(|row| submenu.append(&row.check.item))?;
        let command = Box::new(command);
        Ok(Choices { submenu, rows, top: None, is_current_first: false, current: None, label, command })
    }

    /// The command of a click on the row `id`; `None` where it is none of these rows.
    pub fn clicked(&mut self, id: &MenuId) -> Option<UserCommand> {
        let position = self.rows.iter().position(|row| row.check.item.id() == id)?;
        // The click has switched the mark, which must be corrected even where the value stays the same.
        self.rows[position].check.sync();
        self.current = None;
        let value = self.rows[position].value;
        self.uncheck_all_but(value);
        Some((self.command)(value))
    }

    /// The label of the current value.
    pub fn current_label(&self) -> Option<String> {
        self.current.map(self.label)
    }

    /// Takes the mark from the other rows. Done as early as can be: a panel may show the menu between two changes, and two marks
    /// would say that both values are in force.
    fn uncheck_all_but(&mut self, value: T) {
        self.rows.iter_mut().filter(|row| row.value != value).for_each(|row| row.check.show(false));
    }

    /// Checks the row of `current`, and adds it if there is none.
    pub fn show(&mut self, current: T) -> Result<()> {
        if self.current == Some(current) {
            return Ok(());
        }
        self.uncheck_all_but(current);
        self.take_from_top(current)?;
        if let Some(stale) = self.rows.iter().position(|row| !row.is_fixed && row.value != current) {
            self.submenu.remove(&self.rows.remove(stale).check.item)?;
        }
        if self.rows.iter().all(|row| row.value != current) {
            let position = self.rows.partition_point(|row| row.value < current);
            let check = CheckRow::new(&(self.label)(current), true);
            self.submenu.insert(&check.item, position + self.rows_at_top())?;
            self.rows.insert(position, Choice { value: current, check, is_fixed: false });
        }
        self.put_on_top(current)?;
        self.rows.iter_mut().filter(|row| row.value == current).for_each(|row| row.check.show(true));
        self.current = Some(current);
        Ok(())
    }
}

/// The row at the top.
impl<T: Copy + Ord> Choices<T> {
    /// The same submenu with the row of the current value first: a long submenu may show few of its rows without scrolling (GNOME
    /// on a small screen), and the current value must be one of them.
    pub fn with_current_first(mut self) -> Choices<T> {
        self.is_current_first = true;
        self
    }

    /// The number of rows above those in order while no row is at the top: the separator, once there is one.
    fn rows_at_top(&self) -> usize {
        if self.submenu.items().len() > self.rows.len() { 1 } else { 0 }
    }

    /// Puts the row at the top, unless it is that of `current`, back to its place.
    fn take_from_top(&mut self, current: T) -> Result<()> {
        let Some(top) = self.top.filter(|top| *top != current) else { return Ok(()) };
        self.top = None;
        let Some(position) = self.rows.iter().position(|row| row.value == top) else { return Ok(()) };
        let item = &self.rows[position].check.item;
        self.submenu.remove(item)?;
        // The separator stays.
        Ok(self.submenu.insert(item, position + 1)?)
    }

    /// Puts the row of `current` to the top.
    fn put_on_top(&mut self, current: T) -> Result<()> {
        if !self.is_current_first || self.top == Some(current) {
            return Ok(());
        }
        if self.rows_at_top() == 0 {
            self.submenu.prepend(&PredefinedMenuItem::separator())?;
        }
        if let Some(row) = self.rows.iter().find(|row| row.value == current) {
            self.submenu.remove(&row.check.item)?;
            self.submenu.prepend(&row.check.item)?;
            self.top = Some(current);
        }
        Ok(())
    }
}

/// The submenu that snoozes alerts.
pub struct SnoozeMenu {
    pub submenu: Submenu,
    rows: [(MenuItem, UserCommand); 3],
    resume: MenuItem,
}

impl SnoozeMenu {
    /// The submenu while nothing is snoozed.
    pub fn new() -> Result<SnoozeMenu> {
        let submenu = Submenu::new(labels::snooze_menu(None, 0, None, Clock::default()), true);
        let rows = [Snooze::Minutes15, Snooze::Hour, Snooze::UntilTomorrow]
            .map(|snooze| (MenuItem::new(labels::snooze(snooze), true, None), UserCommand::Snooze(snooze)));
        rows.iter().try_for_each(|(item, _)| submenu.append(item))?;
        let resume = MenuItem::new(labels::RESUME, false, None);
        submenu.append_items(&[&PredefinedMenuItem::separator(), &resume])?;
        Ok(SnoozeMenu { submenu, rows, resume })
    }

    /// The command of a click on the row `id`; `None` where it is none of these rows.
    pub fn clicked(&self, id: &MenuId) -> Option<UserCommand> {
        if self.resume.id() == id {
            return Some(UserCommand::Resume);
        }
        self.rows.iter().find(|(item, _)| item.id() == id).map(|(_, command)| *command)
    }

    /// Says in the title of the submenu until when alerts are silent.
    pub fn show(&self, menu: &Menu, view: &View) {
        platform::rename_submenu(menu, &self.submenu, &SnoozeMenu::title(view));
        self.resume.set_enabled(view.snoozed_until.is_some());
    }

    /// The title of the submenu.
    pub fn title(view: &View) -> String {
        let (until, days_ahead) = (view.snoozed_until.as_ref(), view.snooze_days_ahead);
        labels::snooze_menu(until, days_ahead, view.quiet_until, view.clock)
    }
}
