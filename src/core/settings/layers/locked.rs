//! The keys that the machine's file makes final, and the rows of the menu that they lock.

use crate::core::metrics::metric::Metric;
use crate::core::settings::menu_bar::Part;

/// The keys that the machine's file locks, as it names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedKeys {
    /// The machine's file, for messages.
    file: String,
    keys: Vec<String>,
    menu: MenuLocks,
}

/// A setting that the menu changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MenuSetting {
    Threshold(Metric),
    MemorySignal,
    Forecast,
    After,
    Snooze,
    Shown(Part),
    Refresh,
}

impl MenuSetting {
    /// All of them.
    pub const ALL: [MenuSetting; 11] = [
        MenuSetting::Threshold(Metric::Cpu),
        MenuSetting::Threshold(Metric::Memory),
        MenuSetting::MemorySignal,
        MenuSetting::Forecast,
        MenuSetting::After,
        MenuSetting::Snooze,
        MenuSetting::Shown(Part::Cpu),
        MenuSetting::Shown(Part::Memory),
        MenuSetting::Shown(Part::Icon),
        MenuSetting::Shown(Part::Words),
        MenuSetting::Refresh,
    ];

    /// Its key in the file.
    pub fn key(self) -> &'static str {
        match self {
            MenuSetting::Threshold(Metric::Cpu) => "alerts.cpu.above_percent",
            MenuSetting::Threshold(Metric::Memory) => "alerts.memory.above_percent",
            MenuSetting::MemorySignal => "alerts.memory.signal",
            MenuSetting::Forecast => "alerts.memory.forecast",
            MenuSetting::After => "alerts.after",
            MenuSetting::Snooze => "alerts.snoozed_until",
            MenuSetting::Shown(Part::Cpu) => "menu_bar.cpu",
            MenuSetting::Shown(Part::Memory) => "menu_bar.memory",
            MenuSetting::Shown(Part::Icon) => "menu_bar.icon",
            MenuSetting::Shown(Part::Words) => "menu_bar.words",
            MenuSetting::Refresh => "refresh",
        }
    }
}

/// The settings of the menu that are locked: one bit for each of [`MenuSetting::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MenuLocks(u16);

impl MenuLocks {
    /// Whether this setting is locked.
    pub fn contains(self, setting: MenuSetting) -> bool {
        let place = || MenuSetting::ALL.iter().position(|other| *other == setting);
        self.0 != 0 && place().is_some_and(|at| (self.0 >> at) & 1 == 1)
    }
}

impl LockedKeys {
    /// No key is locked.
    pub const NONE: LockedKeys = LockedKeys { file: String::new(), keys: Vec::new(), menu: MenuLocks(0) };

    /// These keys, which the machine's file at `file` names.
    pub fn new(file: &str, keys: Vec<String>) -> LockedKeys {
        let mut locked = LockedKeys { file: file.to_owned(), keys, menu: MenuLocks(0) };
        let bits = MenuSetting::ALL.iter().enumerate().filter(|(_, setting)| locked.contains(setting.key()));
        locked.menu = MenuLocks(bits.fold(0, |bits, (at, _)| bits | 1 << at));
        locked
    }

    /// Whether the value of `key` is final: where the file locks the key, an object that it is in, or a part of it.
    pub fn contains(&self, key: &str) -> bool {
        let is_within = |key: &str, object: &str| key.strip_prefix(object).is_some_and(|rest| rest.starts_with('.'));
        self.keys.iter().any(|locked| locked == key || is_within(key, locked) || is_within(locked, key))
    }

    /// The keys as the file names them.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// The file that locks them.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The settings of the menu that are locked.
    pub fn menu(&self) -> MenuLocks {
        self.menu
    }
}
