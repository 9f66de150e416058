//! A thread that fails, as by a bug: Loadline starts again in its own place.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::FakeManager;
use crate::process::Program;
use crate::program::Home;
use crate::support::preload;
use crate::wait::{SOON, wait_for};

const WATCH: [&str; 3] = ["watch", "--every", "250ms"];
const AGAIN: &str = "has failed, which is a bug, and Loadline has started again: ";
/// The name of the main thread, which is that of the program.
const MAIN: &str = "loadline";
const SIGABRT: i32 = 6;

/// A thread that fails on order, by a library that stands before libc.
pub struct FailingThread {
    library: PathBuf,
    order: PathBuf,
}

impl FailingThread {
    pub fn new(folder: &Path) -> FailingThread {
        let library = preload::compile("tests/it/service/failing_thread.c", folder);
        FailingThread { library, order: folder.join("failing-thread") }
    }

    /// The variables with which the program is started.
    pub fn variables(&self) -> [(&str, &Path); 2] {
        [("LD_PRELOAD", &self.library), ("FAILING_THREAD", &self.order)]
    }

    /// Has the thread with this name fail once, soon.
    pub fn fail(&self, thread: &str) {
        // A reader never finds half of a name.
        let new = self.order.with_extension("new");
        fs::write(&new, thread).unwrap();
        fs::rename(new, &self.order).unwrap();
    }
}

#[test]
fn a_monitor_whose_loop_fails_goes_on_in_the_same_process() {
    let home = Home::new();
    let (manager, failing) = (FakeManager::in_home(&home), FailingThread::new(home.path()));
    let mut command = manager.command(&home, &WATCH);
    command.envs(failing.variables()).env("WATCHDOG_USEC", "3600000000");
    let mut program = Program::start(command);
    assert_eq!(manager.message(), "READY=1");
    program.wait_line(1);
    failing.fail(MAIN);
    let said = program.wait_err(AGAIN);
    assert!(said.starts_with("loadline: Loadline's thread 'main' has failed"), "{said}");
    assert!(said.contains(".rs:"), "the place is named: {said}");
    assert_eq!(manager.message(), "READY=1", "the service manager is told anew");
    program.wait_line(program.out().len() + 2);
    // What one start tells the next is no business of the programs that are started.
    let names = fs::read_to_string(format!("/proc/{}/environ", program.id())).unwrap();
    assert!(names.contains("LOADLINE_FAILURES=") && names.contains("WATCHDOG_USEC=3600000000"), "{names:?}");
    program.signal("TERM");
    assert_eq!(manager.message(), "STOPPING=1");
    assert_eq!(program.wait_exit().code(), Some(0));
    assert_eq!(program.err().len(), 1, "{:?}", program.err());
}

#[test]
fn a_monitor_that_fails_again_and_again_ends() {
    let home = Home::new();
    let failing = FailingThread::new(home.path());
    let mut command = home.loadline(&WATCH);
    command.envs(failing.variables());
    let mut program = Program::start(command);
    for failures in 1..=3 {
        program.wait_line(program.out().len());
        failing.fail(MAIN);
        wait_for("another start", SOON, || (program.err_with(AGAIN).len() == failures).then_some(()));
    }
    failing.fail(MAIN);
    assert_eq!(program.wait_exit().signal(), Some(SIGABRT));
    let last = program.err().pop().unwrap();
    assert!(last.starts_with("loadline: Loadline's thread 'main' has failed, which is a bug: "), "{last}");
}

#[test]
fn a_number_of_readings_is_not_begun_again() {
    let home = Home::new();
    let failing = FailingThread::new(home.path());
    let mut command = home.loadline(&[&WATCH[..], &["--samples", "1000"]].concat());
    command.envs(failing.variables());
    let mut program = Program::start(command);
    program.wait_line(1);
    failing.fail(MAIN);
    assert!(!program.wait_exit().success());
    assert_eq!(program.err_with(AGAIN), [""; 0]);
}

#[test]
fn a_thread_that_failed_rests_while_the_monitor_goes_on() {
    let action = json!({ "actions": [{ "name": "team", "webhook": "http://127.0.0.1:9/" }] });
    let push = json!({ "metrics": { "push": { "url": "http://127.0.0.1:9/api/v1/write", "every": "5s" } } });
    for (thread, settings, part) in [("action", action, "'team'"), ("push", push, "metrics")] {
        let home = Home::new().with_settings(settings.to_string());
        let failing = FailingThread::new(home.path());
        let mut command = home.loadline(&[&WATCH[..], &["--memory", "1", "--after", "0s"]].concat());
        command.envs(failing.variables());
        failing.fail(thread);
        let program = Program::start(command);
        program.wait_err(&format!("Loadline's thread '{thread}' has failed"));
        let said = program.wait_err("it has failed, and rests for an hour");
        assert!(said.contains(part), "{said}");
        program.wait_line(program.out().len() + 2);
        assert_eq!(program.err_with(AGAIN).len(), 1, "{:?}", program.err());
    }
}

/// At the end of a session the bus may go while a notification is shown.
#[cfg(feature = "menu-bar")]
#[test]
fn another_start_of_the_app_that_finds_no_desktop_ends() {
    let home = Home::new();
    let since_boot = loadline::runtime::clock::system_monotonic().as_secs();
    let mut command = home.loadline(&["--every", "250ms"]);
    command.env("LOADLINE_FAILURES", format!("{since_boot}\tbuttons\tsrc/a.rs:1: gone\n"));
    let mut program = Program::start(command);
    assert_eq!(program.wait_exit().code(), Some(1));
    assert_eq!((program.out(), program.err().len()), (vec![], 1), "{:?}", program.err());
}
