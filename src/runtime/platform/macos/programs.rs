//! The programs that Loadline opens for the person.

use std::path::Path;
use std::process::Command;

use crate::runtime::platform::detached::detached;

/// The name of the program of [`system_monitor`] in the menu.
pub const SYSTEM_MONITOR_NAME: &str = "Activity Monitor";

/// The command that opens Activity Monitor.
pub fn system_monitor() -> Option<Command> {
    let mut command = detached("open");
    command.args(["-b", "com.apple.ActivityMonitor"]);
    Some(command)
}

/// The command that opens a file in the person's text editor.
pub fn open_file(path: &Path) -> Command {
    let mut command = detached("open");
    command.arg("-t").arg(path);
    command
}

/// The command that opens a web page in the person's browser.
pub fn open_page(path: &Path) -> Command {
    let mut command = detached("open");
    command.arg(path);
    command
}
