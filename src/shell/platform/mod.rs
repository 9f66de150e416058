//! What differs from system to system: the same few functions on each.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

#[cfg(target_os = "linux")]
use linux as this;
#[cfg(target_os = "macos")]
use macos as this;

#[cfg(feature = "menu-bar")]
pub use this::{ICON_CAN_BE_HIDDEN, SHOWS_LEVELS_IN_ICON, desktop, dress_tray, prepare_loop, rename_submenu};
pub use this::{
    Notifications, SYSTEM_MONITOR_NAME, can_notify, checks, ignores_hangup, open_file, settings_dir, system_monitor,
};

use std::process::{Command, Stdio};

/// One thing that `doctor` looked at.
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it stands: `Err` is what is wrong and the way out.
    pub result: Result<String, String>,
}

/// A program that goes its own way: it neither reads our stdin nor writes to our console.
fn detached(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
