//! Alerts of a limit: the sentence with the throttled periods, the programs that are named, and a group of the kernel's own.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::limits::Throttled;
use super::{Counters, meminfo_text};
use crate::process::{Owned, Program};
use crate::program::Home;
use crate::support::fake_proc::FakeProc;
use crate::wait::{SOON, wait_for};

const ARGUMENTS: [&str; 7] = ["watch", "--every", "250ms", "--cpu", "60", "--memory", "off"];

/// The first alert of the program. `step` is called after each line of its output.
fn alert(program: &Program, sign: &str, mut step: impl FnMut()) -> String {
    let mut lines = 0;
    wait_for("an alert", SOON, || {
        if program.out().len() > lines {
            lines = program.out().len();
            step();
        }
        program.out_with(sign).first().cloned()
    })
}

#[test]
fn an_alert_says_the_limit_and_the_throttled_periods() {
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let mut group = Throttled::new(&fake);
    let home = Home::new();
    let mut step = || {
        group.step();
        fake.set_stat(&counters.next());
    };
    let arguments = [&ARGUMENTS[..], &["--after", "1s"]].concat();
    let program = Program::start(fake.wrap(&home.loadline(&arguments)));
    let text = alert(&program, "ALERT", &mut step);
    let (_, said) = text.split_once("limited to 0.2 cores, throttled ").unwrap_or_else(|| panic!("{text}"));
    let numbers: Vec<u64> = said.split(' ').filter_map(|word| word.parse().ok()).take(2).collect();
    assert!(numbers[0] * 10 == numbers[1] * 9 && numbers[1] > 0, "{text}");
    assert!(text.contains("CPU 100%"), "the machine's is 50: {text}");
}

#[test]
fn programs_outside_of_the_limited_group_are_not_named() {
    let busy = || {
        let mut command = Command::new("nice");
        command.args(["sh", "-c", "while :; do :; done"]).stdin(Stdio::null()).stdout(Stdio::null());
        Owned(command.spawn().unwrap())
    };
    let (inside, outside) = (busy(), busy());
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let mut group = Throttled::new(&fake);
    fake.mount(&format!("/proc/{}/cgroup", inside.0.id()), "0::/box/worker\n");
    fake.mount(&format!("/proc/{}/cgroup", outside.0.id()), "0::/box2\n");
    let home = Home::new();
    let arguments = [&ARGUMENTS[..], &["--json", "--after", "0s"]].concat();
    let program = Program::start(fake.wrap(&home.loadline(&arguments)));
    let alert = alert(&program, r#""alert""#, || {
        group.step();
        fake.set_stat(&counters.next());
    });
    let alert: Value = serde_json::from_str(&alert).unwrap();
    let processes = alert["processes"].as_array().unwrap_or_else(|| panic!("a scan was made: {alert}"));
    let pids: Vec<u64> =
        processes.iter().flat_map(|app| app["pids"].as_array().unwrap()).filter_map(Value::as_u64).collect();
    assert!(pids.contains(&inside.0.id().into()), "{alert}");
    assert!(!pids.contains(&outside.0.id().into()), "{alert}");
    assert!(pids.iter().all(|pid| [inside.0.id(), program.id()].contains(&(*pid as u32))), "{alert}");
    assert_eq!(alert["cpu_limit_cores"], 0.2, "{alert}");
}
