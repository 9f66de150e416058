//! The settings: from the file, the menu, and the command line.

/// Declares readers of values of the file that may be missing or `null`, each by its name, type and check.
macro_rules! readers {
    ($($name:ident: $value:ty = $check:expr;)+) => {$(
        fn $name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<$value>, D::Error> {
            checked(deserializer, $check)
        }
    )+};
}

pub mod action;
mod actions_file;
pub mod file;
mod json_error;
pub mod layers;
pub mod menu_bar;
pub mod metrics;
mod metrics_file;
mod unknown_keys;
pub mod untrusted_files;
pub mod values;

use ::core::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::alerts::quiet_hours::QuietHours;
use super::alerts::rule::{Rule, Rules, Signal, SwapGrowth};
use super::metrics::metric::{Metric, Percent, Threshold};
use super::updates::release::Repository;
use action::Action;
use layers::locked::LockedKeys;
use layers::trust::{LISTEN, UPDATES_FROM};
pub use menu_bar::{IconStyle, MenuBar, Part};
use metrics::MetricsSettings;

/// All settings. Every field is always valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub cpu: Threshold,
    pub memory: Threshold,
    pub memory_signal: Signal,
    /// A growth of swap that fires the alert of memory; `None` for no such rule.
    pub swap_growth: Option<SwapGrowth>,
    /// A slow rise of memory towards its threshold is foretold.
    pub memory_forecast: bool,
    /// The time above the threshold before an alert fires.
    pub after: Duration,
    /// The shortest time between two notifications of one metric.
    pub cooldown: Duration,
    /// Alerts are silent until then.
    pub snoozed_until: Option<Timestamp>,
    pub quiet_hours: Option<QuietHours>,
    /// The applications that suppress alerts while they use the most.
    pub ignored: Vec<String>,
    pub menu_bar: MenuBar,
    /// The time between two readings.
    pub refresh: Duration,
    /// Readings are rarer on battery, and while nobody can see them.
    pub refresh_saves_power: bool,
    /// Readings and alerts are stored on disk.
    pub history: bool,
    /// With the history, so are the applications that use the most.
    pub history_applications: bool,
    /// Notifications of alerts sound.
    pub notification_sound: bool,
    pub actions: Vec<Arc<Action>>,
    /// The repository that is asked for newer versions; `None` to ask nobody.
    pub updates_from: Option<Repository>,
    /// The metrics for servers that watch many machines.
    pub metrics: MetricsSettings,
    /// The keys that the machine's file makes final.
    pub locked: LockedKeys,
    /// The keys whose values act in the person's name, and that others could have written: they are kept, and do nothing.
    pub untrusted: Vec<&'static str>,
    /// The mistakes of the file that cost only their own part, as sentences: unknown keys, actions that do not run, and
    /// addresses that are left out.
    pub mistakes: Vec<String>,
}

impl Settings {
    /// The actions, and the target of the push: all that may send the values of variables somewhere.
    pub fn senders(&self) -> Vec<Arc<Action>> {
        self.actions.iter().chain(self.metrics.push.as_ref().map(|push| &push.target)).cloned().collect()
    }

    /// The same, to change them.
    pub fn senders_mut(&mut self) -> impl Iterator<Item = &mut Arc<Action>> {
        self.actions.iter_mut().chain(self.metrics.push.as_mut().map(|push| &mut push.target))
    }

    /// The repository that is asked for newer versions, unless others could have named it.
    pub fn trusted_repository(&self) -> Option<&Repository> {
        self.updates_from.as_ref().filter(|_| !self.untrusted.contains(&UPDATES_FROM))
    }

