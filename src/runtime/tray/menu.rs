//! The menu of the tray item. It is built once; a row is changed in place, and only when its text has changed.

use std::time::Duration;

use anyhow::Result;
use tray_icon::menu::{CheckMenuItem, Menu, MenuId, MenuItem, PredefinedMenuItem, Submenu};

use crate::core::alerts::rule::Signal;
use crate::core::alerts::snooze::Snooze;
use crate::core::escape::for_menu;
use crate::core::history::threshold_stats::menu_thresholds;
use crate::core::messages::effect::UserCommand;
use crate::core::metrics::metric::{Metric, Threshold};
use crate::core::metrics::recent::Chart;
use crate::core::settings::{IconStyle, Part};
use crate::core::text;
use crate::core::tray::view::View;
use crate::core::tray::{chart_text, labels};
use crate::runtime::platform;

/// The position of the row of a problem: under the live rows and their charts.
const PROBLEM_POSITION: usize = 4;

/// The whole menu.
pub struct TrayMenu {
    menu: Menu,
    live: [MenuItem; 2],
    /// As of when the menu was last open.
    charts: [MenuItem; 2],
    problem: Option<MenuItem>,
    thresholds: [Choices<Threshold>; 2],
    memory_signal: Choices<Signal>,
    after: Choices<Duration>,
    snooze: SnoozeMenu,
    parts: [(Part, CheckRow); 3],
    /// In the place of the part *Icon* where there is a choice of icons.
    icons: [(IconStyle, CheckRow); 3],
    refresh: Choices<Duration>,
    login: CheckRow,
    commands: Vec<(MenuItem, UserCommand)>,
    /// As of when the menu was last open.
    self_usage: MenuItem,
}

impl TrayMenu {
    /// Builds the menu with empty live rows.
    pub fn new() -> Result<TrayMenu> {
        let seconds = |list: &[u64]| list.iter().copied().map(Duration::from_secs).collect();
        let empty_rows = || [(); 2].map(|()| MenuItem::new("", false, None));
        let threshold = |metric| {
            let values = std::iter::once(Threshold::Off).chain(menu_thresholds().map(Threshold::Above)).collect();
            let command = move |threshold| UserCommand::SetThreshold(metric, threshold);
            Choices::new(&labels::threshold_menu(metric), values, text::settings::threshold, command)
        };
        let signals = Signal::ALL.to_vec();
        let memory_signal =
            Choices::new(labels::MEMORY_SIGNAL_MENU, signals, text::settings::signal, UserCommand::SetMemorySignal);
        let (times, intervals) = (seconds(&[0, 5, 15, 30, 60, 300]), seconds(&[1, 2, 5, 10]));
        let after = Choices::new(labels::AFTER_MENU, times, text::settings::after, UserCommand::SetAfter);
        let refresh_title = text::metrics::refresh_menu(None);
        let refresh = Choices::new(&refresh_title, intervals, text::settings::after, UserCommand::SetRefresh);
        let parts = Part::ALL.map(|part| (part, CheckRow::new(labels::part(part), true)));
        let icons = IconStyle::CHOICES.map(|style| (style, CheckRow::new(labels::icon(style), true)));
        let row = |text: &str, command| (MenuItem::new(for_menu(text), true, None), command);
        let mut commands = vec![row(labels::TEST_NOTIFICATION, UserCommand::SendTestNotification)];
        if platform::system_monitor().is_some() {
            let label = labels::open_system_monitor(platform::SYSTEM_MONITOR_NAME);
            commands.push(row(&label, UserCommand::OpenSystemMonitor));
        }
        commands.push(row(labels::HISTORY, UserCommand::OpenHistory));
        commands.push(row(labels::SETTINGS_FILE, UserCommand::OpenSettings));
        commands.push(row(labels::QUIT, UserCommand::Quit));
        let menu = TrayMenu {
            menu: Menu::new(),
            live: empty_rows(),
            charts: empty_rows(),
            problem: None,
            thresholds: [threshold(Metric::Cpu)?, threshold(Metric::Memory)?],
            memory_signal: memory_signal?,
            after: after?,
            snooze: SnoozeMenu::new()?,
            parts,
            icons,
            refresh: refresh?,
            login: CheckRow::new(labels::LAUNCH_AT_LOGIN, true),
            commands,
            self_usage: MenuItem::new(text::metrics::self_usage(None), false, None),
        };
        menu.lay_out()?;
        // At their full width: rows of a menu that grows while it is open are hard to hit.
        menu.show_charts(&[Chart::EMPTY, Chart::EMPTY]);
        Ok(menu)
    }

