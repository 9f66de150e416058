//! The programs that Loadline opens for the person.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::opengl;
use crate::runtime::platform::detached;

/// The name of the program of [`system_monitor`] in the menu.
pub const SYSTEM_MONITOR_NAME: &str = "the system monitor";

/// The desktops' own monitors, the best known first.
const SYSTEM_MONITORS: [&str; 7] = [
    "gnome-system-monitor",
    "plasma-systemmonitor",
    "ksysguard",
    "xfce4-taskmanager",
    "mate-system-monitor",
    "lxqt-qps",
    "lxtask",
];

/// The command that opens the desktop's own system monitor, if one is installed.
pub fn system_monitor() -> Option<Command> {
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let program = SYSTEM_MONITORS.iter().find(|name| folders.iter().any(|folder| folder.join(name).is_file()))?;
    Some(detached(program))
}

/// The command that opens a file in the person's program for such files.
pub fn open_file(path: &Path) -> Command {
    let mut command = detached("xdg-open");
    command.arg(path);
    command
}

/// The command that opens a web page in the person's browser.
pub fn open_page(path: &Path) -> Command {
    open_file(path)
}

/// The command that opens a web address in the person's browser.
pub fn open_url(url: &str) -> Command {
    open_file(Path::new(url))
}

fn detached(program: impl AsRef<OsStr>) -> Command {
    let mut command = detached::detached(program);
    opengl::restore_environment(&mut command);
    command
}
