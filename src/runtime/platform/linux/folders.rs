//! The folders of the XDG Base Directory Specification. It demands that a variable with a relative path counts as unset.

use std::env;
use std::path::{Path, PathBuf};

/// `$XDG_CONFIG_HOME`, else `~/.config`.
pub fn config_home() -> Option<PathBuf> {
    base("XDG_CONFIG_HOME", ".config")
}

fn base(variable: &str, default_in_home: &str) -> Option<PathBuf> {
    absolute(variable).or_else(|| Some(env::home_dir()?.join(default_in_home)))
}

fn absolute(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// The folder of the settings: `loadline` in the folder for configuration.
pub fn settings_dir() -> Option<PathBuf> {
    Some(config_home()?.join("loadline"))
}

/// The settings of the whole machine, which an administrator writes. Source: Filesystem Hierarchy Standard 3.0, 3.7.
pub fn machine_settings_file() -> &'static Path {
    Path::new("/etc/loadline/settings.json")
}

/// The folder of state that outlives a run: `loadline` in `$XDG_STATE_HOME`, else in `~/.local/state`.
pub fn state_dir() -> Option<PathBuf> {
    Some(base("XDG_STATE_HOME", ".local/state")?.join("loadline"))
}

/// `$XDG_DATA_HOME`, else `~/.local/share`.
pub fn data_home() -> Option<PathBuf> {
    base("XDG_DATA_HOME", ".local/share")
}

/// The folder of the history: `loadline` in the folder for data.
pub fn data_dir() -> Option<PathBuf> {
    Some(data_home()?.join("loadline"))
}

/// The user's own folder for files that end with the session: `$XDG_RUNTIME_DIR`, if it is a folder.
#[cfg(feature = "menu-bar")]
pub fn runtime_dir() -> Option<PathBuf> {
    absolute("XDG_RUNTIME_DIR").filter(|path| path.is_dir())
}
