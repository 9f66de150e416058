//! Whether the machine is large enough, by the minutes of the last month: how it was used, and how it would have been with
//! another size. It says what was, and promises nothing.
//!
//! Measured on 859 pairs of months of virtual machines: a size by the 99.5th percentile of a month times 1.2 held in the next
//! month for 95 % (at most 2 % of the time above); half of the cores sufficed for 97 % of those whose 99.5th percentile was at
//! most 40 %.

use std::time::Duration;

use jiff::Timestamp;

use super::record::Rollup;
use crate::core::metrics::metric::{Metric, Percent};
use crate::core::time::between;

/// The percentile of the minutes that a size has to hold, in parts of one.
const PERCENTILE: f64 = 0.995;
/// The reserve above that.
const RESERVE: f64 = 1.2;
/// Half of the cores suffice where the percentile is at most this.
const HALF_SUFFICES_PERCENT: f64 = 40.0;
/// A minute with at least this mean may have wanted more than there was.
const CUT_OFF_PERCENT: f64 = 99.0;
/// The greatest share of such minutes that does not matter: no more than lie above the percentile.
const MAX_CUT_OFF_SHARE: f64 = 1.0 - PERCENTILE;
/// Swap that grows by less on a day means nothing.
const MIN_SWAP_GROWTH_BYTES: u64 = 100 << 20;
const MINUTE: Duration = Duration::from_secs(60);
/// Nothing is said on less recorded time, or on a shorter span.
pub const MIN_RECORDED: Duration = Duration::from_secs(24 * 3600);
pub const MIN_SPAN: Duration = Duration::from_secs(14 * 24 * 3600);

/// The sizes of memory that machines have, in GiB.
const MEMORY_SIZES_GIB: [u64; 16] = [1, 2, 4, 8, 12, 16, 18, 24, 32, 36, 48, 64, 96, 128, 192, 256];
/// The numbers of cores that machines have.
const CORES: [u64; 16] = [1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 32, 48, 64, 96, 128];

/// The size of the machine today, and before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineSize {
    /// Bytes of memory, or cores.
    pub today: u64,
    /// The size from each time on, as a part of today's; in order. Before the first one it is that of the first one.
    pub parts: Vec<(Timestamp, f64)>,
}

impl MachineSize {
    /// The size at `at`, as a part of today's; 1 where none is recorded.
    fn part_at(&self, at: Timestamp) -> f64 {
        let later = self.parts.partition_point(|(from, _)| *from <= at);
        self.parts.get(later.saturating_sub(1)).map_or(1.0, |(_, part)| *part)
    }
}

/// The use of one metric in the last month, and the size that it needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capacity {
    pub metric: Metric,
    /// Bytes of memory, or cores.
    pub size: u64,
    /// The percentage to stay below.
    pub above: Percent,
    /// The time with readings.
    pub recorded: Duration,
    /// The share of that in which the value was above, 0..=1.
    pub above_share: f64,
    /// The 99.5th percentile of the minutes, each as a percentage of today's size.
    pub percentile_percent: f64,
    pub verdict: Verdict,
    /// Whether more may have been wanted than there was: then a larger size is the least that is needed.
    pub is_cut_off: bool,
}

/// The result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    Enough,
    /// Half of the cores would do.
    HalfSuffices,
    /// This size would have held; the share of the recorded time below the percentage with it, 0..=1.
    Larger {
        size: u64,
        below_share: f64,
    },
}

/// The time that is missing before anything can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    pub recorded: Duration,
    pub span: Duration,
}

impl Capacity {
    /// The capacity of `metric` by `minutes`, in order, of a machine of this `size`. `wanted_more`: swap grew, or pressure was
    /// critical, so that memory was cut off.
    ///
    /// # Errors
    /// Where too little is recorded: what is missing.
    pub fn of(
        metric: Metric,
        minutes: &[Rollup],
        size: &MachineSize,
        above: Percent,
        wanted_more: bool,
    ) -> Result<Self, Missing> {
        let known = |minute: &Rollup| Some((minute.at, minute.mean_max(metric)?.mean_percent));
        let known: Vec<(Timestamp, f64)> = minutes.iter().filter_map(known).collect();
        let recorded = MINUTE * u32::try_from(known.len()).unwrap_or(u32::MAX);
        let span =
            known.first().zip(known.last()).map_or(Duration::ZERO, |(first, last)| between(first.0, last.0) + MINUTE);
        if recorded < MIN_RECORDED || span < MIN_SPAN {
            let (recorded, span) = (MIN_RECORDED.saturating_sub(recorded), MIN_SPAN.saturating_sub(span));
            return Err(Missing { recorded, span });
        }
        let limit = f64::from(above.get());
        let share =
            |is: &dyn Fn(f64) -> bool| known.iter().filter(|(_, mean)| is(*mean)).count() as f64 / known.len() as f64;
        let above_share = share(&|mean| mean > limit);
        let is_cut_off =
            share(&|mean| mean >= CUT_OFF_PERCENT) > MAX_CUT_OFF_SHARE || (metric == Metric::Memory && wanted_more);
        // The same work on the machine of today.
        let mut means: Vec<f64> = known.iter().map(|(at, mean)| mean * size.part_at(*at)).collect();
        means.sort_by(f64::total_cmp);
        let percentile_percent = percentile(&means);
        let verdict = match (metric, needed(metric, size.today, percentile_percent, limit)) {
            (_, Some(larger)) => {
                let limit = limit * larger as f64 / size.today as f64;
                let below_share = means.partition_point(|mean| *mean <= limit) as f64 / means.len() as f64;
                Verdict::Larger { size: larger, below_share }
            }
            (Metric::Cpu, None) if size.today > 1 && percentile_percent <= HALF_SUFFICES_PERCENT => {
                Verdict::HalfSuffices
            }
            (_, None) => Verdict::Enough,
        };
        Ok(Capacity { metric, size: size.today, above, recorded, above_share, percentile_percent, verdict, is_cut_off })
    }
}

