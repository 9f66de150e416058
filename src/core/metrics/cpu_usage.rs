//! The CPU percentage between two reads of the counters, and the rule for doubt.
//!
//! A percentage is **known** when
//!  1. both reads behind it succeeded, and
//!  2. time passed between them, but no gap, and the program read the counters all along, and
//!  3. the total moved forward, and not much faster than between the two reads before, and
//!  4. no counter stepped back by more than its rounding.
//!
//! Otherwise it is unknown for that reading. A counter that dips steps back, and then leaps forward: both are unknown.
//!
//! Waiting for disks and stolen time are the exceptions: the kernel's own documentation lets the first step back
//! (`Documentation/filesystems/proc.rst`, "iowait"), and the second starts anew when a virtual machine moves to another host. A
//! step back of either costs that part alone: the percentage is that of the rest. Mostly the time of iowait goes on as idle time:
//! then both count together.
//!
//! Some hypervisors and containers bring the counters up to date only once in a few seconds. While they stand still
//! nothing is known; once they move, the percentage is that of all the time since they moved last.

use std::time::Duration;

use crate::core::time::{Now, longest_pause};

/// The time that all processors together have spent in each state, in ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTimes {
    /// In the order of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
    pub ticks: [u64; CpuTimes::COLUMNS],
    /// The number of columns that the kernel reports: the first so many.
    pub columns: usize,
}

impl CpuTimes {
    /// The columns that count.
    pub const COLUMNS: usize = 8;
    /// The column of idle time, the last that every kernel has.
    pub const IDLE: usize = 3;
    const IOWAIT: usize = 4;
    const STEAL: usize = 7;
    /// The kernel counts in nanoseconds, for each processor, and rounds the sum down to ticks.
    const ROUNDING: u64 = 1;

    /// The usage since `before`, and the ticks that have passed; `None` where the counters are in doubt.
    fn since(&self, before: &CpuTimes) -> Option<(CpuUsage, f64)> {
        if self.columns != before.columns {
            return None;
        }
        let mut passed = [0; CpuTimes::COLUMNS];
        let mut is_steal_known = self.columns > CpuTimes::STEAL;
        for (column, passed) in passed.iter_mut().enumerate() {
            let (now, then) = (self.ticks.get(column)?, before.ticks.get(column)?);
            match now.checked_sub(*then) {
                Some(ticks) => *passed = ticks,
                None if then - now <= CpuTimes::ROUNDING || column == CpuTimes::IOWAIT => {}
                None if column == CpuTimes::STEAL => is_steal_known = false,
                None => return None,
            }
        }
        let sum = |ticks: &[u64]| ticks.iter().map(|ticks| u128::from(*ticks)).sum::<u128>();
        let idle_until = |times: &CpuTimes| Some(sum(times.ticks.get(CpuTimes::IDLE..=CpuTimes::IOWAIT)?));
        if self.ticks.get(CpuTimes::IOWAIT)? < before.ticks.get(CpuTimes::IOWAIT)?
            && let Some(idle) = idle_until(self)?.checked_sub(idle_until(before)?)
        {
            // The kernel has moved time from iowait to idle, where it is not new.
            *passed.get_mut(CpuTimes::IDLE)? = u64::try_from(idle).ok()?;
        }
        let total = sum(&passed);
        if total == 0 {
            return None;
        }
        let share = |ticks: u128| ticks as f64 / total as f64 * 100.0;
        let steal = share(sum(passed.get(CpuTimes::STEAL..)?));
        let idle = sum(passed.get(CpuTimes::IDLE..=CpuTimes::IOWAIT)?);
        let usage = CpuUsage { percent: share(total - idle), steal_percent: is_steal_known.then_some(steal) };
        Some((usage, total as f64))
    }
}

/// The usage of all processors together, 0..=100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuUsage {
    /// Neither idle nor waiting for disks.
    pub percent: f64,
    /// The part of it that other virtual machines took; `None` where the kernel does not report it.
    pub steal_percent: Option<f64>,
}

/// Counters that run so many times as fast as before are in doubt, unless the read may have been late: on a busy machine some
/// time passes between the clock and the counters.
const MAX_SPEED_UP: f64 = 2.0;
/// The lateness that is no doubt.
const MAX_LATENESS_SECONDS: f64 = 0.5;

/// Counters that stood still for longer are broken, or the machine stood still too: the percentage over that time is in doubt.
const MAX_STANDSTILL: Duration = Duration::from_secs(10);

