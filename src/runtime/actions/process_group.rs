//! Programs that run in process groups of their own, and can be ended as wholes.
//!
//! A group is signalled only while its leader has not been waited for: until then the number cannot become another's.

use std::collections::BTreeMap;
use std::io::{self, PipeReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// How long a leader that was only stopped is left alone before it is waited for again.
const STOPPED_PAUSE: Duration = Duration::from_secs(1);
/// How long it may take to learn how a leader ended that has ended.
const STATUS_LIMIT: Duration = Duration::from_secs(2);

/// The groups that run.
#[derive(Default)]
pub struct ProcessGroups {
    state: Mutex<GroupsState>,
}

#[derive(Default)]
struct GroupsState {
    running: BTreeMap<u64, Pid>,
    started: u64,
    is_over: bool,
}

/// A running group, and its leader: the program that was started. When it goes out of scope it runs on unwatched.
pub struct ProcessGroup {
    id: u64,
    pid: Pid,
    groups: Arc<ProcessGroups>,
    ended: PipeReader,
    /// Dropped when the leader may be waited for.
    hold: Option<SyncSender<()>>,
    status: Receiver<io::Result<ExitStatus>>,
}

impl ProcessGroups {
    /// Starts `command` as the leader of a new group, watched by a thread that ends with it.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(self: &Arc<ProcessGroups>, mut command: Command) -> io::Result<ProcessGroup> {
        command.process_group(0);
        let (ended, mut tell_end) = io::pipe()?;
        let (hold, held) = sync_channel(0);
        let (begin, begun) = sync_channel(1);
        let (tell_status, status) = sync_channel(1);
        let groups = Arc::clone(self);
        let watch = move || {
            let started = groups.spawn(&mut command);
            // With it go our ends of the pipes that are the program's.
            drop(command);
            let (mut child, pid) = match started {
                Ok((id, child, pid)) => {
                    let _ = begin.send(Ok((id, pid)));
                    (child, pid)
                }
                Err(error) => {
                    let _ = begin.send(Err(error));
                    return;
                }
            };
            wait_for_end(pid, WaitIdOptions::EXITED, &held);
            // A byte, not the pipe's end: a program that was started at the same moment may hold a copy of the pipe.
            let _ = tell_end.write_all(&[1]);
            let _: Result<(), _> = held.recv();
            let _ = tell_status.send(child.wait());
        };
        Builder::new().name("command".into()).spawn(watch)?;
        let (id, pid) = begun.recv().map_err(io::Error::other)??;
        Ok(ProcessGroup { id, pid, groups: Arc::clone(self), ended, hold: Some(hold), status })
    }

    /// Asks every group that runs to end (SIGTERM), and lets no further one begin. How many these were.
    pub fn terminate_all(&self) -> usize {
        let mut state = self.lock();
        state.is_over = true;
        state.running.values().for_each(|pid| signal(*pid, Signal::TERM));
        state.running.len()
    }

    /// Not under the lock: a program on a network disk that does not answer would hold up all others, and the end.
    fn spawn(&self, command: &mut Command) -> io::Result<(u64, Child, Pid)> {
        if self.lock().is_over {
            return Err(io::Error::other("Loadline is ending"));
        }
        let child = command.spawn()?;
        let pid = Pid::from_child(&child);
        let mut state = self.lock();
        if state.is_over {
            // [`ProcessGroups::end`] came in between, and did not know of it.
            signal(pid, Signal::TERM);
        }
        let id = state.started;
        state.started += 1;
        state.running.insert(id, pid);
        Ok((id, child, pid))
    }

    fn lock(&self) -> MutexGuard<'_, GroupsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProcessGroup {
    /// Has something to read once the leader has ended.
    pub fn ended(&self) -> &PipeReader {
        &self.ended
    }

    /// Asks the whole group to end (SIGTERM).
    pub fn terminate(&self) {
        signal(self.pid, Signal::TERM);
    }

    /// Ends the whole group, whatever it wants (SIGKILL).
    pub fn kill(&self) {
        signal(self.pid, Signal::KILL);
    }

    /// How the leader ended; to be asked once it has.
    ///
    /// # Errors
    /// What the system says, or that it says nothing within two seconds.
    pub fn status(mut self) -> io::Result<ExitStatus> {
        self.release();
        self.status.recv_timeout(STATUS_LIMIT).map_err(io::Error::other)?
    }

    fn release(&mut self) {
        self.groups.lock().running.remove(&self.id);
        self.hold = None;
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.release();
    }
}

/// A group that has ended already needs no signal.
fn signal(group: Pid, signal: Signal) {
    let _ = kill_process_group(group, signal);
}

/// Waits until the process has ended, but leaves it to be waited for: its number is its own until then. Or until nobody
/// holds it any more.
///
/// macOS may answer for a process that is only stopped, although `how` does not ask for that, and then does so again and
/// again. Sources: waitid(2), `WNOWAIT`; <https://github.com/golang/go/issues/19314>.
fn wait_for_end(pid: Pid, how: WaitIdOptions, held: &Receiver<()>) {
    loop {
        match waitid(WaitId::Pid(pid), how | WaitIdOptions::NOWAIT) {
            Err(Errno::INTR) => {}
            Ok(Some(status)) if status.exited() || status.killed() || status.dumped() => return,
            // It was waited for by the system itself, which does so where SIGCHLD is ignored.
            Err(Errno::CHILD) => return,
            // Stopped; or no answer at all: then its time is up in the end, and it is killed.
            _ if held.recv_timeout(STOPPED_PAUSE) == Err(RecvTimeoutError::Timeout) => {}
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    /// A program that stops itself, once it has.
    fn stopped() -> (Child, Pid) {
        let child = Command::new("/bin/sh").args(["-c", "kill -STOP $$; exit 7"]).spawn().unwrap();
        let pid = Pid::from_child(&child);
        waitid(WaitId::Pid(pid), WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT).unwrap();
        (child, pid)
    }

    #[test]
    fn a_stop_is_no_end() {
        let (mut child, pid) = stopped();
        let (_hold, held) = sync_channel(0);
        let (tell, told) = channel();
        // Asked for stops, every system answers as macOS may unasked.
        let wait = move || {
            wait_for_end(pid, WaitIdOptions::EXITED | WaitIdOptions::STOPPED, &held);
            tell.send(()).unwrap();
        };
        let waiting = thread::spawn(wait);
        assert!(told.recv_timeout(Duration::from_millis(300)).is_err(), "it has only stopped");
        rustix::process::kill_process(pid, Signal::CONT).unwrap();
        told.recv_timeout(SOON).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(7));
        waiting.join().unwrap();
    }

    #[test]
    fn what_nobody_holds_is_not_asked_after() {
        let (mut child, pid) = stopped();
        let (hold, held) = sync_channel(0);
        drop(hold);
        wait_for_end(pid, WaitIdOptions::EXITED | WaitIdOptions::STOPPED, &held);
        assert!(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