/// Whether memory was cut off: by the readings of the last week, which alone hold swap and pressure.
#[derive(Clone, Debug, Default)]
pub struct SwapDays {
    days: usize,
    was_critical: bool,
}

impl SwapDays {
    /// Adds a day: whether swap grew on it, and whether pressure was ever critical.
    pub fn add(&mut self, has_grown: bool, was_critical: bool) {
        self.days += usize::from(has_grown);
        self.was_critical |= was_critical;
    }

    /// The number of days on which swap grew.
    pub fn count(&self) -> usize {
        self.days
    }

    /// Whether more memory may have been wanted than there was.
    pub fn wanted_more(&self) -> bool {
        self.days > 0 || self.was_critical
    }
}

/// The growth of swap on one day, from its lowest so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct DailySwap {
    lowest_bytes: Option<u64>,
}

impl DailySwap {
    /// Whether a day counts whose greatest use of swap is so many bytes above its least, if the least came first.
    pub fn is_enough(bytes: u64) -> bool {
        bytes >= MIN_SWAP_GROWTH_BYTES
    }

    /// Adds the swap of the next reading; whether the day counts by it.
    pub fn add(&mut self, used_bytes: u64) -> bool {
        let lowest = self.lowest_bytes.map_or(used_bytes, |lowest| lowest.min(used_bytes));
        self.lowest_bytes = Some(lowest);
        DailySwap::is_enough(used_bytes - lowest)
    }
}

/// The value that all but one in two hundred of the ordered values do not exceed; there is at least one.
fn percentile(ordered: &[f64]) -> f64 {
    let rank = (PERCENTILE * ordered.len() as f64).ceil() as usize;
    ordered.get(rank.max(1) - 1).copied().unwrap_or_default()
}