/// The read before, when it was taken, and how fast the counters ran up to it.
#[derive(Clone, Debug, Default)]
pub struct CpuMeter {
    /// The counters, and the read at which they had moved last.
    before: Option<(CpuTimes, Now)>,
    /// The latest read, which may have found the same counters. `None` after a failed one.
    read_at: Option<Now>,
    ticks_per_second: Option<f64>,
}

impl CpuMeter {
    /// Takes a read of the counters, `None` where it failed, and returns the usage since the read before. The refresh intervals
    /// are those in force at either.
    pub fn usage(
        &mut self,
        times: Option<CpuTimes>,
        now: &Now,
        refresh_before: Duration,
        refresh: Duration,
    ) -> Option<CpuUsage> {
        let Some(times) = times else {
            (self.before, self.read_at) = (None, None);
            return None;
        };
        // A gap between any two reads since the counters moved is one of the percentage too.
        let last = self.read_at.replace(now.clone());
        let is_gap = last.is_some_and(|last| now.is_gap_since(&last, refresh_before, refresh));
        let Some((before, at)) = &self.before else {
            self.before = Some((times, now.clone()));
            return None;
        };
        if (*before == times && !is_gap) || now.elapsed <= at.elapsed {
            // Counters that stood still are dated to when they moved last: should they go on, they count from there.
            return None;
        }
        let pause = now.elapsed.saturating_sub(at.elapsed);
        let measured = times
            .since(before)
            .filter(|_| !is_gap && pause <= MAX_STANDSTILL.max(longest_pause(refresh_before, refresh)));
        self.before = Some((times, now.clone()));
        let (usage, ticks) = measured?;
        (!self.is_too_fast(ticks, pause.as_secs_f64())).then_some(usage)
    }

