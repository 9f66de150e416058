//! A memory pressure that fails is no missing one: the percentage does not take its place, and no alert ends by it.

use serde_json::Value;

use super::failing::Failing;
use super::{Counters, Watched, known, meminfo_text};
use crate::program::Home;
use crate::support::fake_proc::{FakeFile, FakeProc};
use crate::wait::{SOON, wait_for};

const PRESSURE: &str = "/proc/pressure/memory";
/// `ENOENT`, `EIO`, `EACCES` and `EOPNOTSUPP`: `include/uapi/asm-generic/errno-base.h` and `errno.h`.
const MISSING: i32 = 2;
const IO: i32 = 5;
const ACCESS: i32 = 13;
const UNSUPPORTED: i32 = 95;

fn pressure(percent: u32) -> String {
    format!("some avg10={percent}.00 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")
}

/// A program whose alerts of memory go by this signal.
struct Machine {
    fake: FakeProc,
    counters: Counters,
    pressure: FakeFile,
    failing: Failing,
    watched: Watched,
}

impl Machine {
    /// `None`, with a line that says so, on a kernel without pressure.
    fn start(signal: &str, available_kb: u64, order: &str, switches: bool) -> Option<Machine> {
        if !std::path::Path::new(PRESSURE).exists() {
            eprintln!("SKIPPED: this kernel has no {PRESSURE}");
            return None;
        }
        let settings = format!(r#"{{"history": false, "alerts": {{"memory": {{"signal": "{signal}"}}}}}}"#);
        let home = Home::new().with_settings(settings);
        let failing = Failing::new(&home);
        failing.set(order);
        let counters = Counters::new();
        let fake = FakeProc::new(&counters.text(), &meminfo_text(&[("MemAvailable", Some(available_kb))]))?;
        let file = fake.mount(PRESSURE, &pressure(0));
        if switches {
            fake.refuse_later();
        }
        let options = ["--cpu", "off", "--after", "0s"];
        let watched = Watched::start_as(&fake, &options, home, |command| failing.add_to(command));
        Some(Machine { fake, counters, pressure: file, failing, watched })
    }

    fn steps(&mut self, count: usize) -> Vec<Value> {
        self.watched.steps(count, || self.fake.set_stat(&self.counters.next()))
    }

    fn lines(&self, kind: &str) -> Vec<String> {
        self.watched.program.out_with(&format!(r#""{kind}""#))
    }
}

#[test]
fn a_pressure_that_fails_makes_no_alert_by_the_percentage_and_a_missing_one_does() {
    // 90 % are in use.
    let Some(mut machine) = Machine::start("pressure", 1_600_000, "", false) else { return };
    machine.steps(3);
    for order in [
        format!("read {IO} {PRESSURE}"),
        format!("open {ACCESS} {PRESSURE}\nread {IO} {PRESSURE}"),
        format!("read {UNSUPPORTED} {PRESSURE}"),
    ] {
        machine.failing.set(&order);
        let failed = machine.steps(4).split_off(1);
        assert!(failed.iter().all(|reading| reading["memory_pressure"].is_null()), "{order}: {failed:?}");
        assert_eq!(known(&failed, "memory_percent"), [90.0; 3], "{order}");
    }
    machine.failing.set("");
    machine.pressure.set("some avg10=?\n");
    assert!(machine.steps(4).split_off(1).iter().all(|reading| reading["memory_pressure"].is_null()));
    machine.pressure.set(&pressure(0));
    machine.steps(3);
    assert_eq!(machine.lines("alert"), [""; 0]);
    machine.failing.set(&format!("open {MISSING} {PRESSURE}\nread {IO} {PRESSURE}"));
    machine.steps(3);
    let alert = wait_for("an alert", SOON, || machine.lines("alert").pop());
    assert!(alert.contains(r#""cause":"used""#), "{alert}");
}

#[test]
fn a_pressure_that_fails_does_not_end_its_alert() {
    for signal in ["pressure", "both"] {
        let Some(mut machine) = Machine::start(signal, 6_000_000, "", false) else { return };
        machine.steps(2);
        machine.pressure.set(&pressure(50));
        machine.steps(3);
        wait_for("an alert", SOON, || machine.lines("alert").pop());
        machine.failing.set(&format!("read {IO} {PRESSURE}"));
        machine.steps(8);
        assert_eq!(machine.lines("recovery"), [""; 0], "{signal}");
        machine.failing.set("");
        machine.pressure.set(&pressure(0));
        machine.steps(3);
        let end = wait_for("the end of the alert", SOON, || machine.lines("recovery").pop());
        assert!(end.contains(r#""reason":"cleared""#), "{end}");
    }
}

#[test]
fn a_pressure_that_was_replaced_at_a_warning_makes_no_alert_by_the_percentage() {
    let Some(mut machine) = Machine::start("pressure", 1_600_000, "", true) else { return };
    machine.steps(3);
    machine.fake.switch(PRESSURE);
    // The file that was opened before has a pressure that would raise an alert at once.
    machine.pressure.set(&pressure(50));
    let readings = machine.steps(8);
    assert_eq!(known(&readings, "memory_percent"), [90.0; 8]);
    assert_eq!(machine.lines("alert"), [""; 0]);
}

#[test]
fn a_kernel_whose_pressure_is_switched_off_has_none() {
    let order = format!("read {UNSUPPORTED} {PRESSURE}");
    let Some(mut machine) = Machine::start("pressure", 1_600_000, &order, false) else { return };
    machine.steps(3);
    let alert = wait_for("an alert", SOON, || machine.lines("alert").pop());
    assert!(alert.contains(r#""cause":"used""#), "{alert}");
}

#[test]
fn doctor_names_a_pressure_that_cannot_be_read() {
    let home = Home::new();
    let failing = Failing::new(&home);
    failing.set(&format!("open {ACCESS} {PRESSURE}"));
    let reason =
        "the memory pressure is not known: '/proc/pressure/memory' cannot be read: Permission denied (os error 13)";
    for (signal, state) in [("used", "ok  "), ("both", "FAIL")] {
        let home = Home::new().with_settings(format!(r#"{{"alerts": {{"memory": {{"signal": "{signal}"}}}}}}"#));
        let mut doctor = home.loadline(&["doctor"]);
        failing.add_to(&mut doctor);
        let stdout = String::from_utf8(doctor.output().unwrap().stdout).unwrap();
        let line = stdout.lines().find(|line| line.contains("  readings  ")).unwrap_or_default();
        assert!(line.starts_with(state) && line.ends_with(reason), "{signal}: {stdout}");
    }
}
