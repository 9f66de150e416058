//! The system calls of a tick, as strace sees them.

use std::fs;
use std::process::Command;

use crate::program::Home;

const SAMPLES: usize = 24;

/// The system calls of a tick beside those of locks: one read each of `/proc/stat`, `/proc/meminfo` and the memory pressure,
/// and one to see whether the settings file was edited.
const MOST: usize = 4;

/// The system calls for waiting: 1. Another thread is woken by none of these ticks.
const MOST_FOR_WAITING: usize = 1;

/// The system calls of each tick, by name. Without alerts and history, which have their cost, but not in every tick.
fn ticks() -> Vec<Vec<String>> {
    let home = Home::new().with_settings(r#"{"history": false}"#);
    let samples = SAMPLES.to_string();
    let arguments = ["watch", "--quiet", "--cpu", "off", "--memory", "off", "--every", "250ms", "--samples", &samples];
    let plain = home.loadline(&arguments);
    let calls = home.path().join("calls");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(&calls).arg(plain.get_program()).args(plain.get_args());
    strace.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = strace.current_dir(home.path()).output().expect("package strace");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "strace needs ptrace, and failed: {stderr}");
    let text = fs::read_to_string(calls).unwrap();
    // `123 read(3, "", 8192) = 0`; a call interrupted by another thread's is two lines, the second `123 <... read resumed>`.
    let calls: Vec<&str> = text.lines().filter(|line| !line.contains("resumed>")).collect();
    // Each reading ends with a check whether the settings file was edited. The calls after the last belong to the end.
    let is_end = |call: &&str| call.contains("statx(") && call.contains("settings.json");
    let ticks: Vec<&[&str]> = calls.split_inclusive(is_end).collect();
    let (_end, ticks) = ticks.split_last().unwrap();
    // The calls before the first belong to the start.
    let name = |call: &&str| Some(call.split_whitespace().nth(1)?.split_once('(')?.0.to_owned());
    let ticks = ticks.iter().rev().take(SAMPLES - 1);
    let names = |calls: &&[&str]| {
        let mut names: Vec<String> = calls.iter().filter_map(name).collect();
        // Now and then a file is opened anew. (The standard library's check of a file that is closed is not in a release build.)
        let opened = calls.iter().filter(|call| call.contains("openat(") && call.contains("\"/proc/")).count();
        for name in ["openat", "close", "fcntl", "fstatfs"] {
            for _ in 0..opened {
                names.iter().position(|one| one == name).map(|at| names.remove(at));
            }
        }
        names
    };
    ticks.map(names).collect()
}

#[test]
fn a_tick_takes_few_system_calls() {
    let ticks = ticks();
    assert_eq!(ticks.len(), SAMPLES - 1);
    let count = |is_counted: fn(&String) -> bool| {
        let mut counts: Vec<usize> =
            ticks.iter().map(|calls| calls.iter().filter(|call| is_counted(call)).count()).collect();
        counts.sort_unstable();
        // On a machine that is fully busy threads contend for locks. So the better ticks count.
        counts[ticks.len() / 4]
    };
    let (calls, waiting) = (count(|call| call != "futex"), count(|call| call == "futex"));
    assert!(calls <= MOST, "{calls} system calls: {ticks:?}");
    assert!(waiting <= MOST_FOR_WAITING, "{waiting} system calls for waiting: {ticks:?}");
}
