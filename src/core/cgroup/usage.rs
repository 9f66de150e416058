//! The use of a limit.

use std::time::Duration;

use super::files::{named, single};
use crate::core::metrics::reading::{Throttling, plausible_percent};
use crate::core::time::Now;

/// The memory in use of a group: all less the file cache that has not been used lately, which the kernel frees first. The
/// working set, as kubelet and `docker stats` count it (cAdvisor's `container/libcontainer/handler.go`, `setMemoryStats`;
/// docker/cli's `cli/command/container/stats_helpers.go`, `calculateMemUsageUnixNoCache`).
pub fn memory_used_bytes(all: &[u8], stat: &[u8]) -> Option<u64> {
    let all_bytes = single(all)?;
    // CgroupVersion 1 has the figures of the group alone beside those with its children.
    let cache_bytes = named(stat, b"total_inactive_file").or_else(|| named(stat, b"inactive_file"))?;
    Some(all_bytes.saturating_sub(cache_bytes))
}

/// The swap in use of a group of version 1, by its `memory.stat`; `None` where the kernel does not count it.
pub fn swap_used_bytes(stat: &[u8]) -> Option<u64> {
    named(stat, b"total_swap")
}

/// The counters of a group's CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuCounters {
    pub usage_ns: u64,
    /// Since the group was made; `None` without a quota.
    pub throttling: Option<Throttling>,
}

impl CpuCounters {
    /// Reads `cpu.stat`, and `cpuacct.usage` of version 1. `None` where the use is missing.
    pub fn parse(stat: &[u8], usage: Option<&[u8]>) -> Option<CpuCounters> {
        let usage_ns = match usage {
            Some(usage) => single(usage)?,
            None => named(stat, b"usage_usec")?.checked_mul(1_000)?,
        };
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
}

impl CpuLimitMeter {
    /// The use since the read before, in percent of `cores`, and the periods since then. By the same rule for doubt as the
    /// machine's: `None` where a read failed, the counter stepped back, stood still or leapt, or after a gap.
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
        let (before, at) = self.before.replace((counters, now.clone()))?;
        let used_seconds = counters.usage_ns.checked_sub(before.usage_ns)? as f64 / 1e9;
        let seconds = now.elapsed.saturating_sub(at.elapsed).as_secs_f64();
        let is_leap = used_seconds > (seconds * MAX_EXCESS + MAX_LATENESS_SECONDS) * cores.max(1.0);
        if is_leap || now.is_gap_since(&at, refresh_before, refresh) {
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
        assert_eq!(memory_used_bytes(b"100\n", b"anon 5\ninactive_file 30\nactive_file 9\n"), Some(70));
        assert_eq!(memory_used_bytes(b"100\n", v1), Some(70));
        assert_eq!(memory_used_bytes(b"100\n", b"inactive_file 130\n"), Some(0));
        assert_eq!((memory_used_bytes(b"", v1), memory_used_bytes(b"100\n", b"")), (None, None));
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
    fn counters_of_both_versions_are_read() {
        let stat = b"usage_usec 7\nnr_periods 68\nnr_throttled 67\n";
        let throttling = Some(Throttling { periods: 68, throttled: 67 });
        assert_eq!(CpuCounters::parse(stat, None), Some(CpuCounters { usage_ns: 7_000, throttling }));
        assert_eq!(CpuCounters::parse(stat, Some(b"9\n")), Some(CpuCounters { usage_ns: 9, throttling }));
        assert_eq!(CpuCounters::parse(b"usage_usec 7\n", None).map(|known| known.throttling), Some(None));
        assert_eq!(CpuCounters::parse(b"", None), None);
        assert_eq!(CpuCounters::parse(b"usage_usec 18446744073709551615\n", None), None);
    }
}
