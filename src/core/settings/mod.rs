//! What a person chose, whatever way they chose it: the settings file, the menu, the command line.

pub mod action;
mod actions_file;
pub mod file;
pub mod values;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::alerts::quiet_hours::QuietHours;
use super::alerts::rule::{Rule, Signal, SwapGrowth};
use super::metrics::metric::{Metric, Percent, Threshold};
use action::Action;

/// Everything that can be chosen. Every field is always valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Alert when the CPU is above this.
    pub cpu: Threshold,
    /// Alert when memory is above this.
    pub memory: Threshold,
    /// By what memory is judged.
    pub memory_signal: Signal,
    /// A growth of swap that makes an alert of memory, if that is wanted.
    pub swap_growth: Option<SwapGrowth>,
    /// For how long, before it alerts.
    pub after: Duration,
    /// The shortest time between two tellings of one metric.
    pub cooldown: Duration,
    /// Until when alerts are silent, if they are.
    pub snoozed_until: Option<Timestamp>,
    /// The hours in which alerts are silent, if there are.
    pub quiet_hours: Option<QuietHours>,
    /// The applications of which nothing is told while they use the most.
    pub ignored: Vec<String>,
    /// What the menu bar shows.
    pub menu_bar: MenuBar,
    /// The time between two readings.
    pub refresh: Duration,
    /// Whether readings are taken less often on battery, and where nobody can see them.
    pub refresh_saves_power: bool,
    /// Whether readings and alerts are kept on disk.
    pub history: bool,
    /// What is done in answer to an alert.
    pub actions: Vec<Arc<Action>>,
}

/// What the menu bar shows. At least one is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MenuBar {
    /// The CPU percentage.
    pub cpu: bool,
    /// The memory percentage.
    pub memory: bool,
    /// The mark.
    pub icon: bool,
}

/// One part of the menu bar item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The CPU percentage.
    Cpu,
    /// The memory percentage.
    Memory,
    /// The mark.
    Icon,
}

impl Part {
    /// All, in the order of the menu.
    pub const ALL: [Part; 3] = [Part::Cpu, Part::Memory, Part::Icon];
}

impl MenuBar {
    /// Everything.
    pub const ALL: MenuBar = MenuBar { cpu: true, memory: true, icon: true };

    /// Whether `part` is shown.
    pub fn shows(self, part: Part) -> bool {
        match part {
            Part::Cpu => self.cpu,
            Part::Memory => self.memory,
            Part::Icon => self.icon,
        }
    }

    /// With `part` switched; unchanged if nothing would be left to see, or to click on.
    pub fn toggled(mut self, part: Part) -> MenuBar {
        let before = self;
        match part {
            Part::Cpu => self.cpu = !self.cpu,
            Part::Memory => self.memory = !self.memory,
            Part::Icon => self.icon = !self.icon,
        }
        if self.is_valid() { self } else { before }
    }

    /// Whether anything is shown.
    pub fn is_valid(self) -> bool {
        self.cpu || self.memory || self.icon
    }
}

impl Settings {
    /// What holds until a person chooses otherwise; `resources/default-settings.json` says the same.
    pub const DEFAULT: Settings = Settings {
        cpu: Threshold::Above(Percent::DEFAULT),
        memory: Threshold::Above(Percent::DEFAULT),
        memory_signal: Signal::Used,
        swap_growth: None,
        after: Duration::from_secs(5),
        cooldown: Duration::from_secs(300),
        snoozed_until: None,
        quiet_hours: None,
        ignored: Vec::new(),
        menu_bar: MenuBar::ALL,
        refresh: Duration::from_secs(2),
        refresh_saves_power: true,
        history: true,
        actions: Vec::new(),
    };

    /// The threshold of one metric.
    pub fn threshold(&self, metric: Metric) -> Threshold {
        match metric {
            Metric::Cpu => self.cpu,
            Metric::Memory => self.memory,
        }
    }

    /// Sets the threshold of one metric.
    pub fn set_threshold(&mut self, metric: Metric, threshold: Threshold) {
        match metric {
            Metric::Cpu => self.cpu = threshold,
            Metric::Memory => self.memory = threshold,
        }
    }

    /// The rule that one metric is judged by; `None` when it is Off.
    pub fn rule(&self, metric: Metric) -> Option<Rule> {
        let above = self.threshold(metric).percent()?;
        let (signal, swap_growth) = match metric {
            Metric::Cpu => (Signal::Used, None),
            Metric::Memory => (self.memory_signal, self.swap_growth),
        };
        Some(Rule { above, signal, swap_growth, after: self.after, cooldown: self.cooldown })
    }

    /// Whether nothing is to be told while this application uses the most.
    pub fn ignores(&self, application: &str) -> bool {
        self.ignored.iter().any(|name| name.to_lowercase() == application.to_lowercase())
    }

    /// Whether alerts are silent at `now`, because the person snoozed them.
    pub fn is_snoozed(&self, now: Timestamp) -> bool {
        self.snoozed_until.is_some_and(|until| now < until)
    }
}

/// What the command line says for this run alone; `None` leaves the settings file its say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--cpu`.
    pub cpu: Option<Threshold>,
    /// `--memory`.
    pub memory: Option<Threshold>,
    /// `--after`.
    pub after: Option<Duration>,
    /// `--every`.
    pub refresh: Option<Duration>,
}

impl Overrides {
    /// `settings` with these put over them.
    pub fn apply_to(&self, settings: &Settings) -> Settings {
        Settings {
            cpu: self.cpu.unwrap_or(settings.cpu),
            memory: self.memory.unwrap_or(settings.memory),
            after: self.after.unwrap_or(settings.after),
            refresh: self.refresh.unwrap_or(settings.refresh),
            ..settings.clone()
        }
    }

    /// Gives up the override of a threshold, because the person has now chosen another in the menu.
    pub fn forget_threshold(&mut self, metric: Metric) {
        match metric {
            Metric::Cpu => self.cpu = None,
            Metric::Memory => self.memory = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_always_stays_in_the_menu_bar() {
        let only_cpu = MenuBar::ALL.toggled(Part::Memory).toggled(Part::Icon);
        assert_eq!(only_cpu, MenuBar { cpu: true, memory: false, icon: false });
        assert_eq!(only_cpu.toggled(Part::Cpu), only_cpu);
    }
}
