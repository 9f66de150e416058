//! Process groups: each command runs in a group of its own, all of which can be ended.
//!
//! A group is signalled only while its leader has not been waited for: until then its number cannot be given to another.

use std::collections::BTreeMap;
use std::io::{self, PipeReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::core::text::actions::ENDING;
use crate::runtime::service::failures;

/// The pause before waiting again for a leader that was only stopped.
const STOPPED_PAUSE: Duration = Duration::from_secs(1);
/// The longest wait for the exit status of a leader that has ended.
const STATUS_LIMIT: Duration = Duration::from_secs(2);

/// The running groups.
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

/// A running group and its leader, the program that was started. Dropping it lets the group run on unwatched.
pub struct ProcessGroup {
    id: u64,
    pid: Pid,
    groups: Arc<ProcessGroups>,
    /// Can be read once the leader has ended.
    pub ended: PipeReader,
    /// Dropped when the leader may be waited for.
    hold: Option<SyncSender<()>>,
    status: Receiver<io::Result<ExitStatus>>,
}

impl ProcessGroups {
    /// Starts `command` as the leader of a new group, watched by a thread that ends with it.
    pub fn start(self: &Arc<ProcessGroups>, mut command: Command) -> io::Result<ProcessGroup> {
        command.process_group(0);
        let (ended, mut end_writer) = io::pipe()?;
        let (hold, held) = sync_channel(0);
        let (started_sender, started_receiver) = sync_channel(1);
        let (status_sender, status) = sync_channel(1);
        let groups = Arc::clone(self);
        let watch = move || {
            let started = groups.spawn(&mut command);
            // This closes our copies of the program's ends of the pipes.
            drop(command);
            let (id, mut child, pid) = match started {
                Ok(started) => started,
                Err(error) => return drop(started_sender.send(Err(error))),
            };
            let _ = started_sender.send(Ok((id, pid)));
            wait_for_end(pid, WaitIdOptions::EXITED, &held);
            // A byte, not the pipe's end: a program that was started at the same moment may hold a copy of the pipe.
            let _ = end_writer.write_all(&[1]);
            let _: Result<(), _> = held.recv();
            let _ = status_sender.send(child.wait());
        };
        failures::spawn("command", watch)?;
        let (id, pid) = started_receiver.recv().map_err(io::Error::other)??;
        Ok(ProcessGroup { id, pid, groups: Arc::clone(self), ended, hold: Some(hold), status })
    }

    /// Asks every running group to end (SIGTERM), and lets no further one begin. Returns their number.
    pub fn terminate_all(&self) -> usize {
        let mut state = self.lock();
        state.is_over = true;
        state.running.values().for_each(|pid| signal(*pid, Signal::TERM));
        state.running.len()
    }

    /// Not under the lock: a program on a network disk that does not respond would hold up all others, and the end.
    fn spawn(&self, command: &mut Command) -> io::Result<(u64, Child, Pid)> {
        if self.lock().is_over {
            return Err(io::Error::other(ENDING));
        }
        let child = command.spawn()?;
        let pid = Pid::from_child(&child);
        let mut state = self.lock();
        if state.is_over {
            // [`ProcessGroups::terminate_all`] came in between, and did not know of this group.
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
    /// Asks the whole group to end (SIGTERM).
    pub fn terminate(&self) {
        signal(self.pid, Signal::TERM);
    }

    /// Ends the whole group by force (SIGKILL).
    pub fn kill(&self) {
        signal(self.pid, Signal::KILL);
    }

    /// The exit status of the leader, which has ended; an error if the system gives none within two seconds.
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

/// Waits until the process has ended or `held` is closed. Leaves the process to be waited for: until then it keeps its
/// number.
///
/// macOS may return for a process that is only stopped, although `how` does not ask for that, and then does so again and
/// again. Sources: waitid(2), `WNOWAIT`; <https://github.com/golang/go/issues/19314>.
fn wait_for_end(pid: Pid, how: WaitIdOptions, held: &Receiver<()>) {
    loop {
        match waitid(WaitId::Pid(pid), how | WaitIdOptions::NOWAIT) {
            Err(Errno::INTR) => {}
            Ok(Some(status)) if status.exited() || status.killed() || status.dumped() => return,
            // The system has waited for it, as it does where SIGCHLD is ignored.
            Err(Errno::CHILD) => return,
            // Stopped; or another error: then its time is up in the end, and it is killed.
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

    /// A program that has stopped itself.
    fn stopped() -> (Child, Pid) {
        let child = Command::new("/bin/sh").args(["-c", "kill -STOP $$; exit 7"]).spawn().unwrap();
        let pid = Pid::from_child(&child);
        waitid(WaitId::Pid(pid), WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT).unwrap();
        (child, pid)
    }

    #[test]
    fn a_stopped_program_has_not_ended() {
        let (mut child, pid) = stopped();
        let (_hold, held) = sync_channel(0);
        let (ended, has_ended) = channel();
        // With STOPPED every system returns for a stop, as macOS may without it.
        let wait = move || {
            wait_for_end(pid, WaitIdOptions::EXITED | WaitIdOptions::STOPPED, &held);
            ended.send(()).unwrap();
        };
        let waiting = thread::spawn(wait);
        assert!(has_ended.recv_timeout(Duration::from_millis(300)).is_err(), "it has only stopped");
        rustix::process::kill_process(pid, Signal::CONT).unwrap();
        has_ended.recv_timeout(SOON).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(7));
        waiting.join().unwrap();
    }

    #[test]
    fn a_stopped_program_that_nobody_holds_is_not_waited_for() {
        let (mut child, pid) = stopped();
        let (hold, held) = sync_channel(0);
        drop(hold);
        wait_for_end(pid, WaitIdOptions::EXITED | WaitIdOptions::STOPPED, &held);
        assert!(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
