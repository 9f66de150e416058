//! Counters that dip by less than an interval, and come back: no reading is wrong, whichever counter it is.

use super::{Counters, Watched, known, meminfo_text};
use crate::support::fake_proc::FakeProc;

#[test]
fn counters_that_dip_by_little_make_no_wrong_reading_and_no_alert() {
    // Idle by a little more than a step, idle by more, user time, and stolen time.
    for (column, depth) in [(3, 90), (3, 160), (0, 60), (7, 60), (7, 120)] {
        let mut counters = Counters { busy: 45, ..Counters::new() };
        let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
        let watched = Watched::start(&fake, &["--cpu", "52", "--memory", "off", "--after", "0s"]);
        watched.steps_until(true, || fake.set_stat(&counters.next()));
        let mut readings = Vec::new();
        for dips in [true, false, true, true, false] {
            counters.ticks[column] -= if dips { depth } else { 0 };
            readings.extend(watched.steps(1, || fake.set_stat(&counters.next())));
            counters.ticks[column] += if dips { depth } else { 0 };
        }
        readings.extend(watched.steps_until(true, || fake.set_stat(&counters.next())));
        for percent in known(&readings, "cpu_percent") {
            assert!((percent - 45.0).abs() <= 2.0, "column {column} by {depth}: {readings:?}");
        }
        assert_eq!(watched.program.out_with("\"alert\""), [""; 0], "column {column} by {depth}");
    }
}
