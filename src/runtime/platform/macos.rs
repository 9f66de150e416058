//! macOS: Application Support, the menu bar, the notification centre.

mod bundle;
#[cfg(feature = "menu-bar")]
mod login_item;
#[cfg(feature = "menu-bar")]
mod menu_charts;
mod notifications;
#[cfg(feature = "menu-bar")]
mod power_state;
mod processes;
mod programs;
mod readings;
#[cfg(feature = "menu-bar")]
mod reopening;
#[cfg(feature = "menu-bar")]
mod title;
#[cfg(feature = "menu-bar")]
mod tray;
mod unified_log;

use std::path::{Path, PathBuf};
use std::process::Command;
#[cfg(not(feature = "menu-bar"))]
use std::sync::Arc;
use std::time::Duration;
use std::{env, io};

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
use crate::runtime::service::failures;

#[cfg(feature = "menu-bar")]
pub use self::{
    login_item::*,
    menu_charts::show_chart,
    power_state::*,
    processes::{
        asking::{ask_to_quit, is_own_app},
        thread_cpu_time,
    },
    title::*,
    tray::*,
};
pub use notifications::Notifications;
pub use processes::{ProcessTable, owner_of, self_usage};
pub use programs::{SYSTEM_MONITOR_NAME, open_file, open_page, open_url, system_monitor, system_settings};
pub use readings::{MachineReader, pressure_failure, read_failure, swap_failure};
#[cfg(feature = "menu-bar")]
pub use reopening::is_opened_by_person;
pub use unified_log::log;

/// The number of processors; `None` where the system does not say.
pub fn cores() -> Option<u32> {
    std::thread::available_parallelism().ok().and_then(|cores| u32::try_from(cores.get()).ok())
}

/// Prepares the process before anything else runs: nothing on macOS.
pub fn prepare_process() {}

/// Restores the environment for a program that is about to be started: it was not changed.
pub fn restore_environment(_program: &mut Command) {}

/// `~/Library/Application Support/Loadline`.
pub fn settings_dir() -> Option<PathBuf> {
    Some(env::home_dir()?.join("Library/Application Support/Loadline"))
}

/// The settings of the whole machine, which an administrator writes.
pub fn machine_settings_file() -> &'static Path {
    Path::new("/Library/Application Support/Loadline/settings.json")
}

// State that outlives a run and the history are beside the settings.
pub use self::{settings_dir as state_dir, settings_dir as data_dir};

/// The user's own folder for files that end with the session: on macOS every user has one.
#[cfg(feature = "menu-bar")]
pub fn runtime_dir() -> Option<PathBuf> {
    Some(env::temp_dir())
}

/// Signals of macOS alone that end a process by default and mean nothing to Loadline: none. Source: signal(3).
pub fn harmless_signals() -> impl Iterator<Item = i32> {
    std::iter::empty()
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

/// Runs `work` and releases the temporary objects of Foundation and AppKit that it made: on a thread without a run loop
/// nothing else does.
pub fn with_autorelease_pool<T>(work: impl FnOnce() -> T) -> T {
    objc2::rc::autoreleasepool(|_| work())
}

/// Lets the timers of this thread fire later, so that the kernel wakes the processor once for several: by 75 ms at the most for
/// a thread of this class, whatever the tolerance. That is near a tenth of the shortest interval, and no other wait is needed.
///
/// Sources: `pthread/qos.h`; xnu, `osfmk/kern/thread_policy.c` (`thread_qos_policy_params`: utility has latency tier 3),
/// `osfmk/arm/arm_timer.c` (`tcoal_prio_params_init`: tier 3 allows 75 ms), `osfmk/kern/timer_call.c` (`timer_call_slop`).
#[allow(unsafe_code)]
pub fn set_timer_tolerance(_tolerance: Duration) {
    // SAFETY: it takes two numbers, and changes this thread alone. A failure leaves the thread as it was.
    unsafe { libc::pthread_set_qos_class_self_np(libc::qos_class_t::QOS_CLASS_UTILITY, 0) };
}

/// Does nothing: the tolerance is that of a class of threads, 75 ms at the most, and a new thread does not inherit it.
pub fn reset_timer_tolerance() {}

/// Starts a thread, whose timers have the usual tolerance.
///
/// # Errors
/// When the system has no thread to give.
pub fn start_thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    failures::spawn(name, work).map(drop)
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
    // Without a desktop the menu bar is not missed.
    #[cfg(feature = "menu-bar")]
    let menu_bar = CheckResult::from(desktop().map(|()| text::desktop::MENU_BAR.to_owned()));
    vec![
        #[cfg(feature = "menu-bar")]
        Check { name: "menu bar".into(), result: menu_bar.or_absent() },
        Check { name: "notifications".into(), result: notifications::state().into() },
        #[cfg(feature = "menu-bar")]
        login_check(login_item_state(), true),
    ]
}
