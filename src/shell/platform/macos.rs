//! macOS: Application Support, the menu bar, `osascript`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Check;
use crate::model::effect::{Identity, Note};
use crate::shell::clock;

/// What the menu calls the program of [`system_monitor`].
pub const SYSTEM_MONITOR_NAME: &str = "Activity Monitor";
/// A status item may be text alone.
#[cfg(feature = "menu-bar")]
pub const ICON_CAN_BE_HIDDEN: bool = true;
/// The numbers stand beside the mark, so the mark need not carry them.
#[cfg(feature = "menu-bar")]
pub const SHOWS_LEVELS_IN_ICON: bool = false;

/// How often an `osascript` that has not ended is looked at.
const CHILD_LOOK: Duration = Duration::from_millis(20);

/// The script that shows a notification. Text comes as arguments, and is never part of the script.
const SHOW_SCRIPT: &str = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run";

/// `~/Library/Application Support/Loadline`.
pub fn settings_dir() -> Option<PathBuf> {
    Some(env::home_dir()?.join("Library/Application Support/Loadline"))
}

/// Whether this process was started to survive its terminal (`nohup`).
///
/// Source: sigaction(2): with a null action it tells the one in force.
#[allow(unsafe_code)]
pub fn ignores_hangup() -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: sigaction writes into `action`, which is large enough and lives through the call, and changes nothing
    // because the new action is null. All-zero bytes are a valid sigaction, so reading it is sound on failure too.
    unsafe {
        let done = libc::sigaction(libc::SIGHUP, std::ptr::null(), action.as_mut_ptr());
        done == 0 && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

/// `osascript` is part of macOS.
pub fn can_notify() -> bool {
    true
}

/// The command that opens Activity Monitor.
pub fn system_monitor() -> Option<Command> {
    let mut command = super::detached("open");
    command.args(["-b", "com.apple.ActivityMonitor"]);
    Some(command)
}

/// The command that opens a file in the person's text editor.
pub fn open_file(path: &Path) -> Command {
    let mut command = super::detached("open");
    command.arg("-t").arg(path);
    command
}

/// What only this system has for `doctor` to look at.
pub fn checks() -> Vec<Check> {
    let script = Path::new("/usr/bin/osascript");
    let result = if script.exists() {
        Ok("sent by osascript; whether they are shown is up to System Settings > Notifications > Script Editor".into())
    } else {
        Err("osascript is missing".into())
    };
    vec![Check { name: "notifications", result }]
}

/// Notifications by `osascript`: what a program that is not in a bundle can use. They cannot be replaced or withdrawn.
#[derive(Default)]
pub struct Notifications {}

impl Notifications {
    /// Shows `note`. A quiet one is not shown: it could not take the place of the one before.
    ///
    /// # Errors
    /// When `osascript` fails, or has not ended within `limit`.
    pub fn show(&mut self, note: &Note, limit: Duration) -> Result<(), String> {
        if note.is_quiet {
            return Ok(());
        }
        let mut command = Command::new("/usr/bin/osascript");
        command.args(["-e", SHOW_SCRIPT, "--", &note.title, &note.body]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|e| format!("osascript could not be started: {e}"))?;
        let end = clock::monotonic() + limit;
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(format!("osascript failed ({status})")),
                Err(e) => return Err(format!("osascript could not be waited for: {e}")),
                Ok(None) if clock::monotonic() >= end => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(format!("osascript has not ended within {} s", limit.as_secs()));
                }
                Ok(None) => std::thread::park_timeout(CHILD_LOOK),
            }
        }
    }

    /// `osascript` has no way to take a notification back.
    pub fn withdraw(&mut self, _identity: Identity, _limit: Duration) {}
}

/// Whether there is a desktop. A Mac has one.
///
/// # Errors
/// Never, as yet.
#[cfg(feature = "menu-bar")]
pub fn desktop() -> Result<(), String> {
    Ok(())
}

/// A menu-bar app has no Dock icon, and does not take the focus when it starts.
#[cfg(feature = "menu-bar")]
pub fn prepare_loop<T>(event_loop: &mut tao::event_loop::EventLoop<T>) {
    use tao::platform::macos::{ActivationPolicy, EventLoopExtMacOS};
    event_loop.set_activation_policy(ActivationPolicy::Accessory);
    event_loop.set_activate_ignoring_other_apps(false);
}

/// Digits of one width, so that the item does not move when a number changes.
#[cfg(feature = "menu-bar")]
pub fn dress_tray(tray: &tray_icon::TrayIcon) {
    use objc2::MainThreadMarker;
    use objc2_app_kit::NSFont;
    let (Some(item), Some(main_thread)) = (tray.ns_status_item(), MainThreadMarker::new()) else {
        return;
    };
    if let Some(button) = item.button(main_thread) {
        let size = NSFont::systemFontSize();
        // The weight of ordinary menu-bar text is 0 (NSFontWeightRegular).
        button.setFont(Some(&NSFont::monospacedDigitSystemFontOfSize_weight(size, 0.0)));
    }
}

/// Gives a submenu another label.
#[cfg(feature = "menu-bar")]
pub fn rename_submenu(_menu: &tray_icon::menu::Menu, submenu: &tray_icon::menu::Submenu, text: &str) {
    submenu.set_text(text);
}
