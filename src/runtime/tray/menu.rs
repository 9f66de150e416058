//! The menu of the tray item. It is built once; a row is changed in place, and only when its text has changed.
//!
//! The top level always has twelve rows, so that it fits a small screen also where submenus open inside it (GNOME): the readings,
//! what is changed often, and the ways out. A problem and a newer version take the places of the lines between these. The rest
//! is under *Settings*.

use std::time::Duration;

use anyhow::Result;
use tray_icon::menu::{Menu, MenuId, MenuItem, PredefinedMenuItem, Submenu};

use super::app_rows::LiveMenu;
use super::menu_rows::{CheckRow, Choices, SnoozeMenu};
use crate::core::alerts::rule::Signal;
use crate::core::escape::for_menu;
use crate::core::history::threshold_stats::menu_thresholds;
use crate::core::messages::effect::{ProblemRemedy, UserCommand};
use crate::core::metrics::metric::{Metric, Threshold};
use crate::core::metrics::recent::Chart;
use crate::core::settings::layers::locked::{MenuLocks, MenuSetting};
use crate::core::settings::{IconStyle, Part};
use crate::core::text;
use crate::core::tray::view::View;
use crate::core::tray::{chart_text, labels};
use crate::core::updates::release::Version;
use crate::runtime::platform;

/// The position of the row of a problem, or else of a line: under the live rows and their charts.
const PROBLEM_POSITION: usize = 4;

/// The whole menu.
pub struct TrayMenu {
    menu: Menu,
    /// The live rows, with the applications under them.
    live: [LiveMenu; 2],
    /// As of when the menu was last open.
    charts: [MenuItem; 2],
    problem: Option<MenuItem>,
    /// The row of a newer version.
    update: Option<MenuItem>,
    thresholds: [Choices<Threshold>; 2],
    memory_signal: Choices<Signal>,
    forecast: CheckRow,
    after: Choices<Duration>,
    snooze: SnoozeMenu,
    parts: [(Part, CheckRow); 4],
    /// In the place of the part *Icon* where there is a choice of icons.
    icons: [(IconStyle, CheckRow); 3],
    refresh: Choices<Duration>,
    login: CheckRow,
    commands: [(MenuItem, UserCommand); 5],
    /// As of when the menu was last open.
    self_usage: MenuItem,
}

