//! The keys that the machine's file makes final, and the rows of the menu that they lock.

use serde_json::Value;

use super::{Part, unknown_keys};
use crate::core::messages::effect::UserCommand;
use crate::core::metrics::metric::Metric;
use crate::core::text::settings::layers as text;

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

    /// Reads the list `locked` of a machine's file, which is at `file`. Returns it with a sentence for each entry that is no key
    /// of `known`, a document with every key.
    ///
    /// # Errors
    /// When it is no list of texts.
    pub fn read(list: Option<&Value>, known: &Value, file: &str) -> Result<(LockedKeys, Vec<String>), String> {
        let (mut locked, mut mistakes) = (LockedKeys { file: file.to_owned(), ..LockedKeys::NONE }, Vec::new());
        let entries = match list {
            None | Some(Value::Null) => return Ok((locked, mistakes)),
            Some(Value::Array(entries)) => entries,
            Some(_) => return Err(text::LOCKED_NO_LIST.into()),
        };
        for entry in entries {
            let key = entry.as_str().ok_or(text::LOCKED_NO_LIST)?;
            match unknown_keys::find_path(key, known) {
                Ok(()) => locked.keys.push(key.to_owned()),
                Err(guess) => mistakes.push(guess.map_or_else(
                    || text::locked_unknown(key),
                    |guess| text::locked_misspelt(key, guess),
                )),
            }
        }
        let bits = MenuSetting::ALL.iter().enumerate().filter(|(_, setting)| locked.contains(setting.key()));
        locked.menu = MenuLocks(bits.fold(0, |bits, (at, _)| bits | 1 << at));
        Ok((locked, mistakes))
    }

    /// Whether the value of `key` is final: where the file locks the key, an object that it is in, or a part of it.
    pub fn contains(&self, key: &str) -> bool {
        let is_within = |key: &str, object: &str| key.strip_prefix(object).is_some_and(|rest| rest.starts_with('.'));
        self.keys.iter().any(|locked| locked == key || is_within(key, locked) || is_within(locked, key))
    }

    /// The key that `command` would change, if it is final.
    pub fn locked_by(&self, command: UserCommand) -> Option<&'static str> {
        command.setting().filter(|setting| self.menu.contains(*setting)).map(MenuSetting::key)
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
