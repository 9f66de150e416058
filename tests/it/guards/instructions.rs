//! How many instructions a reading takes, as valgrind counts them: the same on every machine, though not by every compiler.
//! The figures are those of the build of the tests, by rustc 1.95.

use std::env;
use std::process::{Command, Stdio};
use std::thread;

use loadline::runtime::clock;

use super::tick::{Bare, Flat, PAUSE, Whole};

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

/// Does the work that this process was started for, if it was.
fn is_measured() -> bool {
    let Ok(order) = env::var(WORK) else { return false };
    let (what, times) = order.split_once(' ').unwrap();
    work(what, times.parse().unwrap());
    true
}

/// The instructions of one round: of two processes of this program that differ in nothing but the number of rounds.
fn instructions(test: &str, what: &str, rounds: [u32; 2]) -> f64 {
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
    // 20,670, for the engine and the view together; other compilers take up to a quarter more. Hardly any would be a process
    // that did something else.
    assert!((500.0..28_000.0).contains(&engine), "{engine} instructions");
}

#[test]
fn a_tick_costs_hardly_more_than_sysinfo_does() {
    if is_measured() {
        return;
    }
    let test = "guards::instructions::a_tick_costs_hardly_more_than_sysinfo_does";
    let [bare, whole] = thread::scope(|scope| {
        let counted = ["bare", "whole"].map(|what| scope.spawn(move || instructions(test, what, [4, 14])));
        counted.map(|counted| counted.join().unwrap())
    });
    let ratio = whole / bare;
    // 425,000 to 387,000. The least is sysinfo's own.
    assert!((1.0..1.2).contains(&ratio), "{ratio}: {whole} instructions to sysinfo's {bare}");
}
