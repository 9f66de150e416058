//! Scripted readings: a trace file written one stretch at a time.
use std::fmt::Write;

use super::item::Item;
use crate::wait::{SOON, wait_for};

/// The number of readings until the memory of `ticking` starts again.
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

    /// A reading every `step_seconds`.
    pub fn every(step_seconds: u32) -> Self {
        Self { step_seconds, readings: Vec::new() }
    }

    /// One reading, which stays on show.
    pub fn still(cpu: u32, memory: u32) -> Self {
        Self::seconds().hold(1, cpu, memory)
    }

    /// Adds the same reading `times` times.
    pub fn hold(self, times: usize, cpu: u32, memory: u32) -> Self {
        self.reading(times, Some(cpu), Some(memory))
    }

    /// The same, where a value may be missing.
    pub fn reading(mut self, times: usize, cpu: Option<u32>, memory: Option<u32>) -> Self {
        self.readings.extend(std::iter::repeat_n((cpu, memory), times));
        self
    }

    /// Adds a constant CPU and a memory that climbs by 1 a reading from 1 to 40, again and again: each
    /// reading is visible, and none causes an alert on memory.
    pub fn ticking(mut self, times: u32, cpu: u32) -> Self {
        self.readings.extend((0..times).map(|n| (Some(cpu), Some(n % TICKS + 1))));
        self
    }

    /// The text of the file.
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

/// Waits until the program has handled `count` more readings of a `ticking` trace, so that anything it does on its own has
/// happened.
#[track_caller]
pub fn let_readings_pass(item: &Item, count: u32) {
    let start = wait_for("a ticking memory in the label", SOON, || item.memory());
    wait_for(&format!("{count} further readings"), SOON, || {
        let passed = (item.memory()? + TICKS - start) % TICKS;
        (passed >= count).then_some(())
    });
}
