//! Asking an application to quit: SIGTERM to its processes, and to no others that may have their numbers by then.

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, geteuid, kill_process, pidfd_open, pidfd_send_signal};

use crate::core::proc::process::ProcessStat;
use crate::core::processes::menu_look::AskedProcess;

/// The part of a session that is the desktop itself: its shell, its window manager, its bus.
///
/// Source: systemd.special(7), `session.slice`.
const DESKTOP_SLICE: &str = "/session.slice/";

/// Whether the process is an application of this user, and no part of the desktop; false where it has ended.
///
/// Source: proc(5): `/proc/pid` belongs to the effective user of the process, or to root where it must not be looked into.
pub fn is_own_app(pid: u32) -> bool {
    let is_own = fs::metadata(format!("/proc/{pid}")).is_ok_and(|folder| folder.uid() == geteuid().as_raw());
    is_own && !fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default().contains(DESKTOP_SLICE)
}

/// Asks processes to quit. Those that have ended are passed over, and those that are another process by now.
///
/// # Errors
/// The system's refusal; all others were asked nevertheless.
pub fn ask_to_quit(processes: &[AskedProcess]) -> Result<(), String> {
    let results = processes.iter().map(ask).collect::<Vec<_>>();
    results.into_iter().collect::<Result<(), Errno>>().map_err(|error| error.to_string())
}

/// Asks one process. By its descriptor the signal reaches the process that was looked at, whatever becomes of its number.
///
/// Source: pidfd_open(2), since Linux 5.3. Kernels before do not know the call, and old sandboxes forbid it.
fn ask(process: &AskedProcess) -> Result<(), Errno> {
    let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw) else { return Ok(()) };
    let descriptor = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(descriptor) => Some(descriptor),
        Err(Errno::SRCH) => return Ok(()),
        Err(Errno::NOSYS | Errno::PERM) => None,
        Err(error) => return Err(error),
    };
    if started(process.pid) != Some(process.started) || !is_own_app(process.pid) {
        return Ok(());
    }
    let sent = match descriptor {
        Some(descriptor) => pidfd_send_signal(descriptor.as_fd(), Signal::TERM),
        None => kill_process(pid, Signal::TERM),
    };
    sent.or_else(|error| if error == Errno::SRCH { Ok(()) } else { Err(error) })
}

/// The start time of the process, in clock ticks since the start of the machine; `None` where it has ended.
fn started(pid: u32) -> Option<u64> {
    let line = fs::read(format!("/proc/{pid}/stat")).ok()?;
    ProcessStat::parse(&line).map(|stat| stat.started)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command};

    use rustix::process::{WaitOptions, waitpid};

    use super::*;

    fn child() -> (Child, AskedProcess) {
        let child = Command::new("sleep").arg("1000").spawn().unwrap();
        let pid = child.id();
        (child, AskedProcess { pid, started: started(pid).unwrap() })
    }

    #[test]
    fn a_process_is_asked_by_sigterm() {
        let (mut child, process) = child();
        assert!(is_own_app(process.pid));
        assert_eq!(ask_to_quit(&[process]), Ok(()));
        assert_eq!(child.wait().unwrap().signal(), Some(Signal::TERM.as_raw()));
        assert_eq!(ask_to_quit(&[process]), Ok(()), "it has ended");
    }

    #[test]
    fn another_process_with_the_same_number_is_left_alone() {
        let (mut child, process) = child();
        // A stopped process keeps a signal until it goes on.
        kill_process(Pid::from_child(&child), Signal::STOP).unwrap();
        let is_stopped = waitpid(Some(Pid::from_child(&child)), WaitOptions::UNTRACED).unwrap().unwrap().1.stopped();
        assert!(is_stopped);
        let before = AskedProcess { started: process.started - 1, ..process };
        let not_a_pid = AskedProcess { pid: u32::MAX, started: 1 };
        assert_eq!(ask_to_quit(&[before, not_a_pid, AskedProcess { pid: 0, started: 0 }]), Ok(()));
        let status = fs::read_to_string(format!("/proc/{}/status", process.pid)).unwrap();
        assert!(status.contains("\nState:\tT") && status.contains("\nShdPnd:\t0000000000000000\n"), "{status}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
