//! Linux desktops: XDG folders, D-Bus, the StatusNotifier tray.

mod dbus;
#[cfg(feature = "menu-bar")]
mod login_item;
mod memory_pressure;
mod notifications;
mod opengl;
mod power_state;
mod processes;
mod self_usage;
#[cfg(feature = "menu-bar")]
mod tray;
#[cfg(feature = "menu-bar")]
mod tray_registration;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Check;
use crate::core::messages::output_line::CheckResult;
use crate::core::metrics::power_state::PowerState;
#[cfg(not(feature = "menu-bar"))]
use crate::core::text;

#[cfg(feature = "menu-bar")]
pub use login_item::{launches_at_login, set_launch_at_login};
pub use memory_pressure::PressureGauge;
pub use notifications::Notifications;
pub use opengl::{prepare_process, restore_environment};
pub use power_state::watch_power_state;
pub use processes::ProcessTable;
pub use self_usage::self_usage;
#[cfg(feature = "menu-bar")]
pub use tray::{
    ICON_CAN_BE_HIDDEN, SHOWS_LEVELS_IN_ICON, desktop, is_menu_open, on_session_end, prepare_loop, rename_submenu,
    set_accessibility_label, show_chart, style_item, watch_menu, with_autorelease_pool,
};
#[cfg(feature = "menu-bar")]
pub use tray_registration::ensure_registered;

/// What the menu calls the program of [`system_monitor`].
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

/// How long `doctor` waits for each answer of the bus.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// `$XDG_CONFIG_HOME`, else `~/.config`. A relative `XDG_CONFIG_HOME` counts as unset, as the XDG Base Directory
/// Specification demands.
fn config_home() -> Option<PathBuf> {
    base("XDG_CONFIG_HOME", ".config")
}

/// The folder that `variable` names, else `usual` in the home folder.
fn base(variable: &str, usual: &str) -> Option<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| Some(env::home_dir()?.join(usual)))
}

/// The folder of the settings: `loadline` in the folder for configuration.
pub fn settings_dir() -> Option<PathBuf> {
    Some(config_home()?.join("loadline"))
}

/// The folder for what is kept from one run to the next: `loadline` in `$XDG_STATE_HOME`, else in `~/.local/state`. A
/// relative `XDG_STATE_HOME` counts as unset.
pub fn state_dir() -> Option<PathBuf> {
    Some(base("XDG_STATE_HOME", ".local/state")?.join("loadline"))
}

/// The folder of the history: `loadline` in `$XDG_DATA_HOME`, else in `~/.local/share`.
pub fn data_dir() -> Option<PathBuf> {
    Some(base("XDG_DATA_HOME", ".local/share")?.join("loadline"))
}

/// The person's own folder for files that end with the session: `$XDG_RUNTIME_DIR`, where that is a folder.
#[cfg(feature = "menu-bar")]
pub fn runtime_dir() -> Option<PathBuf> {
    env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute() && path.is_dir())
}

/// Whether this process was started to survive its terminal (`nohup`).
///
/// Source: proc(5), `SigIgn` in `/proc/self/status`, where bit n-1 is signal n; SIGHUP is 1.
pub fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Whether the machine's figures can be read at all: sysinfo says nothing when they cannot (too many open files, no `/proc`).
pub fn can_be_read() -> bool {
    ["/proc/stat", "/proc/meminfo"].iter().all(|path| std::fs::File::open(path).is_ok())
}

/// Whether there is a session bus that a notification could be sent over.
pub fn can_notify() -> bool {
    dbus::has_session()
}

/// The command that opens the desktop's own system monitor, if one is installed.
pub fn system_monitor() -> Option<Command> {
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let program = SYSTEM_MONITORS.iter().find(|name| folders.iter().any(|folder| folder.join(name).is_file()))?;
    Some(super::detached(program))
}

/// The command that opens a file in whatever the person edits such files with.
pub fn open_file(path: &Path) -> Command {
    let mut command = super::detached("xdg-open");
    command.arg(path);
    command
}

/// The command that opens a web page in the person's browser.
pub fn open_page(path: &Path) -> Command {
    open_file(path)
}

/// How the machine is being used, for `doctor`.
pub fn power_state() -> PowerState {
    power_state::read(ANSWER_LIMIT)
}

fn has_display() -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The checks of `doctor` that only this system has.
pub fn checks() -> Vec<Check> {
    // Without a desktop, neither the tray nor a notification service is missed.
    let has_desktop = has_display() && dbus::has_session();
    let on_desktop = |result: CheckResult| if has_desktop { result } else { result.or_absent() };
    #[cfg(feature = "menu-bar")]
    let tray = desktop().and_then(|()| tray::tray_host(ANSWER_LIMIT)).into();
    #[cfg(not(feature = "menu-bar"))]
    let tray = CheckResult::Absent(text::cli::NO_MENU_BAR.into());
    vec![
        Check { name: "tray".into(), result: on_desktop(tray) },
        Check { name: "notifications".into(), result: on_desktop(dbus::notification_service(ANSWER_LIMIT).into()) },
        #[cfg(feature = "menu-bar")]
        super::login_check(),
    ]
}
