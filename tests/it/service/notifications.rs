//! The messages to the service manager, from the first reading to the end, and the signal that reloads.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

use super::FakeManager;
use crate::process::Program;
use crate::program::Home;

const WATCH: [&str; 3] = ["watch", "--every", "250ms"];

fn microseconds() -> u128 {
    std::time::Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap().as_micros()
}

#[test]
fn the_first_reading_means_ready_and_a_signal_means_stopping() {
    let home = Home::new();
    for manager in [FakeManager::in_home(&home), FakeManager::abstract_one(&format!("{}/x", home.path().display()))] {
        let mut program = Program::start(manager.command(&home, &WATCH));
        assert_eq!(manager.message(), "READY=1");
        program.wait_line(3);
        program.signal("TERM");
        assert_eq!(manager.message(), "STOPPING=1");
        assert_eq!(program.wait_exit().code(), Some(0));
        assert_eq!(
            (manager.rest(), program.err()),
            (vec![], vec![]),
            "without a watchdog there is nothing else to tell"
        );
    }
}

#[test]
fn a_run_that_ends_by_itself_or_fails_says_that_it_stops() {
    let home = Home::new();
    let manager = FakeManager::in_home(&home);
    let mut program = Program::start(manager.command(&home, &["watch", "--every", "250ms", "--samples", "1"]));
    assert_eq!([manager.message(), manager.message()], ["READY=1", "STOPPING=1"]);
    assert_eq!(program.wait_exit().code(), Some(0));
    let trace = home.file("trace.csv", "time,cpu\n0,10\n1,x\n");
    let trace = trace.to_str().unwrap();
    let mut program = Program::start(manager.command(&home, &["watch", "--speed", "max", "--readings", trace]));
    program.wait_exit();
    assert_eq!(manager.rest().last().unwrap(), "STOPPING=1");
}

#[test]
fn a_hangup_reads_the_settings_anew() {
    // No reading would notice the edit before the end of the test.
    let settings = |above: u32| {
        let alerts = json!({ "memory": { "above_percent": above }, "after": "0s" });
        json!({ "refresh": "1h", "refresh_saves_power": false, "alerts": alerts }).to_string()
    };
    let home = Home::new().with_settings(settings(99));
    let manager = FakeManager::in_home(&home);
    let mut program = Program::start(manager.command(&home, &["watch"]));
    assert_eq!(manager.message(), "READY=1");
    fs::write(home.settings(), settings(1)).unwrap();
    let before = microseconds();
    program.signal("HUP");
    let reloading = manager.message();
    let time = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect("the time of the reload").parse().unwrap();
    assert!((before..=microseconds()).contains(&time), "{time}");
    assert_eq!(manager.message(), "READY=1");
    program.wait_out("ALERT");
    fs::write(home.settings(), "{").unwrap();
    program.signal("HUP");
    program.wait_err("could not read the settings");
    assert!(manager.message().starts_with("RELOADING=1\n"));
    assert_eq!(manager.message(), "READY=1", "it goes on with the settings that it had");
    assert!(program.is_running());
    program.signal("TERM");
    assert_eq!(manager.message(), "STOPPING=1");
    assert_eq!(program.wait_exit().code(), Some(0));
}

#[test]
fn a_hangup_ends_the_program_without_a_service_manager_and_on_a_terminal() {
    let home = Home::new();
    for socket in [None, Some("")] {
        let mut command = home.loadline(&WATCH);
        command.envs(socket.map(|socket| ("NOTIFY_SOCKET", socket)));
        let mut program = Program::start(command);
        program.wait_line(0);
        program.signal("HUP");
        assert_eq!(program.wait_exit().code(), Some(0));
    }
    // A shell in a terminal may have the variables from a service that it was started by.
    let manager = FakeManager::in_home(&home);
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let flags = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
    let terminal = fs::OpenOptions::new().write(true).custom_flags(flags).open(name).unwrap();
    let mut command = manager.command(&home, &WATCH);
    command.stdout(terminal);
    let mut child = crate::process::Owned(command.spawn().unwrap());
    assert_eq!(manager.message(), "READY=1");
    let pid = rustix::process::Pid::from_child(&child.0);
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    assert_eq!(manager.message(), "STOPPING=1");
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
}

#[test]
fn programs_that_it_starts_do_not_get_the_service_managers_variables() {
    let script = "env > environment";
    let actions = json!([{ "name": "save", "command": ["/bin/sh", "-c", script] }]);
    let home = Home::new().with_settings(json!({ "actions": actions }).to_string());
    let manager = FakeManager::in_home(&home);
    let mut command = manager.command(&home, &["actions", "test", "save"]);
    command.envs([("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "1"), ("OTHER", "kept")]);
    assert!(command.output().unwrap().status.success());
    let environment = fs::read_to_string(home.path().join("environment")).unwrap();
    assert!(environment.contains("OTHER=kept\n"), "{environment}");
    assert!(!["NOTIFY_SOCKET", "WATCHDOG_"].iter().any(|name| environment.contains(name)), "{environment}");
    assert_eq!(manager.rest(), [""; 0], "only the monitor is a service");
}

#[test]
fn a_service_manager_that_cannot_be_told_is_one_warning() {
    let home = Home::new();
    for socket in
        ["/nowhere/notify", "@nobody/listens/here", "vsock:2:1234", "notify", &format!("/{}", "x".repeat(200))]
    {
        let mut command = home.loadline(&WATCH);
        command.env("NOTIFY_SOCKET", socket).env("WATCHDOG_USEC", "100000");
        let mut program = Program::start(command);
        program.wait_line(5);
        program.signal("TERM");
        assert_eq!(program.wait_exit().code(), Some(0), "{socket}");
        let err = program.err();
        let is_said = err.len() == 1 && err[0].contains("could not tell the service manager how Loadline is: ");
        assert!(is_said, "{socket}: {err:#?}");
    }
}
