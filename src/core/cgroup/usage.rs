//! The use of a limit.

use std::time::Duration;

use super::files::{named, single};
use crate::core::metrics::reading::{Throttling, plausible_percent};
use crate::core::time::Now;

/// The memory in use of a group: all less the file cache that has not been used lately, which the kernel frees first. The
/// working set, as kubelet and `docker stats` count it (cAdvisor's `container/libcontainer/handler.go`, `setMemoryStats`;
/// docker/cli's `cli/command/container/stats_helpers.go`, `calculateMemUsageUnixNoCache`).
pub fn memory_used_bytes(all_bytes: u64, stat: &[u8]) -> Option<u64> {
    // Version 1 has the figures of the group alone beside those with its children.
    let cache_bytes = named(stat, b"total_inactive_file").or_else(|| named(stat, b"inactive_file"))?;
    Some(all_bytes.saturating_sub(cache_bytes))
}

/// The swap in use of a group of version 1, by its `memory.stat`; `None` where the kernel does not count it.
pub fn swap_used_bytes(stat: &[u8]) -> Option<u64> {
    named(stat, b"total_swap")
}

/// The swap in use of a group, `group_bytes` at its full size, as swap counts: compressed swap by the memory that it takes.
///
/// The kernel does not tell the part of a group's swap that is compressed. So it counts at the machine's rate, at which
/// `machine_bytes` of full size count as `counted_bytes`. Without compressed swap that is the full size.
pub fn counted_swap_bytes(group_bytes: u64, machine_bytes: u64, counted_bytes: u64) -> u64 {
    if machine_bytes == 0 {
        return group_bytes;
    }
    let counted = u128::from(group_bytes) * u128::from(counted_bytes) / u128::from(machine_bytes);
    u64::try_from(counted).unwrap_or(group_bytes)
}

/// The counters of a group's CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuCounters {
    pub usage_ns: u64,
    /// Since the group was made; `None` without a quota.
    pub throttling: Option<Throttling>,
}

impl CpuCounters {
    /// Reads the file of the use, `cpu.stat` of version 2 or `cpuacct.usage` of version 1, and the file with the periods, which
    /// may be the same. `None` where the use is missing.
    pub fn parse(usage: &[u8], stat: &[u8]) -> Option<CpuCounters> {
        let usage_us = || named(usage, b"usage_usec")?.checked_mul(1_000);
        let usage_ns = single(usage).or_else(usage_us)?;
        let (periods, throttled) = (named(stat, b"nr_periods"), named(stat, b"nr_throttled"));
        let throttling = periods.zip(throttled).map(|(periods, throttled)| Throttling { periods, throttled });
        Some(CpuCounters { usage_ns, throttling })
    }
}

/// Beyond this multiple of the limit, and the lateness of a read, the counters are in doubt. A quota can be exceeded: each
/// processor has a slice of it, and what is left of one period may be used in the next (`sched-bwc.rst`).
const MAX_EXCESS: f64 = 2.0;
const MAX_LATENESS_SECONDS: f64 = 0.5;

/// The read before.
#[derive(Clone, Debug, Default)]
pub struct CpuLimitMeter {
    before: Option<(CpuCounters, Now)>,
    /// The highest that the counter was.
    highest_ns: u64,
}

