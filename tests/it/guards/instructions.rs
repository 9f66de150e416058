//! How many instructions a reading takes, as valgrind counts them: the same on every machine, though not by every compiler.
//! The figures are those of the build of the tests, by rustc 1.95.

use std::env;
use std::process::{Command, Stdio};

use super::tick::{Bare, Flat, Whole};

/// Says in the process that is measured which piece of work to do, and how many times.
const WORK: &str = "LOADLINE_MEASURED_WORK";

fn work(what: &str, times: u32) {
    match what {
        "engine" => {
            let mut engine = Flat::new();
            (0..times).for_each(|_| engine.round());
        }
        "bare" => {
            let mut bare = Bare::new();
            (0..times).for_each(|_| bare.round());
        }
        "whole" => {
            let mut whole = Whole::new();
            (0..times).for_each(|_| whole.round());
        }
        other => panic!("no such work: {other}"),
    }
}

/// Does the work that this process was started for, if it was.
fn is_measured() -> bool {
    let Ok(order) = env::var(WORK) else { return false };
    let (what, times) = order.split_once(' ').unwrap();
    work(what, times.parse().unwrap());
    true
}

/// The instructions of one round: of two processes of this program that differ in nothing but the number of rounds.
fn instructions(test: &str, what: &str) -> f64 {
    const ROUNDS: [u32; 2] = [30, 150];
    let count = |times: u32| {
        let mut command = Command::new("valgrind");
        command.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]);
        command.arg(env::current_exe().unwrap()).args([test, "--exact", "--test-threads=1"]);
        let output = command.env(WORK, format!("{what} {times}")).stdin(Stdio::null()).output();
        let output = output.expect("package valgrind");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stdout));
        // `==123== I   refs:      20,492,322`
        let (_, counted) = said.split_once("refs:").unwrap_or_else(|| panic!("{said}"));
        counted.lines().next().unwrap().trim().replace(',', "").parse::<f64>().unwrap()
    };
    (count(ROUNDS[1]) - count(ROUNDS[0])) / f64::from(ROUNDS[1] - ROUNDS[0])
}

// Another architecture has other instructions.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_reading_costs_the_engine_few_instructions() {
    if is_measured() {
        return;
    }
    let engine = instructions("guards::instructions::a_reading_costs_the_engine_few_instructions", "engine");
    // 20,670, for the engine and the view together; none at all would be a process that did something else.
    assert!((10_000.0..24_000.0).contains(&engine), "{engine} instructions");
}

#[test]
fn a_tick_costs_hardly_more_than_sysinfo_does() {
    if is_measured() {
        return;
    }
    let count = |what| instructions("guards::instructions::a_tick_costs_hardly_more_than_sysinfo_does", what);
    let (bare, whole) = (count("bare"), count("whole"));
    let ratio = whole / bare;
    // 381,000 to 343,000. The least is sysinfo's own.
    assert!((1.0..1.2).contains(&ratio), "{ratio}: {whole} instructions to sysinfo's {bare}");
}
