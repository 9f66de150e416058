//! Scripted readings: a trace file written one stretch at a time.
use std::fmt::Write;

use super::item::Item;
use crate::wait::{SOON, wait_for};

/// How many readings go by before the memory of `ticking` starts again.
const TICKS: u32 = 40;

/// Readings at a fixed distance, the first at time 0.
pub struct Trace {
    step_seconds: u32,
    readings: Vec<(Option<u32>, Option<u32>)>,
}

impl Trace {
    /// A reading a second.
    pub fn seconds() -> Self {
        Self::every(1)
    }

    /// A reading every so many seconds.
    pub fn every(step_seconds: u32) -> Self {
        Self { step_seconds, readings: Vec::new() }
    }

    /// The one reading that is then shown for good.
    pub fn still(cpu: u32, memory: u32) -> Self {
        Self::seconds().hold(1, cpu, memory)
    }

    /// The same reading so many times.
    pub fn hold(self, times: usize, cpu: u32, memory: u32) -> Self {
        self.reading(times, Some(cpu), Some(memory))
    }

    /// The same reading so many times, a value of which may be missing.
    pub fn reading(mut self, times: usize, cpu: Option<u32>, memory: Option<u32>) -> Self {
        self.readings.extend(std::iter::repeat_n((cpu, memory), times));
        self
    }

    /// A flat CPU beside a memory that climbs by 1 a reading from 1 to 40, again and again: each
    /// reading can be seen to have gone by, and none raises an alert on memory.
    pub fn ticking(mut self, times: u32, cpu: u32) -> Self {
        self.readings.extend((0..times).map(|n| (Some(cpu), Some(n % TICKS + 1))));
        self
    }

    /// The file.
    pub fn csv(&self) -> String {
        let field = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
        let mut csv = "time,cpu,memory\n".to_owned();
        for ((cpu, memory), n) in self.readings.iter().zip(0..) {
            let time = n * self.step_seconds;
            writeln!(csv, "{time},{},{}", field(*cpu), field(*memory)).unwrap();
        }
        csv
    }
}

/// Waits until the program has taken in so many further readings of a `ticking` trace: whatever
/// it was going to do on its own account, it has had the occasion.
#[track_caller]
pub fn let_readings_pass(item: &Item, count: u32) {
    let start = wait_for("a ticking memory in the label", SOON, || item.memory());
    wait_for(&format!("{count} further readings"), SOON, || {
        let passed = (item.memory()? + TICKS - start) % TICKS;
        (passed >= count).then_some(())
    });
}
