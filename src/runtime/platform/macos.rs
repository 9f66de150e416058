//! macOS: Application Support, the menu bar, the notification centre.

mod bundle;
#[cfg(feature = "menu-bar")]
mod login_item;
mod notifications;
#[cfg(feature = "menu-bar")]
mod power_state;
mod processes;
mod programs;
mod readings;
#[cfg(feature = "menu-bar")]
mod tray;

use std::env;
use std::path::PathBuf;
use std::process::Command;
#[cfg(not(feature = "menu-bar"))]
use std::sync::Arc;

use super::check::Check;
#[cfg(feature = "menu-bar")]
use super::check::login_check;
#[cfg(feature = "menu-bar")]
use crate::core::messages::output_line::CheckResult;
#[cfg(not(feature = "menu-bar"))]
use crate::core::metrics::power_state::PowerState;
#[cfg(feature = "menu-bar")]
use crate::core::text;
#[cfg(not(feature = "menu-bar"))]
use crate::runtime::inbox::Inbox;

#[cfg(feature = "menu-bar")]
pub use self::{login_item::*, power_state::*, tray::*};
pub use notifications::Notifications;
pub use processes::{ProcessTable, self_usage};
pub use programs::{SYSTEM_MONITOR_NAME, open_file, open_page, system_monitor};
pub use readings::MachineReader;

/// Prepares the process before anything else runs: nothing on macOS.
pub fn prepare_process() {}

/// Restores the environment for a program that is about to be started: it was not changed.
pub fn restore_environment(_program: &mut Command) {}

/// `~/Library/Application Support/Loadline`.
pub fn settings_dir() -> Option<PathBuf> {
    Some(env::home_dir()?.join("Library/Application Support/Loadline"))
}

// State that outlives a run and the history are beside the settings.
pub use self::{settings_dir as state_dir, settings_dir as data_dir};

/// The user's own folder for files that end with the session: on macOS every user has one.
#[cfg(feature = "menu-bar")]
pub fn runtime_dir() -> Option<PathBuf> {
    Some(env::temp_dir())
}

/// Whether this process was started to survive its terminal (`nohup`).
///
/// Source: sigaction(2): with a null action it returns the one in force.
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

/// Whether notifications can be sent. They can, though the person may not allow them.
pub fn can_notify() -> bool {
    true
}

/// The power state of the machine. Without a menu bar no run loop could report changes: the interval is the chosen one.
#[cfg(not(feature = "menu-bar"))]
pub fn power_state() -> PowerState {
    PowerState::default()
}

/// Sends nothing, for the same reason.
#[cfg(not(feature = "menu-bar"))]
pub fn watch_power_state(_inbox: &Arc<Inbox>, _has_loop: bool) {}

/// The checks of `doctor` that only this system has.
pub fn checks() -> Vec<Check> {
    vec![
        #[cfg(feature = "menu-bar")]
        Check { name: "menu bar".into(), result: CheckResult::Ok(text::desktop::MENU_BAR.into()) },
        Check { name: "notifications".into(), result: notifications::state().into() },
        #[cfg(feature = "menu-bar")]
        login_check(launches_at_login()),
    ]
}
