//! The report's series, packed: percentages as whole tenths, in parallel arrays.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::core::history::record::{MeanMax, Rollup, StoredReading};
use crate::core::history::weighted_mean::WeightedMean;
use crate::core::metrics::metric::Metric;

const MINUTE_MS: i64 = 60_000;
const WEEK_HOURS: usize = 7 * 24;
/// The most points of the last hour.
const MAX_POINTS: usize = 3600;

/// Mean and maximum of one metric, one item for each minute or point: tenths of a percent; -n is a run of n unknown values.
#[derive(Debug, Default, Serialize)]
pub(super) struct Values {
    mean: Vec<i32>,
    max: Vec<i32>,
}

impl Values {
    fn push(&mut self, value: Option<MeanMax>) {
        let Some(MeanMax { mean_percent, max_percent }) = value else { return self.push_unknown(1) };
        self.mean.push(tenths(mean_percent));
        self.max.push(tenths(max_percent));
    }

    fn push_unknown(&mut self, count: i64) {
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        extend_gap(&mut self.mean, count);
        extend_gap(&mut self.max, count);
    }
}

fn extend_gap(values: &mut Vec<i32>, count: i32) {
    match values.last_mut() {
        _ if count <= 0 => {}
        Some(last) if *last < 0 => *last = last.saturating_sub(count),
        _ => values.push(-count),
    }
}

/// A percentage never has more than a thousand tenths.
fn tenths(percent: f64) -> i32 {
    (percent.clamp(0.0, 100.0) * 10.0).round() as i32
}

/// Every minute from the first known one to the last.
#[derive(Debug, Serialize)]
pub(super) struct Minutes {
    start_ms: i64,
    count: i64,
    /// The number of minutes with at least one value.
    #[serde(skip)]
    pub(super) known: usize,
    cpu: Values,
    memory: Values,
}

/// Packs `minutes`, which are in order.
pub(super) fn minutes(minutes: &[Rollup]) -> Minutes {
    let start_ms = minutes.first().map_or(0, |first| first.at.as_millisecond());
    let known = minutes.iter().filter(|minute| minute.cpu.or(minute.memory).is_some()).count();
    let mut packed = Minutes { start_ms, count: 0, known, cpu: Values::default(), memory: Values::default() };
    for minute in minutes {
        let missed = (minute.at.as_millisecond() - start_ms) / MINUTE_MS - packed.count;
        packed.cpu.push_unknown(missed);
        packed.memory.push_unknown(missed);
        packed.cpu.push(minute.cpu);
        packed.memory.push(minute.memory);
        packed.count += missed + 1;
    }
    packed
}

/// The readings of the last hour, each as a point; an unknown point stands for each gap.
#[derive(Debug, Serialize)]
pub(super) struct Points {
    /// All readings from then on are in it.
    from_ms: i64,
    start_ms: i64,
    /// Since the point before.
    steps_ms: Vec<i64>,
    cpu: Values,
    memory: Values,
}

/// Packs `readings`, which are in order. Of too many, neighbours share a point.
pub(super) fn points(readings: &[StoredReading], from: Timestamp) -> Points {
    let start_ms = readings.first().map_or(0, |first| first.at.as_millisecond());
    let (from_ms, cpu, memory) = (from.as_millisecond(), Values::default(), Values::default());
    let mut packed = Points { from_ms, start_ms, steps_ms: Vec::new(), cpu, memory };
    let mut last_ms = start_ms;
    let mut add = |at_ms: i64, cpu: Option<MeanMax>, memory: Option<MeanMax>| {
        packed.steps_ms.push(at_ms - last_ms);
        packed.cpu.push(cpu);
        packed.memory.push(memory);
        last_ms = at_ms;
    };
    let mut before: Option<&StoredReading> = None;
    for group in readings.chunks(readings.len().div_ceil(MAX_POINTS).max(1)) {
        let Some(first) = group.first() else { continue };
        if let Some(gap) = before.filter(|before| first.is_gap_since(before)) {
            add(gap.at.as_millisecond() + 1, None, None);
        }
        add(first.at.as_millisecond(), mean_max(group, Metric::Cpu), mean_max(group, Metric::Memory));
        before = group.last();
    }
    packed
}

/// Mean and maximum of one metric over readings; `None` where none has a value.
fn mean_max(readings: &[StoredReading], metric: Metric) -> Option<MeanMax> {
    let mut mean = WeightedMean::default();
    readings.iter().for_each(|reading| mean.add_reading(reading, metric));
    mean.mean_max()
}

/// The beginning of the minute that `at` is in, milliseconds since 1970.
pub(super) fn minute_ms(at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(MINUTE_MS) * MINUTE_MS
}

/// `minutes`, and those of `readings` that have no rollup yet: the last one, and those of a Loadline that was killed.
pub(super) fn with_missing_minutes(minutes: &[Rollup], readings: &[StoredReading]) -> Vec<Rollup> {
    let mut all: BTreeMap<i64, Rollup> = minutes.iter().map(|minute| (minute.at.as_millisecond(), *minute)).collect();
    for group in readings.chunk_by(|one, next| minute_ms(one.at) == minute_ms(next.at)) {
        let Some(first) = group.first() else { continue };
        let at_ms = minute_ms(first.at);
        all.entry(at_ms).or_insert_with(|| Rollup {
            at: Timestamp::from_millisecond(at_ms).unwrap_or(first.at),
            readings: u32::try_from(group.len()).unwrap_or(u32::MAX),
            cpu: mean_max(group, Metric::Cpu),
            memory: mean_max(group, Metric::Memory),
        });
    }
    all.into_values().collect()
}

/// The mean of the minutes in each hour of the week by the wall clock, from Monday 00:00 on.
#[derive(Debug, Serialize)]
pub(super) struct Week {
    /// Tenths of a percent; -1 where it is unknown.
    cpu: Vec<i32>,
    memory: Vec<i32>,
}

/// The week of `minutes` in `zone`. Each minute counts the same.
pub(super) fn week(minutes: &[Rollup], zone: &TimeZone) -> Week {
    let mut sums = [[(0.0, 0_u32); WEEK_HOURS]; 2];
    for minute in minutes {
        let wall = minute.at.to_zoned(zone.clone());
        let day = usize::from(wall.weekday().to_monday_zero_offset().unsigned_abs());
        let hour = day * 24 + usize::from(wall.hour().unsigned_abs());
        for metric in Metric::ALL {
            let Some((value, sum)) = minute.mean_max(metric).zip(sums[metric as usize].get_mut(hour)) else { continue };
            *sum = (sum.0 + value.mean_percent, sum.1 + 1);
        }
    }
    let means = |metric: Metric| {
        let mean = |&(sum, count): &(f64, u32)| if count == 0 { -1 } else { tenths(sum / f64::from(count)) };
        sums[metric as usize].iter().map(mean).collect()
    };
    Week { cpu: means(Metric::Cpu), memory: means(Metric::Memory) }
}
