//! The instructions of a reading, counted by valgrind: the same on every machine, though not by every compiler.
//! The figures are those of the build of the tests, by rustc 1.95.

use std::env;
use std::process::{Command, Stdio};
use std::thread;

use loadline::runtime::clock;

use super::tick::{Bare, Flat, PAUSE, Whole};

/// Names the work of the measured process, and how many times to do it.
const WORK: &str = "LOADLINE_MEASURED_WORK";

fn work(name: &str, times: u32) {
    match name {
        "engine" => {
            let mut engine = Flat::new();
            (0..times).for_each(|_| engine.round());
        }
        "bare" => {
            let mut bare = Bare::new();
            (0..times).for_each(|_| paused(|| bare.round()));
        }
        "whole" => {
            let mut whole = Whole::new();
            (0..times).for_each(|_| paused(|| whole.round()));
        }
        other => panic!("no such work: {other}"),
    }
}

fn paused(round: impl FnOnce()) {
    clock::wait_for(PAUSE);
    round();
}

/// Whether this process is a measured one; then it does its work here.
fn is_measured() -> bool {
    let Ok(order) = env::var(WORK) else { return false };
    let (name, times) = order.split_once(' ').unwrap();
    work(name, times.parse().unwrap());
    true
}

/// The instructions of one round, from two processes that differ only in the number of rounds.
fn instructions(test: &str, name: &str, rounds: [u32; 2]) -> f64 {
    let count = |times: u32| {
        let mut command = Command::new("valgrind");
        command.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]);
        command.arg(env::current_exe().unwrap()).args([test, "--exact", "--test-threads=1"]);
        let output = command.env(WORK, format!("{name} {times}")).stdin(Stdio::null()).output();
        let output = output.expect("package valgrind");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{stderr}{}", String::from_utf8_lossy(&output.stdout));
        // `==123== I   refs:      20,492,322`
        let (_, counted) = stderr.split_once("refs:").unwrap_or_else(|| panic!("{stderr}"));
        counted.lines().next().unwrap().trim().replace(',', "").parse::<f64>().unwrap()
    };
    let [few, many] = thread::scope(|scope| {
        rounds.map(|times| scope.spawn(move || count(times))).map(|counted| counted.join().unwrap())
    });
    (many - few) / f64::from(rounds[1] - rounds[0])
}

// Another architecture has other instructions.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_reading_costs_the_engine_few_instructions() {
    if is_measured() {
        return;
    }
    let engine = instructions("guards::instructions::a_reading_costs_the_engine_few_instructions", "engine", [30, 150]);
    // 22,970, for the engine and the view together; other compilers take up to a quarter more. A much lower figure comes from
    // a process that did something else.
    assert!((500.0..26_500.0).contains(&engine), "{engine} instructions");
}

// Another architecture has other instructions.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_tick_costs_a_fraction_of_what_sysinfo_does() {
    if is_measured() {
        return;
    }
    let test = "guards::instructions::a_tick_costs_a_fraction_of_what_sysinfo_does";
    let [bare, whole] = thread::scope(|scope| {
        let counted = ["bare", "whole"].map(|name| scope.spawn(move || instructions(test, name, [4, 14])));
        counted.map(|counted| counted.join().unwrap())
    });
    let ratio = whole / bare;
    // 81,000 to 385,000, in this build without optimization; 10,700 to 58,600 in a release.
    assert!((0.01..0.3).contains(&ratio), "{ratio}: {whole} instructions to sysinfo's {bare}");
}
