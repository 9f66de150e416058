//! The allocations of a scan of the processes: none for a process that has not changed.

use std::process::{Command, Stdio};

use loadline::runtime::platform::ProcessTable;

use super::counting;
use crate::process::Owned;
use crate::wait::{SOON, wait_for};

/// Idle processes of this test. Those of others come and go.
const IDLE: usize = 60;
/// The list of the processes, what is known of them for the next scan, and room for both to grow.
const MOST_OF_A_SCAN: usize = 12;

#[test]
fn a_scan_does_not_allocate_for_processes_that_have_not_changed() {
    let idle = || Owned(Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap());
    let _idle: Vec<Owned> = (0..IDLE).map(|_| idle()).collect();
    let mut table = ProcessTable::default();
    assert!(table.scan().unwrap().len() > IDLE);
    // Other processes may start during one scan, and not during all.
    let least = wait_for("a scan with few allocations", SOON, || {
        let before = counting::asked();
        let found = table.scan().unwrap().len();
        let asked = counting::asked() - before;
        (found > IDLE && asked <= MOST_OF_A_SCAN).then_some(asked)
    });
    assert!(least > 0, "the list itself");
}
