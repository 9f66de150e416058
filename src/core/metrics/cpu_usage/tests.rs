//! The CPU percentage by tables of counters: failed reads, steps back, dips, leaps, standstills and gaps.

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

/// The shares of the columns among the 100 ticks of a second: a busy machine, an idle one, and one that waits for disks.
const SHARES: [[u64; 8]; 3] = [[60, 5, 20, 4, 1, 2, 3, 5], [2, 0, 1, 95, 2, 0, 0, 0], [10, 0, 10, 30, 45, 1, 2, 2]];

#[test]
fn a_counter_that_dips_by_little_or_by_much_makes_no_wrong_percentage() {
    for shares in SHARES {
        for column in 0..CpuTimes::COLUMNS {
            for depth in [2, 3, 5, 12, 20, 35, 50, 75, 95, 120, 180, 250, 5_000] {
                for reads in 1..=3 {
                    let dip = |read: u64, ticks: &mut [u64; 8]| {
                        *ticks = std::array::from_fn(|at| 10_000 + read * shares[at]);
                        ticks[column] -= if (3..3 + reads).contains(&read) { depth } else { 0 };
                        true
                    };
                    let known = usages(12, dip);
                    let busy: u64 = [0, 1, 2, 5, 6, 7].map(|at| shares[at]).iter().sum();
                    let what = format!("{depth} of column {column} for {reads} reads, shares {shares:?}: {known:?}");
                    // While it is behind, a part that may step back is missing to the rest.
                    let rest = [CpuTimes::IOWAIT, CpuTimes::STEAL].contains(&column);
                    for (read, percent) in known.iter().enumerate().filter(|(read, _)| !rest || *read != 3) {
                        let off = percent.map_or(0.0, |percent| (percent - busy as f64).abs());
                        // A dip that the column's own ticks make up for is no step back, and may be rounding.
                        assert!(off <= 2.5 || depth <= shares[column] + 1, "{read}, {what}");
                    }
                    assert!(known[9..].iter().all(Option::is_some), "it is known again: {what}");
                }
            }
        }
    }
}

#[test]
fn counters_that_keep_to_no_speed_after_a_step_back_are_believed_in_the_end() {
    let mut total = 0;
    let mut meter = CpuMeter::default();
    let mut usage = |read: u64, ticks: u64| {
        total += ticks;
        let idle = if read < 3 { 90_000 + total } else { total };
        let now = now_at(read, read as i64);
        meter.usage(Some(times([1_000 + total, 0, 0, idle, 0, 0, 0, 0])), &now, REFRESH, REFRESH).is_some()
    };
    let known: Vec<bool> = (0..).zip([50, 50, 50, 50, 90, 35, 70, 20]).map(|(read, t)| usage(read, t)).collect();
    assert_eq!(known, [false, true, true, false, false, false, true, true]);
}

#[test]
fn counters_that_stand_still_say_so() {
    let mut meter = CpuMeter::default();
    let mut stands_still = |second: u64, times: Option<CpuTimes>| {
        meter.usage(times, &now_at(second, second as i64), REFRESH, REFRESH);
        meter.is_standing_still()
    };
    let at = |ticks: u64| Some(times([ticks, 0, 0, ticks, 0, 0, 0, 0]));
    assert_eq!([stands_still(0, at(5)), stands_still(1, at(5)), stands_still(2, at(9))], [false, true, false]);
    assert_eq!([stands_still(3, at(9)), stands_still(4, None)], [true, false]);
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