    fn lay_out(&self) -> Result<()> {
        let parts = Submenu::new(labels::PARTS_MENU, true);
        let is_offered = |part| part != Part::Icon || !platform::SHOWS_LEVELS_IN_ICON;
        self.parts.iter().filter(|(part, _)| is_offered(*part)).try_for_each(|(_, check)| parts.append(&check.item))?;
        if platform::SHOWS_LEVELS_IN_ICON {
            parts.append(&PredefinedMenuItem::separator())?;
            self.icons.iter().try_for_each(|(_, check)| parts.append(&check.item))?;
        }
        let ([cpu, memory], [cpu_chart, memory_chart]) = (&self.live, &self.charts);
        let (menu, line) = (&self.menu, PredefinedMenuItem::separator);
        menu.append_items(&[cpu, cpu_chart, memory, memory_chart, &line()])?;
        self.thresholds.iter().try_for_each(|choices| menu.append(&choices.submenu))?;
        menu.append_items(&[&self.memory_signal.submenu, &self.after.submenu])?;
        menu.append_items(&[&self.snooze.submenu, &line(), &parts])?;
        menu.append_items(&[&self.refresh.submenu, &self.login.item, &line()])?;
        self.commands.iter().try_for_each(|(item, _)| menu.append(item))?;
        Ok(menu.append_items(&[&line(), &self.self_usage])?)
    }

    /// The menu for the tray item.
    pub fn for_tray(&self) -> Box<Menu> {
        Box::new(self.menu.clone())
    }

    /// The command of a click on the row `id`. The click itself has switched a check mark, which is recorded here, until
    /// [`TrayMenu::show`] corrects it.
    pub fn clicked(&mut self, id: &MenuId) -> Option<UserCommand> {
        if let Some((_, command)) = self.commands.iter().find(|(item, _)| item.id() == id) {
            return Some(*command);
        }
        if let Some((part, check)) = self.parts.iter_mut().find(|(_, check)| check.item.id() == id) {
            check.sync();
            return Some(UserCommand::Toggle(*part));
        }
        if let Some((style, check)) = self.icons.iter_mut().find(|(_, check)| check.item.id() == id) {
            check.sync();
            return Some(UserCommand::SetIcon(*style));
        }
        if self.login.item.id() == id {
            self.login.sync();
            return Some(UserCommand::ToggleLaunchAtLogin);
        }
        let thresholds = self.thresholds.iter_mut().find_map(|choices| choices.clicked(id));
        thresholds
            .or_else(|| self.memory_signal.clicked(id))
            .or_else(|| self.after.clicked(id))
            .or_else(|| self.refresh.clicked(id))
            .or_else(|| self.snooze.clicked(id))
    }

    /// Shows `view`. `before` is the view that is shown now.
    pub fn show(&mut self, view: &View, before: Option<&View>) -> Result<()> {
        for (index, item) in self.live.iter().enumerate() {
            if before.is_none_or(|before| before.rows[index] != view.rows[index]) {
                item.set_text(for_menu(&view.rows[index].to_string()));
            }
        }
        if let Some(charts) = &view.charts
            && before.is_none_or(|before| before.charts.as_ref() != Some(charts))
        {
            self.show_charts(charts);
        }
        if before.is_none_or(|before| before.self_usage != view.self_usage) {
            let text = text::metrics::self_usage(view.self_usage.as_ref());
            // The figures may have changed by less than the text shows.
            if self.self_usage.text() != text {
                self.self_usage.set_text(text);
            }
        }
        if before.is_none_or(|before| before.problem != view.problem) {
            self.show_problem(view.problem.as_deref())?;
        }
        let until = |view: &View| (view.snoozed_until.clone(), view.snooze_days_ahead, view.quiet_until);
        if before.is_none_or(|before| until(before) != until(view)) {
            self.snooze.show(&self.menu, view);
        }
        for (choices, threshold) in self.thresholds.iter_mut().zip(view.selection.thresholds) {
            choices.show(threshold)?;
        }
        if before.and_then(|before| before.backtest.as_ref()) != view.backtest.as_ref() {
            self.show_backtest(view);
        }
        self.memory_signal.show(view.selection.memory_signal)?;
        self.after.show(view.selection.after)?;
        self.refresh.show(view.selection.refresh)?;
        if before.and_then(|before| before.slowed) != view.slowed {
            platform::rename_submenu(&self.menu, &self.refresh.submenu, &text::metrics::refresh_menu(view.slowed));
        }
        self.login.show(view.launches_at_login);
        for (part, check) in &mut self.parts {
            check.show(view.selection.menu_bar.shows(*part));
        }
        for (style, check) in &mut self.icons {
            check.show(view.glyph.style == *style);
        }
        Ok(())
    }

    fn show_charts(&self, charts: &[Chart; 2]) {
        for ((row, metric), chart) in self.charts.iter().zip(Metric::ALL).zip(charts) {
            platform::show_chart(&self.menu, row, metric, chart);
        }
    }

    fn show_backtest(&self, view: &View) {
        for (choices, metric) in self.thresholds.iter().zip(Metric::ALL) {
            let is_used = view.selection.memory_signal.uses_threshold(metric);
            for row in &choices.rows {
                let text = chart_text::threshold_with_stats(metric, row.value, is_used, view.backtest.as_deref());
                row.check.item.set_text(for_menu(&text));
            }
        }
    }