/// The next size that machines have which holds the percentile with its reserve below `limit`; `None` where the present one holds
/// the percentile.
fn needed(metric: Metric, size: u64, percentile_percent: f64, limit: f64) -> Option<u64> {
    if percentile_percent <= limit {
        return None;
    }
    let (sizes, unit) = match metric {
        Metric::Memory => (MEMORY_SIZES_GIB, 1 << 30),
        Metric::Cpu => (CORES, 1),
    };
    let wanted = size as f64 * percentile_percent * RESERVE / limit;
    let found = sizes.iter().map(|size| size * unit).find(|size| *size as f64 >= wanted);
    // Beyond the list, in whole units.
    Some(found.unwrap_or((wanted / unit as f64).ceil() as u64 * unit))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::core::history::record::MeanMax;

    /// Minutes of both metrics, `count` of them, spread over 20 days; `percent` is that of the n-th.
    fn minutes(count: i64, percent: impl Fn(i64) -> f64) -> Vec<Rollup> {
        let minute = |n: i64| {
            let mean_max = Some(MeanMax { mean_percent: percent(n), max_percent: percent(n) });
            let at = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(n * 20 * 1440 / count);
            Rollup { at, readings: 30, cpu: mean_max, memory: mean_max }
        };
        (0..count).map(minute).collect()
    }

    fn today(size: u64) -> MachineSize {
        MachineSize { today: size, parts: Vec::new() }
    }

    fn memory(count: i64, wanted_more: bool, percent: impl Fn(i64) -> f64) -> Result<Capacity, Missing> {
        Capacity::of(Metric::Memory, &minutes(count, percent), &today(16 << 30), Percent::DEFAULT, wanted_more)
    }

    #[test]
    fn a_machine_that_was_above_often_gets_the_next_size_that_holds() {
        let found = memory(10_000, false, |n| if n % 4 == 0 { 90.0 } else { 60.0 }).unwrap();
        assert_eq!((found.above_share, found.percentile_percent), (0.25, 90.0));
        // 16 GiB at 90 %, with a fifth more, below 80 %: 21.6 GiB.
        assert_eq!(found.verdict, Verdict::Larger { size: 24 << 30, below_share: 1.0 });
        assert!(!found.is_cut_off);
        let rare = memory(10_000, true, |n| if n % 250 == 0 { 99.0 } else { 70.0 }).unwrap();
        assert_eq!((rare.verdict, rare.is_cut_off), (Verdict::Enough, true));
        let full = memory(10_000, false, |n| if n % 100 == 0 { 99.5 } else { 70.0 }).unwrap();
        assert!(
            full.is_cut_off && matches!(full.verdict, Verdict::Larger { size, .. } if size == 24 << 30),
            "{full:?}"
        );
    }

    #[test]
    fn an_idle_processor_could_do_with_half_of_its_cores() {
        let of = |cores, percent: f64| {
            Capacity::of(Metric::Cpu, &minutes(5_000, |_| percent), &today(cores), Percent::DEFAULT, true).unwrap()
        };
        assert_eq!(of(8, 40.0).verdict, Verdict::HalfSuffices);
        assert_eq!(of(1, 10.0).verdict, Verdict::Enough);
        assert_eq!(of(8, 41.0).verdict, Verdict::Enough);
        let busy = of(8, 100.0);
        assert_eq!(busy.verdict, Verdict::Larger { size: 12, below_share: 1.0 });
        assert!(busy.is_cut_off, "nobody knows how much more was wanted");
        assert!(!of(8, 90.0).is_cut_off, "swap says nothing about the processor");
        assert_eq!(of(200, 96.0).verdict, Verdict::Larger { size: 288, below_share: 1.0 });
    }

    #[test]
    fn minutes_of_a_smaller_machine_count_as_the_same_work_on_the_larger() {
        let grown_at = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 10);
        let size = MachineSize {
            today: 16 << 30,
            parts: vec![(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24), 0.5), (grown_at, 1.0)],
        };
        // 8 GiB at 99.5 % for ten days, then 16 GiB at 50 %.
        let found = |size: &MachineSize| {
            let minutes = minutes(10_000, |n| if n < 5_000 { 99.5 } else { 50.0 });
            Capacity::of(Metric::Memory, &minutes, size, Percent::DEFAULT, false).unwrap()
        };
        let grown = found(&size);
        assert_eq!((grown.above_share, grown.percentile_percent), (0.5, 50.0));
        assert_eq!((grown.verdict, grown.is_cut_off), (Verdict::Enough, true));
        assert!(matches!(found(&today(16 << 30)).verdict, Verdict::Larger { .. }));
        let shrunk = MachineSize { parts: vec![(Timestamp::UNIX_EPOCH, 2.0), (grown_at, 1.0)], ..size };
        assert_eq!(found(&shrunk).percentile_percent, 199.0);
    }

    #[test]
    fn swap_grows_on_a_day_that_ends_higher_than_its_lowest() {
        let grows = |mebibytes: &[u64]| {
            let mut growth = DailySwap::default();
            mebibytes.iter().any(|mebibytes| growth.add(mebibytes << 20))
        };
        assert!(!grows(&[500, 400, 499]) && !grows(&[900, 700, 500, 300]) && !grows(&[]));
        assert!(grows(&[900, 1000]) && grows(&[500, 0, 100, 50]));
        let mut days = SwapDays::default();
        assert_eq!((days.count(), days.wanted_more()), (0, false));
        days.add(false, true);
        assert_eq!((days.count(), days.wanted_more()), (0, true));
        let mut days = SwapDays::default();
        [true, false, true].iter().for_each(|has_grown| days.add(*has_grown, false));
        assert_eq!((days.count(), days.wanted_more()), (2, true));
    }

    #[test]
    fn too_little_recorded_says_what_is_missing() {
        let short = memory(1000, false, |_| 50.0).unwrap_err();
        assert_eq!(short, Missing { recorded: MINUTE * 440, span: Duration::ZERO });
        let none = Capacity::of(Metric::Memory, &[], &today(1), Percent::DEFAULT, false).unwrap_err();
        assert_eq!(none, Missing { recorded: MIN_RECORDED, span: MIN_SPAN });
        let young = minutes(20_000, |_| 50.0);
        let young = Capacity::of(Metric::Memory, &young[..5_000], &today(1), Percent::DEFAULT, false).unwrap_err();
        assert_eq!(young.recorded, Duration::ZERO);
        assert!(young.span > MINUTE * 1440 * 8 && young.span < MINUTE * 1440 * 10);
    }
}
