//! The system calls of a tick, as strace sees them.

use std::fs;
use std::process::Command;

use crate::program::Home;
use crate::support::fake_proc::{FakeProc, meminfo_text, stat_text};

const SAMPLES: usize = 24;

/// The system calls of a tick beside those of locks: one read each of `/proc/stat`, `/proc/meminfo` and the memory pressure,
/// and one to see whether the settings file was edited.
const MOST: usize = 4;

/// The system calls for waiting: 1. Another thread is woken by none of these ticks.
const MOST_FOR_WAITING: usize = 1;

/// The files opened by a look for cgroup limits: a few for each of the groups that hold the program.
const MOST_OPENED_BY_A_LOOK: usize = 60;
/// The reads of a tick in which both are limited: those of the machine, `memory.current`, `memory.stat`, `memory.swap.current`
/// and `cpu.stat`; and now and then of the two limits.
const READS_OF_LIMITS: usize = 4;
const READS_OF_LIMIT_FILES: usize = 2;

/// The lines of strace, from the start of the program on, and how many of them make each of the last ticks.
struct Calls {
    lines: Vec<String>,
    ticks: Vec<usize>,
}

/// Without alerts and history, which have their cost, but not in every tick.
fn calls(wrap: impl FnOnce(Command) -> Command) -> Calls {
    let home = Home::new().with_settings(r#"{"history": false}"#);
    let samples = SAMPLES.to_string();
    let arguments = ["watch", "--quiet", "--cpu", "off", "--memory", "off", "--every", "250ms", "--samples", &samples];
    let plain = wrap(home.loadline(&arguments));
    let calls = home.path().join("calls");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(&calls).arg(plain.get_program()).args(plain.get_args());
    strace.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = strace.current_dir(home.path()).output().expect("package strace");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "strace needs ptrace, and failed: {stderr}");
    let text = fs::read_to_string(calls).unwrap();
    // `123 read(3, "", 8192) = 0`; a call interrupted by another thread's is two lines, the second `123 <... read resumed>`.
    let lines: Vec<String> = text.lines().filter(|line| !line.contains("resumed>")).map(String::from).collect();
    // Each reading ends with a check whether the settings file was edited. The calls after the last belong to the end.
    let is_end = |call: &String| call.contains("statx(") && call.contains("settings.json");
    let ticks: Vec<usize> = lines.split_inclusive(is_end).map(<[String]>::len).collect();
    Calls { lines, ticks }
}

impl Calls {
    /// The lines of each tick but the first. The calls before that belong to the start, those after the last to the end.
    fn of_ticks(&self) -> Vec<&[String]> {
        let (_end, ticks) = self.ticks.split_last().unwrap();
        let mut rest = &self.lines[..];
        let mut of_ticks: Vec<&[String]> = Vec::new();
        for length in ticks {
            let (tick, after) = rest.split_at(*length);
            of_ticks.push(tick);
            rest = after;
        }
        of_ticks.split_off(of_ticks.len() - (SAMPLES - 1))
    }

    /// The files of cgroups opened at the start, and those opened in the ticks.
    fn looks(&self) -> (usize, usize) {
        let is_look =
            |call: &&String| call.contains("openat(") && (call.contains("cgroup") || call.contains("mountinfo"));
        let in_ticks = self.of_ticks().into_iter().flatten().filter(is_look).count();
        (self.lines.iter().filter(is_look).count() - in_ticks, in_ticks)
    }
}

/// The system calls of each tick, by name.
fn ticks(calls: &Calls) -> Vec<Vec<String>> {
    let name = |call: &String| Some(call.split_whitespace().nth(1)?.split_once('(')?.0.to_owned());
    let names = |calls: &[String]| {
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
    calls.of_ticks().into_iter().map(names).collect()
}

#[test]
fn a_tick_takes_few_system_calls() {
    let calls = calls(|program| program);
    let (opened, opened_in_ticks) = calls.looks();
    assert!((1..=MOST_OPENED_BY_A_LOOK).contains(&opened), "{opened} files opened for cgroup limits at the start");
    assert_eq!(opened_in_ticks, 0, "where nothing is limited, a tick costs nothing more");
    let ticks = ticks(&calls);
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

#[test]
fn limits_cost_a_tick_only_their_reads() {
    let Some(fake) = FakeProc::new(&stat_text([1, 1, 1, 1, 1, 1, 1, 1, 0, 0], 2), &meminfo_text(&[])) else { return };
    let groups = fake.cgroups("0::/a/b\n", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    groups.set_all(&[
        ("a/memory.max", "104857600\n"),
        ("a/memory.current", "99614720\n"),
        ("a/memory.stat", "inactive_file 3145728\n"),
        ("a/memory.swap.current", "4096\n"),
        ("a/b/cpu.max", "20000 100000\n"),
        ("a/b/cpu.stat", "usage_usec 7\n"),
    ]);
    let calls = calls(|program| fake.wrap(&program));
    let (opened, opened_in_ticks) = calls.looks();
    assert!((8..=MOST_OPENED_BY_A_LOOK).contains(&opened), "{opened} files opened for cgroup limits at the start");
    assert_eq!(opened_in_ticks, 0, "they stay open");
    let reads = |tick: &[String]| tick.iter().filter(|call| call.contains("pread64(")).count();
    let mut reads: Vec<usize> = calls.of_ticks().into_iter().map(reads).collect();
    reads.sort_unstable();
    let machine = if std::path::Path::new("/proc/pressure/memory").exists() { 3 } else { 2 };
    let usual = machine + READS_OF_LIMITS;
    assert_eq!(reads[reads.len() / 2], usual, "{reads:?}");
    assert_eq!(reads[reads.len() - 1], usual + READS_OF_LIMIT_FILES, "{reads:?}");
}
