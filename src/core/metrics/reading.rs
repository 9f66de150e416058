//! A reading: the values measured at one moment.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::metric::{Bytes, Metric};

/// The values measured at one moment. A missing value is `None`, never 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Busy time of all cores together since the reading before, 0..=100.
    pub cpu_percent: Option<f64>,
    /// Share of the installed memory that is in use, 0..=100.
    pub memory_percent: Option<f64>,
    pub memory_used_bytes: Option<u64>,
    pub memory_total_bytes: Option<u64>,
    /// The cgroup limit that the percentages and the total are of, where it is below the machine's.
    pub memory_limit_bytes: Option<u64>,
    pub cpu_limit_cores: Option<f64>,
    /// Of the CPU limit, since the reading before.
    pub throttling: Option<Throttling>,
    pub swap_used_bytes: Option<u64>,
    pub memory_pressure: Option<Pressure>,
    /// Whether the system has a memory pressure that could not be read: otherwise `None` says that it has none.
    pub is_pressure_unread: bool,
    /// The part of the CPU percentage that other virtual machines took.
    pub cpu_steal_percent: Option<f64>,
    /// Huge pages that are set aside and that nobody uses: not counted as in use.
    pub huge_free_bytes: Option<u64>,
    /// The cache of ZFS above its minimum: not counted as in use.
    pub zfs_cache_bytes: Option<u64>,
    /// Swap that is kept compressed in memory, at its full size: counted by the memory that it takes.
    pub compressed_swap_bytes: Option<u64>,
}

/// The periods of a CPU quota, and those in which the group used it up and had to wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throttling {
    pub periods: u64,
    pub throttled: u64,
}

impl Throttling {
    /// The periods since an earlier read; `None` where the counters stepped back.
    pub fn since(self, before: Throttling) -> Option<Throttling> {
        let periods = self.periods.checked_sub(before.periods)?;
        let throttled = self.throttled.checked_sub(before.throttled)?;
        Some(Throttling { periods, throttled })
    }
}

/// The CPU limit while an alert was about to fire or fires.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuLimitUse {
    pub cores: f64,
    /// `None` for a set of processors, which has no periods.
    pub throttling: Option<Throttling>,
}

impl CpuLimitUse {
    /// The limit of `reading`, with its periods added to those of `before`; `None` where nothing limits the CPU.
    pub fn after(before: Option<CpuLimitUse>, reading: &Reading) -> Option<CpuLimitUse> {
        let cores = reading.cpu_limit_cores?;
        let earlier = before.and_then(|before| before.throttling);
        let throttling = match (earlier, reading.throttling) {
            (Some(earlier), Some(more)) => Some(Throttling {
                periods: earlier.periods.saturating_add(more.periods),
                throttled: earlier.throttled.saturating_add(more.throttled),
            }),
            (earlier, more) => more.or(earlier),
        };
        Some(CpuLimitUse { cores, throttling })
    }
}

/// The memory pressure that the system reports, in macOS's three levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pressure {
    /// No program waits for memory.
    Normal,
    /// Some programs wait for memory now and then.
    Warning,
    /// All programs wait for memory.
    Critical,
}

impl fmt::Display for Pressure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Pressure::Normal => "normal",
            Pressure::Warning => "warning",
            Pressure::Critical => "critical",
        })
    }
}

impl Reading {
    /// The value of one metric, 0..=100.
    pub fn percent(&self, metric: Metric) -> Option<f64> {
        match metric {
            Metric::Cpu => self.cpu_percent,
            Metric::Memory => self.memory_percent,
        }
    }

    /// Sets the memory values from the bytes in use and in all.
    ///
    /// A total of 0, or more in use than there is, comes from a failed read: then nothing is known.
    pub fn with_memory(self, used_bytes: u64, total_bytes: u64) -> Reading {
        if total_bytes == 0 || used_bytes > total_bytes {
            return self;
        }
        Reading {
            memory_percent: plausible_percent(used_bytes as f64 / total_bytes as f64 * 100.0),
            memory_used_bytes: Some(used_bytes),
            memory_total_bytes: Some(total_bytes),
            ..self
        }
    }

    /// The reading without its figures of memory and swap, which are in doubt. The pressure has a source of its own.
    pub fn without_memory(self) -> Reading {
        Reading {
            memory_percent: None,
            memory_used_bytes: None,
            memory_total_bytes: None,
            swap_used_bytes: None,
            huge_free_bytes: None,
            zfs_cache_bytes: None,
            compressed_swap_bytes: None,
            ..self
        }
    }

    /// The reading without its CPU usage, which is in doubt.
    pub fn without_cpu(self) -> Reading {
        Reading { cpu_percent: None, cpu_steal_percent: None, throttling: None, ..self }
    }
}

/// `value` clamped to 0..=100 (a counter that wrapped can overshoot); `None` where it is not a number.
pub fn plausible_percent(value: f64) -> Option<f64> {
    (!value.is_nan()).then(|| value.clamp(0.0, 100.0))
}

/// Memory in use, in tenths of a GB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    pub used_tenths_gb: u64,
    pub total_tenths_gb: u64,
    /// In MB, where the total is less than one GB.
    pub small_mb: Option<(u64, u64)>,
    /// Whether the total is a cgroup limit.
    pub is_limit: bool,
}

impl fmt::Display for MemoryUse {
    /// `9.8 of 16.0 GB`, `92 of 100 MB (limit)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MemoryUse { used_tenths_gb: used, total_tenths_gb: total, small_mb, is_limit } = self;
        match small_mb {
            Some((used_mb, total_mb)) => write!(f, "{used_mb} of {total_mb} MB")?,
            None => write!(f, "{}.{} of {}.{} GB", used / 10, used % 10, total / 10, total % 10)?,
        }
        f.write_str(if *is_limit { " (limit)" } else { "" })
    }
}

impl MemoryUse {
    /// The memory use of a reading; `None` where it is not known.
    pub fn of(reading: &Reading) -> Option<MemoryUse> {
        let (used_bytes, total_bytes) = (reading.memory_used_bytes?, reading.memory_total_bytes?);
        let mb = |bytes: u64| bytes.div_ceil(1 << 20);
        Some(MemoryUse {
            used_tenths_gb: Bytes(used_bytes).tenths_of_gb(),
            total_tenths_gb: Bytes(total_bytes).tenths_of_gb(),
            small_mb: (total_bytes < 1 << 30).then(|| (mb(used_bytes), mb(total_bytes))),
            is_limit: reading.memory_limit_bytes.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_read_is_unknown_not_zero() {
        assert_eq!(Reading::default().with_memory(0, 0), Reading::default());
        assert_eq!(Reading::default().with_memory(17, 16), Reading::default());
        assert_eq!(plausible_percent(f64::NAN), None);
    }

    #[test]
    fn percentages_stay_between_0_and_100() {
        assert_eq!(plausible_percent(-3.0), Some(0.0));
        assert_eq!(plausible_percent(f64::INFINITY), Some(100.0));
        assert_eq!(Reading::default().with_memory(8, 16).memory_percent, Some(50.0));
    }
}
