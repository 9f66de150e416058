//! The allocations of readings with cgroup limits, and of those that look for limits.

use std::env;
use std::process::Command;
use std::time::Duration;

use loadline::core::metrics::reading::Reading;
use loadline::core::time::Now;
use loadline::runtime::clock;
use loadline::runtime::platform::MachineReader;

use super::counting;
use crate::support::fake_proc::{FakeProc, meminfo_text, stat_text};

const REFRESH: Duration = Duration::from_secs(2);
/// The limits are looked for every five minutes.
const UNTIL_A_LOOK: Duration = Duration::from_secs(301);
/// The readings without a look.
const READINGS: u32 = 100;
/// The allocations of a look: the names of the files, and their contents. 60 to 250, by the number of groups and of mounts.
const MOST_OF_A_LOOK: usize = 500;
/// Set for the process in cgroups of ours.
const IS_LIMITED: &str = "LOADLINE_TEST_IS_LIMITED";

/// Reads a machine in a time that the test sets.
struct Reads {
    reader: MachineReader,
    now: Now,
}

impl Reads {
    fn new() -> Reads {
        let mut reads = Reads { reader: MachineReader::new().unwrap(), now: clock::now() };
        reads.after_refreshes(10);
        reads
    }

    /// The next reading, and its allocations.
    fn after(&mut self, pause: Duration) -> (Reading, usize) {
        self.now.elapsed += pause;
        let before = counting::asked();
        let reading = self.reader.read(&self.now, REFRESH, REFRESH);
        (reading, counting::asked() - before)
    }

    fn after_refreshes(&mut self, count: u32) -> usize {
        (0..count).map(|_| self.after(REFRESH).1).sum()
    }
}

fn only_looks_allocate() {
    let mut reads = Reads::new();
    assert_eq!(reads.after_refreshes(READINGS), 0);
    let (_, looking) = reads.after(UNTIL_A_LOOK);
    assert!((1..=MOST_OF_A_LOOK).contains(&looking), "{looking} allocations of a look");
    assert_eq!(reads.after_refreshes(READINGS), 0, "one look in five minutes");
}

#[test]
fn a_reading_that_looks_for_limits_allocates_little_and_others_nothing() {
    only_looks_allocate();
}

#[test]
fn readings_with_limits_do_not_allocate() {
    if env::var_os(IS_LIMITED).is_some() {
        let (reading, _) = Reads::new().after(REFRESH);
        assert_eq!((reading.memory_percent, reading.cpu_limit_cores), (Some(92.0), Some(0.2)));
        only_looks_allocate();
        return;
    }
    let Some(fake) = FakeProc::new(&stat_text([1, 1, 1, 1, 1, 1, 1, 1, 0, 0], 2), &meminfo_text(&[])) else { return };
    fake.cgroups("0::/a\n", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n").set_all(&[
        ("a/memory.max", "104857600\n"),
        ("a/memory.current", "99614720\n"),
        ("a/memory.stat", "inactive_file 3145728\n"),
        ("a/memory.swap.current", "4096\n"),
        ("a/cpu.max", "20000 100000\n"),
        ("a/cpu.stat", "usage_usec 7\nnr_periods 1\nnr_throttled 1\n"),
    ]);
    let mut test = Command::new(env::current_exe().unwrap());
    test.args(["guards::looks::readings_with_limits_do_not_allocate", "--exact", "--nocapture"]).env(IS_LIMITED, "1");
    let output = fake.wrap(&test).output().unwrap();
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}{stderr}");
}
