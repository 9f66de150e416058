//! The desktop and the operating system: the same functions on Linux and on macOS.

mod buttons;
mod check;
mod detached;
#[cfg(feature = "menu-bar")]
mod login_file;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

#[cfg(target_os = "linux")]
use self::linux as this;
#[cfg(target_os = "macos")]
use self::macos as this;

pub use buttons::ButtonReplies;
pub use check::Check;
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
