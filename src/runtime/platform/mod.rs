//! What differs from system to system: the same few functions on each.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

#[cfg(target_os = "linux")]
use self::linux as this;
#[cfg(target_os = "macos")]
use self::macos as this;
use crate::core::messages::effect::Event;

#[cfg(feature = "menu-bar")]
pub use this::{
    ICON_CAN_BE_HIDDEN, SHOWS_LEVELS_IN_ICON, desktop, ensure_registered, is_menu_open, launches_at_login,
    on_session_end, prepare_loop, rename_submenu, runtime_dir, set_accessibility_label, set_launch_at_login,
    show_chart, style_item, watch_menu, with_autorelease_pool,
};
pub use this::{
    Notifications, PressureGauge, ProcessTable, SYSTEM_MONITOR_NAME, can_be_read, can_notify, checks, data_dir,
    ignores_hangup, open_file, open_page, power_state, prepare_process, restore_environment, self_usage, settings_dir,
    state_dir, system_monitor, watch_power_state,
};

use std::process::{Command as Program, Stdio};
use std::sync::Arc;
#[cfg(feature = "menu-bar")]
use std::{fs, io::ErrorKind, path::Path};

#[cfg(feature = "menu-bar")]
use super::atomic_file;
use super::inbox::{Inbox, Input};
use crate::core::messages::effect::{Notification, UserCommand};
use crate::core::messages::output_line::CheckResult;
use crate::core::tray::labels;

/// One check of `doctor`.
pub struct Check {
    pub name: String,
    pub result: CheckResult,
}

/// How launching at login stands, for `doctor`.
#[cfg(feature = "menu-bar")]
fn login_check() -> Check {
    let state = |on| if on { "Loadline is launched at login" } else { "off: switch it on in the menu" };
    Check { name: "login item".into(), result: launches_at_login().map(|on| state(on).into()).into() }
}

/// Writes the file by which the system launches this program at login, or removes it. `entry` makes its text of the
/// program's path.
#[cfg(feature = "menu-bar")]
fn set_login_file(path: &Path, on: bool, entry: fn(&str) -> String) -> Result<(), String> {
    let result = if on {
        let program = std::env::current_exe().map_err(|e| format!("could not find this program's own path: {e}"))?;
        atomic_file::replace(path, &entry(&program.to_string_lossy())).map(drop)
    } else {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    };
    result.map_err(|error| format!("could not change '{}': {error}", path.display()))
}

/// A program that goes its own way: it neither reads our stdin nor writes to our console.
fn detached(program: impl AsRef<std::ffi::OsStr>) -> Program {
    let mut command = Program::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    restore_environment(&mut command);
    command
}

/// Where the answer to a notification goes: the buttons ask for the same as the rows of the menu.
#[derive(Clone)]
pub struct ButtonReplies(pub Arc<Inbox>);

impl ButtonReplies {
    fn send(&self, command: UserCommand) {
        self.0.send(Input::Event(Event::Command(command)));
    }
}

/// A button of a notification.
struct Button {
    /// What comes back when it is pressed.
    id: String,
    label: String,
    command: UserCommand,
}

/// The buttons of `note` that make sense here.
fn buttons(note: &Notification) -> Vec<Button> {
    let is_possible =
        |command: &&UserCommand| **command != UserCommand::OpenSystemMonitor || system_monitor().is_some();
    let button = |(index, &command): (usize, &UserCommand)| {
        let label = labels::button_label(command, SYSTEM_MONITOR_NAME)?;
        Some(Button { id: format!("offer-{index}"), label, command })
    };
    note.buttons.iter().filter(is_possible).enumerate().filter_map(button).collect()
}