impl TrayMenu {
    /// Builds the menu with empty live rows.
    pub fn new() -> Result<TrayMenu> {
        let seconds = |list: &[u64]| list.iter().copied().map(Duration::from_secs).collect();
        let threshold = |metric| {
            let values = std::iter::once(Threshold::Off).chain(menu_thresholds().map(Threshold::Above)).collect();
            let command = move |threshold| UserCommand::SetThreshold(metric, threshold);
            let choices = Choices::new(&labels::threshold_menu(metric), values, text::settings::threshold, command);
            choices.map(Choices::with_current_first)
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
        let row = |text, command, shortcut| (MenuItem::new(for_menu(text), true, shortcut), command);
        let commands = [
            row(labels::TEST_NOTIFICATION, UserCommand::SendTestNotification, None),
            row(labels::HISTORY, UserCommand::OpenHistory, None),
            row(labels::SETTINGS_FILE, UserCommand::OpenSettings, platform::shortcut(',')),
            row(labels::ABOUT, UserCommand::ShowAbout, None),
            row(labels::QUIT, UserCommand::Quit, platform::shortcut('q')),
        ];
        let menu = TrayMenu {
            menu: Menu::new(),
            live: [LiveMenu::new()?, LiveMenu::new()?],
            charts: [(); 2].map(|()| MenuItem::new("", false, None)),
            problem: None,
            update: None,
            thresholds: [threshold(Metric::Cpu)?, threshold(Metric::Memory)?],
            memory_signal: memory_signal?,
            forecast: CheckRow::new(labels::FORECAST, true),
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
        let ([cpu, memory], [cpu_chart, memory_chart]) = (&self.live, &self.charts);
        let [_, (history, _), _, _, (quit, _)] = &self.commands;
        let (menu, line, settings) = (&self.menu, PredefinedMenuItem::separator, self.settings()?);
        menu.append_items(&[&cpu.submenu, cpu_chart, &memory.submenu, memory_chart, &line()])?;
        self.thresholds.iter().try_for_each(|choices| menu.append(&choices.submenu))?;
        Ok(menu.append_items(&[&self.snooze.submenu, &line(), history, &settings, quit])?)
    }

    /// The submenu of the parts of the item.
    fn shown_parts(&self) -> Result<Submenu> {
        let parts = Submenu::new(labels::PARTS_MENU, true);
        let is_offered = |part| part != Part::Icon || !platform::SHOWS_LEVELS_IN_ICON;
        self.parts.iter().filter(|(part, _)| is_offered(*part)).try_for_each(|(_, check)| parts.append(&check.item))?;
        if platform::SHOWS_LEVELS_IN_ICON {
            parts.append(&PredefinedMenuItem::separator())?;
            self.icons.iter().try_for_each(|(_, check)| parts.append(&check.item))?;
        }
        Ok(parts)
    }

    /// The submenu *Settings*.
    fn settings(&self) -> Result<Submenu> {
        let parts = self.shown_parts()?;
        let [(test, _), _, (file, _), (about, _), _] = &self.commands;
        let settings = Submenu::new(labels::SETTINGS_MENU, true);
        begin_section(&settings, labels::ALERTS_SECTION)?;
        settings.append_items(&[&self.memory_signal.submenu, &self.after.submenu, &self.forecast.item, test])?;
        begin_section(&settings, labels::MENU_BAR_SECTION)?;
        settings.append_items(&[&parts, &self.refresh.submenu])?;
        begin_section(&settings, labels::LOADLINE_SECTION)?;
        settings.append_items(&[&self.login.item, file])?;
        if platform::HAS_ABOUT_PANEL {
            settings.append(about)?;
        }
        settings.append(&self.self_usage)?;
        Ok(settings)
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
        if self.problem.as_ref().is_some_and(|item| item.id() == id) {
            return Some(UserCommand::ResolveProblem);
        }
        if self.update.as_ref().is_some_and(|item| item.id() == id) {
            return Some(UserCommand::OpenRelease);
        }
        if let Some(command) = self.live.iter().find_map(|live| live.clicked(id)) {
            return Some(command);
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
        if self.forecast.item.id() == id {
            self.forecast.sync();
            return Some(UserCommand::ToggleForecast);
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
        for (index, live) in self.live.iter_mut().enumerate() {
            if before.is_none_or(|before| before.rows[index] != view.rows[index]) {
                platform::rename_submenu(&self.menu, &live.submenu, &view.rows[index].to_string());
            }
            if before.is_none_or(|before| before.apps != view.apps) {
                live.show(&self.menu, &view.apps[index]);
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
        if before.is_none_or(|before| (&before.problem, before.remedy) != (&view.problem, view.remedy)) {
            self.show_problem(view.problem.as_deref(), view.remedy.is_some_and(is_possible))?;
        }
        if before.is_none_or(|before| before.newer_version != view.newer_version) {
            self.show_update(view.newer_version)?;
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
        self.forecast.show(view.selection.memory_forecast);
        self.refresh.show(view.selection.refresh)?;
        if before.and_then(|before| before.slowed) != view.slowed {
            platform::rename_submenu(&self.menu, &self.refresh.submenu, &text::metrics::refresh_menu(view.slowed));
        }
        self.show_locks(view, before);
        self.login.show(view.launches_at_login);
        for (part, check) in &mut self.parts {
            check.show(view.selection.menu_bar.shows(*part));
        }
        for (style, check) in &mut self.icons {
            check.show(view.glyph.style == *style);
        }
        Ok(())
    }

    /// Makes the rows grey whose settings are final, and says so in them.
    fn show_locks(&self, view: &View, before: Option<&View>) {
        let locks = view.locks;
        let was = before.map_or(MenuLocks::default(), |before| before.locks);
        let titles = |view: &View| (view.selection, view.slowed, view.snoozed_until.clone(), view.quiet_until);
        let is_title_new = locks != MenuLocks::default() && before.is_none_or(|before| titles(before) != titles(view));
        if locks == was && !is_title_new {
            return;
        }
        for (choices, metric) in self.thresholds.iter().zip(Metric::ALL) {
            choices.lock(&self.menu, &labels::threshold_menu(metric), locks.contains(MenuSetting::Threshold(metric)));
        }
        let refresh = text::metrics::refresh_menu(view.slowed);
        self.memory_signal.lock(&self.menu, labels::MEMORY_SIGNAL_MENU, locks.contains(MenuSetting::MemorySignal));
        self.after.lock(&self.menu, labels::AFTER_MENU, locks.contains(MenuSetting::After));
        self.refresh.lock(&self.menu, &refresh, locks.contains(MenuSetting::Refresh));
        self.snooze.lock(&self.menu, view, locks.contains(MenuSetting::Snooze));
        self.forecast.lock(labels::FORECAST, locks.contains(MenuSetting::Forecast));
        for (part, check) in &self.parts {
            check.lock(labels::part(*part), locks.contains(MenuSetting::Shown(*part)));
        }
        for (style, check) in &self.icons {
            check.lock(labels::icon(*style), locks.contains(MenuSetting::Shown(Part::Icon)));
        }
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

    fn show_problem(&mut self, problem: Option<&str>, is_clickable: bool) -> Result<()> {
        show_in_place_of_line(&self.menu, &mut self.problem, problem, PROBLEM_POSITION, is_clickable)
    }

    fn show_update(&mut self, version: Option<Version>) -> Result<()> {
        let [_, (history, _), ..] = &self.commands;
        // Above the row of the history.
        let history = self.menu.items().iter().position(|item| item.id() == history.id()).unwrap_or_default();
        let text = version.map(text::metrics::newer_version);
        show_in_place_of_line(&self.menu, &mut self.update, text.as_deref(), history.saturating_sub(1), true)
    }
}

/// Shows `text` in a row that exists only while there is a text. Else there is a line between rows at its `position`.
fn show_in_place_of_line(
    menu: &Menu,
    row: &mut Option<MenuItem>,
    text: Option<&str>,
    position: usize,
    is_enabled: bool,
) -> Result<()> {
    match (text, &row) {
        (Some(text), Some(item)) => {
            item.set_text(for_menu(text));
            item.set_enabled(is_enabled);
        }
        (Some(text), None) => {
            let item = MenuItem::new(for_menu(text), is_enabled, None);
            menu.remove_at(position);
            menu.insert(&item, position)?;
            *row = Some(item);
        }
        (None, Some(item)) => {
            menu.remove(item)?;
            menu.insert(&PredefinedMenuItem::separator(), position)?;
            *row = None;
        }
        (None, None) => {}
    }
    Ok(())
}

/// Separates the rows that follow from those before, under a header where the system's menus have such.
fn begin_section(menu: &Submenu, title: &str) -> Result<()> {
    if !menu.items().is_empty() {
        menu.append(&PredefinedMenuItem::separator())?;
    }
    if platform::SHOWS_SECTION_HEADERS {
        menu.append(&PredefinedMenuItem::section_header(title))?;
    }
    Ok(())
}

/// Whether this system has that way out of a problem.
fn is_possible(remedy: ProblemRemedy) -> bool {
    match remedy {
        ProblemRemedy::OpenSettingsFile => true,
        ProblemRemedy::OpenSystemSettings(pane) => platform::system_settings(pane).is_some(),
    }
}
