//! `doctor` on a machine whose counters are brought up to date every few seconds: it waits for them.

use std::time::Duration;

use super::{Counters, meminfo_text};
use crate::process::Program;
use crate::program::Home;
use crate::support::fake_proc::FakeProc;
use crate::wait::{SOON, wait_for};

#[test]
fn doctor_waits_for_counters_that_lag_behind() {
    const PERIOD: Duration = Duration::from_millis(2_500);
    let mut counters = Counters { busy: 20, ..Counters::new() };
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let home = Home::new();
    let mut program = Program::start(fake.wrap(&home.loadline(&["doctor"])));
    let mut periods = 0;
    let line = wait_for("the check", SOON, || {
        if program.started().elapsed() > PERIOD * (periods + 1) {
            periods += 1;
            fake.set_stat(&counters.next());
        }
        program.out_with("  readings  ").pop()
    });
    assert!(line.starts_with("ok    readings       CPU  20%"), "{line}");
    program.wait_exit();
}
