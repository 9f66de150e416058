//! The watchdog of the service manager: told by the loop, in time, and only when asked.

use std::process::Command;

use super::FakeManager;
use crate::process::Program;
use crate::program::Home;

fn watch(manager: &FakeManager, home: &Home, every: &str, time: &str) -> Command {
    let mut command = manager.command(home, &["watch", "--every", every]);
    command.env("WATCHDOG_USEC", time);
    command
}

#[test]
fn it_is_told_between_readings_that_are_rare() {
    let home = Home::new();
    let manager = FakeManager::in_home(&home);
    let program = Program::start(watch(&manager, &home, "1h", "200000"));
    assert_eq!(manager.message(), "READY=1");
    for _ in 0..5 {
        assert_eq!(manager.message(), "WATCHDOG=1");
    }
    program.wait_line(0);
    assert_eq!(program.out().len(), 1, "one reading");
}

#[test]
fn it_is_told_with_readings_that_come_often_and_not_with_each() {
    let home = Home::new();
    let manager = FakeManager::in_home(&home);
    // Half of the time are ten readings.
    let program = Program::start(watch(&manager, &home, "250ms", "5000000"));
    assert_eq!(manager.message(), "READY=1");
    assert_eq!(manager.message(), "WATCHDOG=1");
    let readings = program.out().len();
    assert_eq!(manager.message(), "WATCHDOG=1");
    assert!(program.out().len() >= readings + 2, "{readings}, then {:?}", program.out());
}

#[test]
fn it_is_told_nothing_where_it_asks_for_nothing_or_another_process() {
    let home = Home::new();
    let manager = FakeManager::in_home(&home);
    for (time, pid) in [("200000", "1"), ("0", ""), ("soon", "")] {
        let mut command = watch(&manager, &home, "250ms", time);
        command.envs(Some(("WATCHDOG_PID", pid)).filter(|(_, pid)| !pid.is_empty()));
        let mut program = Program::start(command);
        assert_eq!(manager.message(), "READY=1");
        program.wait_line(4);
        program.signal("TERM");
        program.wait_exit();
        assert_eq!(manager.rest(), ["STOPPING=1"]);
    }
}