    /// The defaults, as in `resources/default-settings.json`.
    pub const DEFAULT: Settings = Settings {
        cpu: Threshold::Above(Percent::DEFAULT),
        memory: Threshold::Above(Percent::DEFAULT),
        memory_signal: Signal::Used,
        swap_growth: None,
        memory_forecast: true,
        after: Duration::from_secs(5),
        cooldown: Duration::from_secs(300),
        snoozed_until: None,
        quiet_hours: None,
        ignored: Vec::new(),
        menu_bar: MenuBar::DEFAULT,
        refresh: Duration::from_secs(2),
        refresh_saves_power: true,
        history: true,
        history_applications: true,
        notification_sound: false,
        actions: Vec::new(),
        updates_from: None,
        metrics: MetricsSettings::DEFAULT,
        locked: LockedKeys::NONE,
        untrusted: Vec::new(),
        mistakes: Vec::new(),
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

    /// The alert rule of one metric; `None` when its threshold is off.
    pub fn rule(&self, metric: Metric) -> Option<Rule> {
        let above = self.threshold(metric).percent()?;
        let (signal, swap_growth) = match metric {
            Metric::Cpu => (Signal::Used, None),
            Metric::Memory => (self.memory_signal, self.swap_growth),
        };
        Some(Rule { above, signal, swap_growth, after: self.after, cooldown: self.cooldown })
    }

    /// Whether the applications that use the most are recorded.
    pub fn records_apps(&self) -> bool {
        self.history && self.history_applications
    }

    /// The threshold of memory, where its crossing is to be foretold: not where alerts are off, or go by pressure alone.
    pub fn forecast_threshold(&self) -> Option<Percent> {
        let is_used = self.memory_forecast && self.memory_signal.uses_threshold(Metric::Memory);
        self.memory.percent().filter(|_| is_used)
    }

    /// The alert rules of both metrics.
    pub fn rules(&self) -> Rules {
        Metric::ALL.map(|metric| self.rule(metric))
    }

    /// Whether this application suppresses alerts while it uses the most.
    pub fn ignores(&self, application: &str) -> bool {
        self.ignored.iter().any(|name| name.to_lowercase() == application.to_lowercase())
    }

    /// Whether alerts are snoozed at `now`.
    pub fn is_snoozed(&self, now: Timestamp) -> bool {
        self.snoozed_until.is_some_and(|until| now < until)
    }
}

/// Options of the command line that replace settings for this run; `None` for those that were not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    pub cpu: Option<Threshold>,
    pub memory: Option<Threshold>,
    pub after: Option<Duration>,
    /// `--every`.
    pub refresh: Option<Duration>,
    /// The address at which metrics are served.
    pub listen: Option<SocketAddr>,
}

impl Overrides {
    /// `settings` with these in their place.
    pub fn apply_to(&self, settings: &Settings) -> Settings {
        let mut untrusted = settings.untrusted.clone();
        untrusted.retain(|key| *key != LISTEN || self.listen.is_none());
        Settings {
            untrusted,
            cpu: self.cpu.unwrap_or(settings.cpu),
            memory: self.memory.unwrap_or(settings.memory),
            after: self.after.unwrap_or(settings.after),
            refresh: self.refresh.unwrap_or(settings.refresh),
            metrics: MetricsSettings { listen: self.listen.or(settings.metrics.listen), ..settings.metrics.clone() },
            ..settings.clone()
        }
    }

    /// The options that were given, each with the key of the setting that it replaces.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let options = [
            (self.cpu.is_some(), "--cpu", "alerts.cpu.above_percent"),
            (self.memory.is_some(), "--memory", "alerts.memory.above_percent"),
            (self.after.is_some(), "--after", "alerts.after"),
            (self.refresh.is_some(), "--every", "refresh"),
            (self.listen.is_some(), "--listen", "metrics.listen"),
        ];
        options.into_iter().filter(|(is_given, ..)| *is_given).map(|(_, option, key)| (option, key))
    }

    /// Drops the override of a threshold, because the person has now chosen another in the menu.
    pub fn forget_threshold(&mut self, metric: Metric) {
        match metric {
            Metric::Cpu => self.cpu = None,
            Metric::Memory => self.memory = None,
        }
    }
}
