//! Linux desktops: XDG folders, D-Bus, the StatusNotifier tray.

mod dbus;
mod folders;
#[cfg(feature = "menu-bar")]
mod login_item;
mod memory_pressure;
mod notifications;
mod opengl;
#[cfg(feature = "menu-bar")]
mod panel;
mod power_state;
mod processes;
mod programs;
mod self_usage;
#[cfg(feature = "menu-bar")]
mod tray;
#[cfg(feature = "menu-bar")]
mod tray_registration;

use std::fs::{self, File};
use std::time::Duration;

use super::check::Check;
#[cfg(feature = "menu-bar")]
use super::check::login_check;
use crate::core::messages::output_line::CheckResult;
use crate::core::metrics::power_state::PowerState;
#[cfg(not(feature = "menu-bar"))]
use crate::core::text;

#[cfg(feature = "menu-bar")]
pub use self::{folders::runtime_dir, login_item::*, panel::*, tray::*, tray_registration::ensure_registered};
pub use dbus::has_session as can_notify;
pub use folders::{data_dir, settings_dir, state_dir};
pub use memory_pressure::PressureGauge;
pub use notifications::Notifications;
pub use opengl::{prepare_process, restore_environment};
pub use power_state::watch_power_state;
pub use processes::ProcessTable;
pub use programs::{SYSTEM_MONITOR_NAME, open_file, open_page, system_monitor};
pub use self_usage::self_usage;

/// The time that `doctor` gives each service to respond.
const RESPONSE_LIMIT: Duration = Duration::from_secs(2);

/// Whether this process was started to survive its terminal (`nohup`).
///
/// Source: proc(5), `SigIgn` in `/proc/self/status`, where bit n-1 is signal n; SIGHUP is 1.
pub fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Whether the machine's figures can be read: sysinfo reports no error when they cannot (too many open files, no `/proc`).
pub fn can_be_read() -> bool {
    ["/proc/stat", "/proc/meminfo"].iter().all(|path| File::open(path).is_ok())
}

/// The power state of the machine now, for `doctor`.
pub fn power_state() -> PowerState {
    power_state::read(RESPONSE_LIMIT)
}

fn has_display() -> bool {
    ["WAYLAND_DISPLAY", "DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The checks of `doctor` that only this system has.
pub fn checks() -> Vec<Check> {
    // Without a desktop, neither the tray nor a notification service is missed.
    let has_desktop = has_display() && dbus::has_session();
    let on_desktop = |result: CheckResult| if has_desktop { result } else { result.or_absent() };
    #[cfg(feature = "menu-bar")]
    let tray = desktop().and_then(|()| tray::tray_host(RESPONSE_LIMIT)).into();
    #[cfg(not(feature = "menu-bar"))]
    let tray = CheckResult::Absent(text::problems::NO_MENU_BAR.into());
    vec![
        Check { name: "tray".into(), result: on_desktop(tray) },
        Check { name: "notifications".into(), result: on_desktop(dbus::notification_service(RESPONSE_LIMIT).into()) },
        #[cfg(feature = "menu-bar")]
        login_check(launches_at_login()),
    ]
}