    /// Whether the counters ran much faster than between the two reads before. If they keep to it, they are believed: processors
    /// can be added. Their speed counts as half of that before at least: after a late read the next interval has few ticks.
    fn is_too_fast(&mut self, ticks: f64, seconds: f64) -> bool {
        let before = self.ticks_per_second;
        self.ticks_per_second = Some((ticks / seconds).max(before.unwrap_or_default() / 2.0));
        before.is_some_and(|before| ticks > before * (seconds * MAX_SPEED_UP + MAX_LATENESS_SECONDS))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::time::now_at;

    const REFRESH: Duration = Duration::from_secs(1);

    fn times(ticks: [u64; 8]) -> CpuTimes {
        CpuTimes { ticks, columns: 8 }
    }

    /// 100 ticks pass from one read to the next, half of them idle: the percentages, with these changes to the reads.
    fn usages(reads: u64, change: impl Fn(u64, &mut [u64; 8]) -> bool) -> Vec<Option<f64>> {
        let mut meter = CpuMeter::default();
        let usage = |read: u64| {
            let mut ticks = [1_000 + read * 30, 500, 700 + read * 20, 9_000 + read * 40, 800 + read * 10, 0, 9, 600];
            let is_read = change(read, &mut ticks);
            meter.usage(is_read.then_some(times(ticks)), &now_at(read, read as i64), REFRESH, REFRESH)
        };
        (0..reads).map(usage).map(|usage| usage.map(|usage| usage.percent)).collect()
    }

    #[test]
    fn a_percentage_is_the_work_between_two_reads() {
        assert_eq!(usages(3, |_, _| true), [None, Some(50.0), Some(50.0)]);
    }

    #[test]
    fn a_failed_read_costs_two_percentages() {
        assert_eq!(usages(5, |read, _| read != 2), [None, Some(50.0), None, None, Some(50.0)]);
    }

    #[test]
    fn a_step_back_costs_one_percentage() {
        let half = Some(50.0);
        for column in [0, 1, 2, 3, 6] {
            let step_back = |read: u64, ticks: &mut [u64; 8]| {
                ticks[column] += if read < 2 { 10_000 } else { 0 };
                true
            };
            assert_eq!(usages(4, step_back), [None, half, None, half], "column {column}");
        }
        // A container that is restored with counters from the beginning.
        let restored = |read: u64, ticks: &mut [u64; 8]| {
            ticks.iter_mut().for_each(|ticks| *ticks += if read < 2 { 10_000 } else { 0 });
            true
        };
        assert_eq!(usages(4, restored), [None, half, None, half]);
    }

    #[test]
    fn a_step_back_of_iowait_or_steal_costs_that_part_alone() {
        for column in [CpuTimes::IOWAIT, CpuTimes::STEAL] {
            let step_back = |read: u64, ticks: &mut [u64; 8]| {
                ticks[column] += if read < 2 { 10_000 } else { 0 };
                true
            };
            let rest = if column == CpuTimes::IOWAIT { 50.0 / 90.0 * 100.0 } else { 50.0 };
            assert_eq!(usages(4, step_back), [None, Some(50.0), Some(rest), Some(50.0)], "column {column}");
        }
    }

    #[test]
    fn time_that_moves_from_iowait_to_idle_is_counted_once() {
        let usage = |idle: u64, iowait: u64| {
            let since = times([300, 0, 0, 1_000 + idle, iowait, 0, 0, 0]).since(&times([0, 0, 0, 1_000, 500, 0, 0, 0]));
            since.unwrap().0.percent
        };
        // Of the 250 ticks of idle time 150 had been counted as iowait before.
        assert_eq!(usage(250, 350), 75.0);
        assert_eq!(usage(150, 350), 100.0);
        assert_eq!(usage(100, 0), 75.0, "a counter that begins anew: idle time alone");
    }

    #[test]
    fn a_step_back_by_one_tick_is_rounding() {
        let rounded = |read: u64, ticks: &mut [u64; 8]| {
            ticks[1] -= u64::from(read == 2);
            true
        };
        let known = usages(4, rounded);
        assert!(known[2].is_some_and(|percent| (percent - 50.0).abs() < 1.0), "{known:?}");
    }

    #[test]
    fn a_counter_that_dips_costs_two_percentages() {
        for column in [CpuTimes::IDLE, CpuTimes::STEAL, 0] {
            let dip = |read: u64, ticks: &mut [u64; 8]| {
                ticks[column] += if read == 3 { 0 } else { 10_000 };
                true
            };
            let known = usages(6, dip);
            let half = Some(50.0);
            // Of stolen time the step back costs that part alone.
            let third = if column == CpuTimes::STEAL { half } else { None };
            assert_eq!(known, [None, half, half, third, None, half], "column {column}");
        }
    }

    #[test]
    fn processors_that_are_added_cost_one_percentage() {
        let added = |read: u64, ticks: &mut [u64; 8]| {
            ticks.iter_mut().take(5).for_each(|ticks| *ticks *= if read < 3 { 1 } else { 16 });
            true
        };
        let known = usages(6, added);
        assert!(known[3].is_none() && known[4] == Some(50.0) && known[5] == Some(50.0), "{known:?}");
    }

    #[test]
    fn a_late_read_costs_no_percentage() {
        // The third read is late by 0.7 s, behind a clock that is not: the interval that it begins seems to have few ticks.
        let late = [100, 200, 370, 400, 500, 600];
        let usages = usages(late.len() as u64, |read, ticks| {
            let passed = late[read as usize];
            *ticks = [1_000 + passed / 2, 0, 0, 9_000 + passed / 2, 0, 0, 0, 0];
            true
        });
        assert_eq!(usages, [None, Some(50.0), Some(50.0), Some(50.0), Some(50.0), Some(50.0)]);
    }

    #[test]
    fn counters_that_stand_still_are_unknown_until_they_move() {
        let frozen = |until: u64| {
            move |read: u64, ticks: &mut [u64; 8]| {
                if (1..until).contains(&read) {
                    *ticks = [1_030, 500, 720, 9_040, 810, 0, 9, 600];
                }
                true
            }
        };
        let half = Some(50.0);
        assert_eq!(usages(8, frozen(6)), [None, half, None, None, None, None, half, half]);
        let long = usages(15, frozen(13));
        assert!(long[2..14].iter().all(Option::is_none), "no machine stands still for twelve seconds: {long:?}");
        assert_eq!(long[14], half);
    }

    #[test]
    fn counters_that_are_seldom_brought_up_to_date_are_measured_over_the_time_between() {
        for period in 2..=6 {
            let lagging = |read: u64, ticks: &mut [u64; 8]| {
                let at = read / period * period;
                *ticks = [1_000 + at * 90, 500, 0, 9_000 + at * 10, 0, 0, 0, 0];
                true
            };
            for (read, percent) in (0..).zip(usages(40, lagging)) {
                let is_moved = read > 0 && read % period == 0;
                assert_eq!(percent, is_moved.then_some(90.0), "every {period} s, at {read} s");
            }
        }
    }

    #[test]
    fn a_gap_while_the_counters_stood_still_makes_the_time_before_it_unknown() {
        let mut meter = CpuMeter::default();
        let mut at = |second: u64, wall: i64, idle: u64| {
            meter.usage(Some(times([10, 0, 0, idle, 0, 0, 0, 0])), &now_at(second, wall), REFRESH, REFRESH)
        };
        assert!(at(0, 0, 10).is_none() && at(1, 1, 20).is_some() && at(2, 2, 20).is_none());
        assert_eq!(at(3, 3_600, 20), None, "the machine slept");
        assert!(at(4, 3_601, 30).is_some(), "from after the gap on");
    }

    #[test]
    fn after_a_gap_or_without_time_nothing_is_known() {
        let mut meter = CpuMeter::default();
        let mut at = |second: u64, wall: i64, idle: u64| {
            meter.usage(Some(times([10, 0, 0, idle, 0, 0, 0, 0])), &now_at(second, wall), REFRESH, REFRESH)
        };
        assert_eq!(at(0, 0, 10), None);
        assert_eq!(at(0, 0, 20), None, "no time has passed");
        assert!(at(3, 3, 40).is_some());
        assert_eq!(at(4, 3_600, 50), None, "the machine slept");
        assert_eq!(at(9, 3_605, 60), None, "no reading for five seconds");
        assert!(at(10, 3_606, 70).is_some());
    }

    #[test]
    fn a_column_that_comes_or_goes_makes_the_percentage_unknown() {
        let mut meter = CpuMeter::default();
        let mut at = |second: u64, columns: usize| {
            let ticks = [second * 50, 0, 0, second * 50, 0, 0, 0, 1_000_000].map(|ticks| ticks + 1);
            let times = CpuTimes { ticks, columns };
            meter.usage(Some(times), &now_at(second, second as i64), REFRESH, REFRESH).map(|usage| usage.percent)
        };
        assert_eq!([at(0, 7), at(1, 7), at(2, 8), at(3, 8)], [None, Some(50.0), None, Some(50.0)]);
    }

    #[test]
    fn stolen_time_is_a_part_of_the_usage_and_known_apart() {
        let since = |after: [u64; 8]| times(after).since(&times([0, 0, 0, 0, 0, 0, 0, 5])).unwrap().0;
        let usage = since([10, 0, 0, 5, 0, 0, 0, 90]);
        assert_eq!((usage.percent, usage.steal_percent), (95.0, Some(85.0)));
        let usage = since([10, 0, 0, 90, 0, 0, 0, 0]);
        assert_eq!((usage.percent, usage.steal_percent), (10.0, None));
        let old = CpuTimes { ticks: [10, 0, 0, 30, 0, 0, 0, 0], columns: 4 };
        let (usage, _) = old.since(&CpuTimes { columns: 4, ..CpuTimes::default() }).unwrap();
        assert_eq!((usage.percent, usage.steal_percent), (25.0, None));
    }

    #[test]
    fn large_counters_keep_their_last_tick() {
        let huge = |idle: u64| times([(1 << 53) + idle, 1 << 54, 1 << 60, u64::MAX - 100 + idle, 0, 0, 0, 0]);
        assert_eq!(huge(50).since(&huge(0)).unwrap().0.percent, 50.0);
    }

    proptest! {
        #[test]
        fn a_known_percentage_is_between_0_and_100(before: [u64; 8], after: [u64; 8], columns in 4usize..=8) {
            let [before, after] = [before, after].map(|ticks| CpuTimes { ticks, columns });
            if let Some((usage, _)) = after.since(&before) {
                prop_assert!((0.0..=100.0).contains(&usage.percent));
                prop_assert!(usage.steal_percent.is_none_or(|steal| (0.0..=usage.percent).contains(&steal)));
            }
        }

        #[test]
        fn a_known_percentage_is_the_share_of_what_moved(before: [u32; 8], passed: [u16; 8]) {
            let first = times(before.map(u64::from));
            let second = times(std::array::from_fn(|at| first.ticks[at] + u64::from(passed[at])));
            let [total, idle] = [0..8, 3..5].map(|columns| passed[columns].iter().map(|t| f64::from(*t)).sum::<f64>());
            match second.since(&first) {
                None => prop_assert_eq!(total, 0.0),
                Some((usage, _)) => prop_assert!((usage.percent - (total - idle) / total * 100.0).abs() < 1e-9),
            }
        }
    }
}