impl CpuLimitMeter {
    /// The use since the read before, in percent of `cores`, and the periods since then. By the same rule for doubt as the
    /// machine's: `None` where a read failed, the counter stepped back, came back to where it was, stood still or leapt, or
    /// after a gap.
    pub fn usage(
        &mut self,
        counters: Option<CpuCounters>,
        cores: f64,
        now: &Now,
        refresh_before: Duration,
        refresh: Duration,
    ) -> Option<(f64, Option<Throttling>)> {
        let Some(counters) = counters else {
            self.before = None;
            return None;
        };
        if let Some((before, at)) = &self.before
            && (before.usage_ns == counters.usage_ns || now.elapsed <= at.elapsed)
        {
            // Dated to when it moved last.
            return None;
        }
        let highest_ns = self.highest_ns;
        self.highest_ns = highest_ns.max(counters.usage_ns);
        let (before, at) = self.before.replace((counters, now.clone()))?;
        let has_come_back = before.usage_ns < highest_ns && counters.usage_ns >= highest_ns;
        let used_seconds = counters.usage_ns.checked_sub(before.usage_ns)? as f64 / 1e9;
        let seconds = now.elapsed.saturating_sub(at.elapsed).as_secs_f64();
        let is_leap = used_seconds > (seconds * MAX_EXCESS + MAX_LATENESS_SECONDS) * cores.max(1.0);
        if is_leap || has_come_back || now.is_gap_since(&at, refresh_before, refresh) {
            return None;
        }
        let throttling = counters.throttling.zip(before.throttling).and_then(|(now, before)| now.since(before));
        Some((plausible_percent(used_seconds / seconds / cores * 100.0)?, throttling))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::time::now_at;

    #[test]
    fn file_cache_that_was_not_used_lately_is_not_in_use() {
        let v1 = b"inactive_file 1\ntotal_inactive_file 30\n";
        assert_eq!(memory_used_bytes(100, b"anon 5\ninactive_file 30\nactive_file 9\n"), Some(70));
        assert_eq!(memory_used_bytes(100, v1), Some(70));
        assert_eq!(memory_used_bytes(100, b"inactive_file 130\n"), Some(0));
        assert_eq!(memory_used_bytes(100, b"anon 5\n"), None);
    }

    #[test]
    fn usage_is_a_share_of_the_limit() {
        const SECOND: Duration = Duration::from_secs(1);
        let mut meter = CpuLimitMeter::default();
        let mut read = |second: u64, usage_ms: Option<u64>| {
            let start_ns = 1 << 53;
            let throttling = Some(Throttling { periods: second * 10, throttled: second * 9 });
            let of = |ms: u64| CpuCounters { usage_ns: start_ns + ms * 1_000_000, throttling };
            let usage = meter.usage(usage_ms.map(of), 0.2, &now_at(second, second as i64), SECOND, SECOND);
            usage.map(|(percent, throttling)| (percent.round(), throttling))
        };
        let ten = Some(Throttling { periods: 10, throttled: 9 });
        assert_eq!(read(0, Some(10_000)), None);
        assert_eq!(read(1, Some(10_100)), Some((50.0, ten)));
        assert_eq!(read(2, Some(10_350)), Some((100.0, ten)));
        assert_eq!(read(3, Some(9_000)), None, "a step back");
        assert_eq!(read(4, Some(9_100)), Some((50.0, ten)));
        assert_eq!(read(5, None), None);
        assert_eq!(read(6, Some(9_200)), None);
        assert_eq!(read(7, Some(9_200)), None, "it stands still");
        assert_eq!(read(8, Some(9_300)).map(|(percent, _)| percent), Some(25.0), "since it moved last");
        assert_eq!(read(9, Some(99_000)), None, "a leap");
        assert_eq!(read(30, Some(99_100)), None, "a gap");
    }

    #[test]
    fn a_counter_that_dips_makes_no_wrong_usage() {
        const SECOND: Duration = Duration::from_secs(1);
        for depth_ms in [60, 150, 400, 5_000] {
            for reads in 1..=3 {
                let mut meter = CpuLimitMeter::default();
                let mut read = |second: u64| {
                    let dip_ms = if (3..3 + reads).contains(&second) { depth_ms } else { 0 };
                    let usage_ns = (10_000 + second * 50 - dip_ms) * 1_000_000;
                    let counters = CpuCounters { usage_ns, throttling: None };
                    meter.usage(Some(counters), 1.0, &now_at(second, second as i64), SECOND, SECOND)
                };
                let known: Vec<Option<f64>> =
                    (0..10).map(|second| read(second).map(|(percent, _)| percent.round())).collect();
                let is_overtaken = depth_ms <= reads * 50;
                assert!(is_overtaken || known.iter().flatten().all(|percent| *percent == 5.0), "{depth_ms}: {known:?}");
                assert_eq!(known[8..], [Some(5.0); 2], "{depth_ms}");
            }
        }
    }

    #[test]
    fn counters_of_both_versions_are_read() {
        let stat = b"usage_usec 7\nnr_periods 68\nnr_throttled 67\n";
        let throttling = Some(Throttling { periods: 68, throttled: 67 });
        assert_eq!(CpuCounters::parse(stat, stat), Some(CpuCounters { usage_ns: 7_000, throttling }));
        assert_eq!(CpuCounters::parse(b"9\n", stat), Some(CpuCounters { usage_ns: 9, throttling }));
        let only_usage = b"usage_usec 7\n";
        assert_eq!(CpuCounters::parse(only_usage, only_usage).map(|known| known.throttling), Some(None));
        assert_eq!(CpuCounters::parse(b"9\n", b"").map(|known| known.throttling), Some(None));
        for none in [&b""[..], b"usage_usec 18446744073709551615\n", b"nr_periods 7\n", b"-9\n"] {
            assert_eq!(CpuCounters::parse(none, stat), None, "{}", String::from_utf8_lossy(none));
        }
    }

    #[test]
    fn swap_of_a_group_counts_at_the_rate_of_the_machines() {
        assert_eq!(counted_swap_bytes(100, 1_000, 1_000), 100, "nothing compressed");
        assert_eq!(counted_swap_bytes(100, 1_000, 250), 25, "all in zram, a quarter of its size");
        assert_eq!(counted_swap_bytes(100, 0, 0), 100, "swapped out since the machine's was read");
        assert_eq!(counted_swap_bytes(u64::MAX, 2, 1), u64::MAX / 2);
    }
}