    fn show_problem(&mut self, problem: Option<&str>) -> Result<()> {
        match (problem, &self.problem) {
            (Some(text), Some(item)) => item.set_text(for_menu(text)),
            (Some(text), None) => {
                let item = MenuItem::new(for_menu(text), false, None);
                self.menu.insert(&item, PROBLEM_POSITION)?;
                self.problem = Some(item);
            }
            (None, Some(item)) => {
                self.menu.remove(item)?;
                self.problem = None;
            }
            (None, None) => {}
        }
        Ok(())
    }
}

/// A row with a check mark. The row is changed only when `is_checked` changes.
struct CheckRow {
    item: CheckMenuItem,
    is_checked: bool,
}

impl CheckRow {
    fn new(text: &str, is_enabled: bool) -> CheckRow {
        CheckRow { item: CheckMenuItem::new(for_menu(text), is_enabled, false, None), is_checked: false }
    }

    fn show(&mut self, is_checked: bool) {
        if self.is_checked != is_checked {
            self.item.set_checked(is_checked);
            self.is_checked = is_checked;
        }
    }

    fn sync(&mut self) {
        self.is_checked = self.item.is_checked();
    }
}

/// A submenu with exactly one checked row: the fixed values, and the current value where it is none of them.
struct Choices<T> {
    submenu: Submenu,
    rows: Vec<Choice<T>>,
    current: Option<T>,
    label: fn(T) -> String,
    command: Box<dyn Fn(T) -> UserCommand>,
}

struct Choice<T> {
    value: T,
    check: CheckRow,
    is_fixed: bool,
}

impl<T: Copy + Ord> Choices<T> {
    fn new(
        title: &str,
        values: Vec<T>,
        label: fn(T) -> String,
        command: impl Fn(T) -> UserCommand + 'static,
    ) -> Result<Choices<T>> {
        let submenu = Submenu::new(for_menu(title), true);
        let row = |value| Choice { value, check: CheckRow::new(&label(value), true), is_fixed: true };
        let rows: Vec<Choice<T>> = values.into_iter().map(row).collect();
        rows.iter().try_for_each(|row| submenu.append(&row.check.item))?;
        Ok(Choices { submenu, rows, current: None, label, command: Box::new(command) })
    }

    fn clicked(&mut self, id: &MenuId) -> Option<UserCommand> {
        let row = self.rows.iter_mut().find(|row| row.check.item.id() == id)?;
        row.check.sync();
        // The click has switched the mark, which must be corrected even where the value stays the same.
        self.current = None;
        Some((self.command)(row.value))
    }

    fn show(&mut self, current: T) -> Result<()> {
        if self.current == Some(current) {
            return Ok(());
        }
        if let Some(stale) = self.rows.iter().position(|row| !row.is_fixed && row.value != current) {
            self.submenu.remove(&self.rows.remove(stale).check.item)?;
        }
        if self.rows.iter().all(|row| row.value != current) {
            let position = self.rows.partition_point(|row| row.value < current);
            let check = CheckRow::new(&(self.label)(current), true);
            self.submenu.insert(&check.item, position)?;
            self.rows.insert(position, Choice { value: current, check, is_fixed: false });
        }
        self.rows.iter_mut().for_each(|row| row.check.show(row.value == current));
        self.current = Some(current);
        Ok(())
    }
}

struct SnoozeMenu {
    submenu: Submenu,
    rows: [(MenuItem, UserCommand); 3],
    resume: MenuItem,
}

impl SnoozeMenu {
    fn new() -> Result<SnoozeMenu> {
        let submenu = Submenu::new(labels::snooze_menu(None, 0, None), true);
        let rows = [Snooze::Minutes15, Snooze::Hour, Snooze::UntilTomorrow]
            .map(|snooze| (MenuItem::new(labels::snooze(snooze), true, None), UserCommand::Snooze(snooze)));
        rows.iter().try_for_each(|(item, _)| submenu.append(item))?;
        let resume = MenuItem::new(labels::RESUME, false, None);
        submenu.append_items(&[&PredefinedMenuItem::separator(), &resume])?;
        Ok(SnoozeMenu { submenu, rows, resume })
    }

    fn clicked(&self, id: &MenuId) -> Option<UserCommand> {
        if self.resume.id() == id {
            return Some(UserCommand::Resume);
        }
        self.rows.iter().find(|(item, _)| item.id() == id).map(|(_, command)| *command)
    }

    fn show(&self, menu: &Menu, view: &View) {
        let text = labels::snooze_menu(view.snoozed_until.as_ref(), view.snooze_days_ahead, view.quiet_until);
        platform::rename_submenu(menu, &self.submenu, &text);
        self.resume.set_enabled(view.snoozed_until.is_some());
    }
}
