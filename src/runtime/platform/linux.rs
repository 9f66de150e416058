//! Linux desktops: XDG folders, D-Bus, the StatusNotifier tray.

mod dbus;
mod folders;
#[cfg(feature = "menu-bar")]
mod login_item;
mod notifications;
mod opengl;
#[cfg(feature = "menu-bar")]
mod panel;
mod power_state;
mod processes;
mod programs;
mod readings;
mod self_usage;
#[cfg(feature = "menu-bar")]
mod tray;
#[cfg(feature = "menu-bar")]
mod tray_registration;

use std::num::NonZeroU64;
use std::process::Command;
use std::time::Duration;
use std::{fs, io};

use rustix::process::Signal;
#[cfg(feature = "menu-bar")]
use rustix::time::{ClockId, clock_gettime};

use super::check::Check;
#[cfg(feature = "menu-bar")]
use super::check::login_check;
use crate::core::messages::effect::SettingsPane;
use crate::core::messages::output_line::{CheckResult, OutputEvent};
use crate::core::metrics::power_state::PowerState;
use crate::core::proc::cpu_list;
#[cfg(not(feature = "menu-bar"))]
use crate::core::text;
use crate::runtime::service::failures;

#[cfg(feature = "menu-bar")]
pub use self::{
    folders::runtime_dir,
    login_item::*,
    panel::*,
    processes::asking::{ask_to_quit, is_own_app},
    tray::*,
    tray_registration::ensure_registered,
};
pub use dbus::has_session as can_notify;
pub use folders::{data_dir, machine_settings_file, settings_dir, state_dir};
pub use notifications::Notifications;
pub use opengl::{prepare_process, restore_environment};
pub use power_state::watch_power_state;
pub use processes::{ProcessTable, owner_of};
pub use programs::{SYSTEM_MONITOR_NAME, open_file, open_page, open_url, system_monitor};
pub use readings::{MachineReader, pressure_failure, read_failure, swap_failure};
pub use self_usage::self_usage;

/// The time that `doctor` gives each service to respond.
const RESPONSE_LIMIT: Duration = Duration::from_secs(2);

/// The number of processors that are online; `None` where the kernel does not say.
///
/// Source: the kernel's `Documentation/admin-guide/cputopology.rst`.
pub fn cores() -> Option<u32> {
    cpu_list::count(&fs::read_to_string("/sys/devices/system/cpu/online").ok()?)
}

/// Writes nothing: where systemd started Loadline, stdout and stderr lead to the journal already.
pub fn log(_event: &OutputEvent) {}

/// Whether this process was started to survive its terminal (`nohup`).
///
/// Source: proc(5), `SigIgn` in `/proc/self/status`, where bit n-1 is signal n; SIGHUP is 1.
pub fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Signals of Linux alone that end a process by default and mean nothing to Loadline: of the power supply, of a coprocessor that
/// no machine has any more, and the real-time ones, by which other programs are told of changes (the bars of tiling desktops).
/// The C library refuses those among them that it uses itself.
///
/// Source: signal(7), "Standard signals" and "Real-time signals"; the first of these is 34 in glibc, 35 in musl.
pub fn harmless_signals() -> impl Iterator<Item = i32> {
    [Signal::POWER, Signal::STKFLT].map(Signal::as_raw).into_iter().chain(34..=64)
}

/// Lets the timers of this thread fire this much later, so that the kernel wakes the processor once for several.
///
/// Source: prctl(2), `PR_SET_TIMERSLACK`. Without it the tolerance is 50 microseconds.
pub fn set_timer_tolerance(tolerance: Duration) {
    let nanoseconds = u64::try_from(tolerance.as_nanos()).ok().and_then(NonZeroU64::new);
    // A kernel that refuses keeps its own tolerance.
    let _ = rustix::thread::set_current_timer_slack(nanoseconds);
}

/// Gives the timers of this thread their usual tolerance.
///
/// Source: the kernel's `include/linux/init_task.h`, `timer_slack_ns`. A new thread and a new process begin with the tolerance of
/// the thread that starts them, and so does what "default" means to them (prctl(2)).
pub fn reset_timer_tolerance() {
    set_timer_tolerance(Duration::from_micros(50));
}

/// Starts a thread with exact timers, also where the thread that starts it lets its own be late. So are those of the programs
/// that it starts.
///
/// # Errors
/// When the system has no thread to give.
pub fn start_thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let run = move || {
        reset_timer_tolerance();
        work();
    };
    failures::spawn(name, run).map(drop)
}

/// The CPU time of this thread.
///
/// Source: clock_gettime(2), `CLOCK_THREAD_CPUTIME_ID`.
#[cfg(feature = "menu-bar")]
pub fn thread_cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// The power state of the machine now, for `doctor`.
pub fn power_state() -> PowerState {
    power_state::read(RESPONSE_LIMIT)
}

/// Runs `work` and releases the desktop's temporary objects: Linux has none.
pub fn with_autorelease_pool<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// The program that opens a pane of the system's own settings: every desktop has another, so none.
pub fn system_settings(_pane: SettingsPane) -> Option<Command> {
    None
}

/// The checks of `doctor` that only this system has.
pub fn checks() -> Vec<Check> {
    // Without a desktop, neither the tray nor a notification service is missed.
    let has_desktop = dbus::display().is_some() && dbus::has_session();
    let on_desktop = |result: CheckResult| if has_desktop { result } else { result.or_absent() };
    #[cfg(feature = "menu-bar")]
    let tray = desktop().and_then(|()| tray::tray_host()).into();
    #[cfg(not(feature = "menu-bar"))]
    let tray = CheckResult::Absent(text::problems::NO_MENU_BAR.into());
    vec![
        readings::limits_in_force::check(),
        Check { name: "tray".into(), result: on_desktop(tray) },
        Check { name: "notifications".into(), result: on_desktop(dbus::notification_service(RESPONSE_LIMIT).into()) },
        #[cfg(feature = "menu-bar")]
        login_check(login_item_state(), has_desktop),
    ]
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn a_thread_does_not_inherit_late_timers() {
        let (sender, tolerances) = sync_channel(2);
        let late = move || {
            set_timer_tolerance(Duration::from_millis(200));
            let of_this = || rustix::thread::current_timer_slack().unwrap();
            sender.send(of_this()).unwrap();
            start_thread("exact", move || sender.send(of_this()).unwrap()).unwrap();
        };
        start_thread("late", late).unwrap();
        let limit = Duration::from_secs(20);
        let taken = [(); 2].map(|()| tolerances.recv_timeout(limit).unwrap());
        assert_eq!(taken, [200_000_000, 50_000], "nanoseconds");
    }
}
