//! How many system calls a tick of the program takes, as strace sees them.

use std::fs;
use std::process::Command;

use crate::program::Home;

const SAMPLES: usize = 24;

/// How many system calls a tick takes beside those of locks: 13, of which sysinfo's are 11. Nine of them open, read and close
/// `/proc/stat` and `/proc/meminfo`, and two are a check of the standard library's that a release build does not have. Ours:
/// one for the memory pressure, and one to see whether the settings file was edited. See `further_reads`.
const MOST: usize = 14;

/// How many are for waiting and waking: 3. Where two threads are in each other's way there are more.
const MOST_FOR_WAITING: usize = 4;

/// As many bytes as sysinfo reads at a time.
const BYTES_OF_A_READ: usize = 8192;

/// How many more calls this machine may take: sysinfo reads `/proc/stat` up to the line `intr`, in as many pieces as it takes.
/// Before it is a line for each processor, so that a machine with many of them takes more.
fn further_reads() -> usize {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let intr = stat.find("\nintr ").unwrap();
    let end = stat[intr + 1..].find('\n').unwrap() + intr + 1;
    end / BYTES_OF_A_READ
}

/// The system calls of each tick, by name. No alert and no history: they have their cost, but not in every tick.
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
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "this needs ptrace (strace), and it said: {said}");
    let text = fs::read_to_string(calls).unwrap();
    // `123 read(3, "", 8192) = 0`; one that another thread's comes into is two lines, the second `123 <... read resumed>`.
    let calls: Vec<&str> = text.lines().filter(|line| !line.contains("resumed>")).collect();
    // Each reading ends with a look whether the settings file was edited. What comes after the last is the end.
    let is_end = |call: &&str| call.contains("statx(") && call.contains("settings.json");
    let ticks: Vec<&[&str]> = calls.split_inclusive(is_end).collect();
    let (_end, ticks) = ticks.split_last().unwrap();
    // What comes before the first is the start.
    let name = |call: &&str| Some(call.split_whitespace().nth(1)?.split_once('(')?.0.to_owned());
    let ticks = ticks.iter().rev().take(SAMPLES - 1);
    ticks.map(|calls| calls.iter().filter_map(name).collect()).collect()
}

#[test]
fn a_tick_takes_few_system_calls() {
    let ticks = ticks();
    assert_eq!(ticks.len(), SAMPLES - 1);
    let count = |is_counted: fn(&String) -> bool| {
        let mut counts: Vec<usize> =
            ticks.iter().map(|calls| calls.iter().filter(|call| is_counted(call)).count()).collect();
        counts.sort_unstable();
        // Where a machine is busy to the last, two readings are the same, and it is looked whether it can be read at all; and
        // the threads get in each other's way. So it is the better ticks that count.
        counts[ticks.len() / 4]
    };
    let (calls, waiting) = (count(|call| call != "futex"), count(|call| call == "futex"));
    assert!(calls <= MOST + further_reads(), "{calls} system calls: {ticks:?}");
    assert!(waiting <= MOST_FOR_WAITING, "{waiting} system calls for waiting: {ticks:?}");
}
