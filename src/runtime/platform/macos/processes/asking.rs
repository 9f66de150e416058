//! Asking an application to quit, as ⌘Q does: it may ask about unsaved work, or refuse. A program that is no app gets SIGTERM.

use objc2_app_kit::NSRunningApplication;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, getuid, kill_process};

use super::{basic_info, path, usage};
use crate::core::processes::app_name;
use crate::core::processes::menu_look::AskedProcess;
use crate::core::text;

/// Whether the process is an application of this user, and no part of macOS; false where it has ended.
pub fn is_own_app(pid: u32) -> bool {
    let is_own = basic_info(pid).is_some_and(|info| info.pbi_ruid == getuid().as_raw());
    is_own && path(pid).is_some_and(|path| !app_name::is_part_of_macos(&path))
}

/// Asks processes to quit. Those that have ended are passed over, and those that are another process by now.
///
/// # Errors
/// The system's refusal, or that of an app which takes no such request now; all others were asked nevertheless.
pub fn ask_to_quit(processes: &[AskedProcess]) -> Result<(), String> {
    let results = processes.iter().map(ask).collect::<Vec<_>>();
    results.into_iter().collect()
}

/// Asks one process.
///
/// Source: `AppKit/NSRunningApplication.h`, `terminate`: "returns YES if the request was successfully sent".
fn ask(process: &AskedProcess) -> Result<(), String> {
    let Some((number, pid)) = i32::try_from(process.pid).ok().and_then(|pid| Some((pid, Pid::from_raw(pid)?))) else {
        return Ok(());
    };
    let is_same = || usage(number).is_some_and(|usage| usage.ri_proc_start_abstime == process.started);
    // Looked up before the start is compared: the object stands for the application that it was found for.
    let app = NSRunningApplication::runningApplicationWithProcessIdentifier(number);
    if !is_same() || !is_own_app(process.pid) {
        return Ok(());
    }
    match app {
        Some(app) if app.isTerminated() || app.terminate() => Ok(()),
        Some(_) => Err(text::desktop::QUIT_NOT_TAKEN.into()),
        None => match kill_process(pid, Signal::TERM) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(error) => Err(error.to_string()),
        },
    }
}
