//! The CPU percentage between two reads of the counters, and the rule for doubt.
//!
//! A percentage is **known** when
//!  1. both reads behind it succeeded, and
//!  2. time passed between them, but no gap, and the program read the counters all along, and
//!  3. the total moved forward, and not much faster than between the two reads before, and
//!  4. no counter stepped back by more than its rounding, and
//!  5. after a step back of any counter they run at a speed that was seen before, and hardly any of their ticks are those of a
//!     counter that comes back to where it was.
//!
//! Otherwise it is unknown for that reading. A counter that dips steps back, and then leaps forward, by little or by much: both
//! are unknown.
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

#[cfg(test)]
mod tests;

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

    /// Whether a counter is behind that of `before` by more than its rounding.
    fn is_behind(&self, before: &CpuTimes) -> bool {
        let mut counters = self.ticks.iter().zip(before.ticks);
        counters.any(|(now, then)| now.saturating_add(CpuTimes::ROUNDING) < then)
    }

    /// The ticks since `then` of the counters that were behind these, the highest so far, and have reached them again by `now`:
    /// some or all of them had passed before.
    fn regained(&self, then: &CpuTimes, now: &CpuTimes) -> u64 {
        let counters = self.ticks.iter().zip(then.ticks).zip(now.ticks);
        let regained = counters.map(|((highest, then), now)| {
            let is_back = then.saturating_add(CpuTimes::ROUNDING) < *highest
                && now.saturating_add(CpuTimes::ROUNDING) >= *highest;
            if is_back { now.saturating_sub(then) } else { 0 }
        });
        regained.fold(0, u64::saturating_add)
    }

    /// All ticks. Above 2^53 the last ones are rounded: too few to matter where sums are compared.
    fn sum(&self) -> f64 {
        self.ticks.iter().map(|ticks| *ticks as f64).sum()
    }

    /// Raises each counter to that of `other`, where that is higher.
    fn raise_to(&mut self, other: &CpuTimes) {
        self.ticks.iter_mut().zip(other.ticks).for_each(|(ticks, other)| *ticks = other.max(*ticks));
    }

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

/// After a step back the counters are believed at a speed that differs from a known one by this share at most.
const SPEED_TOLERANCE: f64 = 0.2;
/// Counters that keep to no speed are believed after so many reads.
const READS_IN_DOUBT: u32 = 2;
/// The share of the ticks that may be those of a counter that comes back from a dip.
const REGAINED_SHARE: f64 = 0.02;

/// The doubt after a step back: until the counters run at a known speed.
#[derive(Clone, Copy, Debug, Default)]
struct SpeedDoubt {
    /// The speed at the latest read since then.
    ticks_per_second: Option<f64>,
    reads: u32,
}

/// The read before, when it was taken, and how fast the counters ran up to it.
#[derive(Clone, Debug, Default)]
pub struct CpuMeter {
    /// The counters, and the read at which they had moved last.
    before: Option<(CpuTimes, Now)>,
    /// The latest read, which may have found the same counters. `None` after a failed one.
    read_at: Option<Now>,
    ticks_per_second: Option<f64>,
    doubt: Option<SpeedDoubt>,
    /// The highest that each counter was.
    highest: CpuTimes,
    /// The ticks by which the counters have fallen behind their usual speed where one stepped back, less those that came back.
    missing_ticks: f64,
    is_standing_still: bool,
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
        self.is_standing_still = false;
        let Some(times) = times else {
            (self.before, self.read_at) = (None, None);
            return None;
        };
        // A gap between any two reads since the counters moved is one of the percentage too.
        let last = self.read_at.replace(now.clone());
        let is_gap = last.is_some_and(|last| now.is_gap_since(&last, refresh_before, refresh));
        let Some((before, at)) = &self.before else {
            self.highest.raise_to(&times);
            self.before = Some((times, now.clone()));
            return None;
        };
        if (*before == times && !is_gap) || now.elapsed <= at.elapsed {
            // Counters that stood still are dated to when they moved last: should they go on, they count from there.
            self.is_standing_still = *before == times;
            return None;
        }
        let pause = now.elapsed.saturating_sub(at.elapsed);
        let measured = times
            .since(before)
            .filter(|_| !is_gap && pause <= MAX_STANDSTILL.max(longest_pause(refresh_before, refresh)));
        let regained = self.highest.regained(before, &times);
        let (has_stepped_back, passed) = (times.is_behind(before), times.sum() - before.sum());
        self.highest.raise_to(&times);
        self.before = Some((times, now.clone()));
        let known = measured
            .filter(|(_, ticks)| self.is_believed(*ticks, pause.as_secs_f64(), regained as f64, has_stepped_back));
        if has_stepped_back {
            self.doubt = Some(SpeedDoubt::default());
            let expected = self.ticks_per_second.unwrap_or_default() * pause.as_secs_f64();
            self.missing_ticks += (expected - passed).max(0.0);
        }
        known.map(|(usage, _)| usage)
    }

    /// Whether the latest read found the counters as they were: some machines bring them up to date only now and then.
    pub fn is_standing_still(&self) -> bool {
        self.is_standing_still
    }

    /// Whether the ticks that have passed can be true. Their speed is taken note of, unless a counter stepped back, or comes back
    /// from a dip: then ticks are missing, or too many.
    fn is_believed(&mut self, ticks: f64, seconds: f64, regained: f64, has_stepped_back: bool) -> bool {
        let (speed, usual) = (ticks / seconds, self.ticks_per_second);
        let is_like = |known: f64| (speed - known).abs() <= known * SPEED_TOLERANCE;
        let is_in_order = match self.doubt {
            None => usual.is_none_or(|usual| ticks <= usual * (seconds * MAX_SPEED_UP + MAX_LATENESS_SECONDS)),
            Some(doubt) => usual.is_some_and(is_like) || doubt.ticks_per_second.is_some_and(is_like),
        };
        let expected = usual.map_or(ticks, |usual| usual * seconds);
        let excess = ticks - expected;
        // A counter that is behind for long may pass where it was before it comes back.
        let is_return =
            excess > expected * REGAINED_SHARE && excess >= self.missing_ticks / 2.0 && self.missing_ticks > 0.0;
        if is_return {
            self.missing_ticks = (self.missing_ticks - excess).max(0.0);
        }
        if is_return || regained > ticks * REGAINED_SHARE {
            self.doubt = Some(SpeedDoubt::default());
            return false;
        }
        match self.doubt {
            _ if has_stepped_back => {}
            // If they keep to a higher speed, they are believed: processors can be added. Their speed counts as half of that
            // before at least: after a late read the next interval has few ticks.
            None => self.ticks_per_second = Some(speed.max(usual.unwrap_or_default() / 2.0)),
            Some(doubt) if !is_in_order && doubt.reads + 1 < READS_IN_DOUBT => {
                self.doubt = Some(SpeedDoubt { ticks_per_second: Some(speed), reads: doubt.reads + 1 });
            }
            Some(_) => (self.doubt, self.ticks_per_second) = (None, Some(speed)),
        }
        is_in_order
    }
}
