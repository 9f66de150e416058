//! The programs that Loadline opens for the person.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::core::messages::effect::SettingsPane;
use crate::runtime::platform::detached::detached;

/// The name of the program of [`system_monitor`] in the menu.
pub const SYSTEM_MONITOR_NAME: &str = "Activity Monitor";

/// The command that opens Activity Monitor.
pub fn system_monitor() -> Option<Command> {
    Some(open(["-b", "com.apple.ActivityMonitor"]))
}

/// The command that opens a file in the person's text editor.
pub fn open_file(path: &Path) -> Command {
    open(["-t".as_ref(), path])
}

/// The command that opens a web page in the person's browser.
pub fn open_page(path: &Path) -> Command {
    open([path])
}

/// The command that opens a pane of System Settings, at Loadline where the pane lists apps.
///
/// Apple documents no such addresses. These are the identifiers of the panes' extensions since macOS 13
/// (`/System/Library/ExtensionKit/Extensions`); an unknown `id` opens the pane as a whole.
pub fn system_settings(pane: SettingsPane) -> Option<Command> {
    let address = match pane {
        SettingsPane::Notifications => {
            "x-apple.systempreferences:com.apple.Notifications-Settings.extension?id=dev.loadline.Loadline"
        }
        SettingsPane::LoginItems => "x-apple.systempreferences:com.apple.LoginItems-Settings.extension",
    };
    Some(open([address]))
}

/// The command that opens a web address in the person's browser.
pub fn open_url(url: &str) -> Command {
    open([url])
}

fn open<const N: usize>(arguments: [impl AsRef<OsStr>; N]) -> Command {
    let mut command = detached("open");
    command.args(arguments);
    command
}
