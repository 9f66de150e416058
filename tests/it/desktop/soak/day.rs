//! A day's readings: a recorded trace again and again, scaled differently each time, with gaps and missing values.
use std::time::Duration;

use fastrand::Rng;
use jiff::{Timestamp, tz::TimeZone};
use loadline::core::metrics::reading::Reading;
use loadline::core::time::Now;

/// Two and a half hours of a machine under varied load, a reading every 2 s: builds, tests, memory hogs, idling. Recorded
/// by `loadline watch --json`; times in whole seconds, percentages to a tenth.
const RECORDED: &str = include_str!("../../../traces/a-varied-day.csv");

/// The distance between the last reading of the recording and the first of the next round, seconds.
const BETWEEN_ROUNDS_SECONDS: u64 = 2;

/// One reading of a trace. Percentages in tenths.
#[derive(Clone, Debug)]
pub struct Row {
    second: u64,
    cpu: Option<u32>,
    memory: Option<u32>,
}

impl Row {
    /// The line of the trace.
    pub fn line(&self) -> String {
        format!("{},{},{}\n", self.second, text(self.cpu), text(self.memory))
    }

    /// The reading of the line.
    pub fn reading(&self) -> Reading {
        let percent = |tenths: Option<u32>| tenths.map(|_| text(tenths).parse().unwrap());
        Reading { cpu_percent: percent(self.cpu), memory_percent: percent(self.memory), ..Reading::default() }
    }

    /// The time of the line. A trace begins at second 0.
    pub fn now(&self) -> Now {
        let wall = Timestamp::from_second(i64::try_from(self.second).unwrap()).unwrap().to_zoned(TimeZone::UTC);
        Now { elapsed: Duration::from_secs(self.second), wall }
    }

    /// The percentages as the menu rounds them.
    pub fn shown(&self) -> [Option<u32>; 2] {
        [self.cpu, self.memory].map(|tenths| Some((tenths? + 5) / 10))
    }
}

fn text(tenths: Option<u32>) -> String {
    tenths.map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)).unwrap_or_default()
}

/// An endless source of readings.
pub struct Day {
    recorded: Vec<[u32; 3]>,
    random: Rng,
    next: usize,
    offset_seconds: u64,
    scale: Scale,
}

/// The change of the recording in one round: a factor in hundredths, and tenths of a percentage to be added.
struct Scale {
    cpu: (u32, u32),
    memory: (u32, u32),
}

impl Scale {
    fn random(random: &mut Rng) -> Self {
        Self { cpu: (random.u32(60..=110), random.u32(0..100)), memory: (random.u32(70..=130), random.u32(0..600)) }
    }
}

fn scaled(tenths: u32, (factor, more): (u32, u32)) -> u32 {
    (tenths * factor / 100 + more).min(1000)
}

impl Day {
    /// The readings of this seed.
    pub fn new(seed: u64) -> Self {
        let recorded = RECORDED.lines().skip(1).map(fields).collect();
        let mut random = Rng::with_seed(seed);
        let scale = Scale::random(&mut random);
        Self { recorded, random, next: 0, offset_seconds: 0, scale }
    }

    /// Lets the machine sleep.
    pub fn sleep(&mut self, seconds: u64) {
        self.offset_seconds += seconds;
    }

    /// The next reading.
    pub fn row(&mut self) -> Row {
        let [second, cpu, memory] = self.recorded[self.next];
        if self.random.u32(0..600) == 0 {
            let naps = self.random.u64(5..=90);
            self.sleep(naps);
        }
        if self.random.u32(0..8_000) == 0 {
            self.sleep(8 * 3_600);
        }
        let mut known = || self.random.u32(0..200) > 0;
        let row = Row {
            second: u64::from(second) + self.offset_seconds,
            cpu: known().then(|| scaled(cpu, self.scale.cpu)),
            memory: known().then(|| scaled(memory, self.scale.memory)),
        };
        self.next += 1;
        if self.next == self.recorded.len() {
            self.next = 0;
            self.offset_seconds += u64::from(second) + BETWEEN_ROUNDS_SECONDS;
            self.scale = Scale::random(&mut self.random);
        }
        row
    }

    /// The next reading's time, with other values.
    pub fn row_of(&mut self, cpu_percent: u32, memory_percent: u32) -> Row {
        Row { cpu: Some(cpu_percent * 10), memory: Some(memory_percent * 10), ..self.row() }
    }
}

fn fields(line: &str) -> [u32; 3] {
    let mut fields = line.split(',');
    let mut tenths = || (fields.next().unwrap().parse::<f64>().unwrap() * 10.0).round() as u32;
    let [time, cpu, memory] = [tenths(), tenths(), tenths()];
    [time / 10, cpu, memory]
}
