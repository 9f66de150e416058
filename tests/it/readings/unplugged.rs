//! Processors that are taken out and put in: the reading of that moment is unknown, and all others are right.

use super::{Watched, known, meminfo_text};
use crate::support::fake_proc::{FakeProc, stat_text};

/// Processors that have all done the same, in the order of `/proc/stat`.
struct Processors {
    ticks: [u64; 10],
    count: u64,
}

impl Processors {
    /// The file after one more step: 12 of 25 ticks were work.
    fn next(&mut self) -> String {
        self.ticks[0] += 12;
        self.ticks[3] += 12;
        self.ticks[4] += 1;
        stat_text(self.ticks.map(|ticks| ticks * self.count), self.count)
    }
}

#[test]
fn a_processor_that_vanishes_or_comes_between_two_reads_makes_no_wrong_reading() {
    let mut processors = Processors { ticks: [10_000, 120, 2_000, 20_000, 5_000, 0, 70, 7_000, 0, 0], count: 4 };
    let Some(fake) = FakeProc::new(&processors.next(), &meminfo_text(&[])) else { return };
    let watched = Watched::start(&fake, &["--cpu", "60", "--memory", "off", "--after", "0s"]);
    for count in [3, 1, 2, 4, 64, 4] {
        watched.steps_until(true, || fake.set_stat(&processors.next()));
        processors.count = count;
        let readings = watched.steps(6, || fake.set_stat(&processors.next()));
        let percents = known(&readings, "cpu_percent");
        assert!(percents.len() >= 3 && percents.len() < 6, "{count} processors: {percents:?}");
        assert!(percents.iter().all(|percent| *percent == 48.0), "{count} processors: {percents:?}");
    }
    assert_eq!(watched.program.out_with("\"alert\""), [""; 0]);
}
