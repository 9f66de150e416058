//! Loadline's own usage, and when it is measured: only while the menu is open.

use std::time::Duration;

/// The shortest time between two measurements.
const MIN_INTERVAL: Duration = Duration::from_secs(10);

/// The usage of a Loadline process since its start. A missing value is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SelfUsage {
    /// Of all its threads, in user mode and in the kernel.
    pub cpu_time: Option<Duration>,
    /// Its own memory, and its share of memory in common with other processes.
    pub memory_bytes: Option<u64>,
    /// Time since its start: on Linux by a clock that goes on while the machine sleeps, on macOS by one that does not.
    pub up: Option<Duration>,
}

impl SelfUsage {
    /// The mean CPU percentage since its start: 100 is one core. `None` where the CPU time or the time since the start is not
    /// known, or no time has passed.
    pub fn cpu_percent(&self) -> Option<f64> {
        let (cpu_time, up) = self.cpu_time.zip(self.up)?;
        (!up.is_zero()).then(|| cpu_time.as_secs_f64() / up.as_secs_f64() * 100.0)
    }
}

/// The latest measurement, and the time of the last request.
#[derive(Clone, Copy, Debug, Default)]
pub struct SelfUsageSchedule {
    latest: Option<SelfUsage>,
    requested_at: Option<Duration>,
}

impl SelfUsageSchedule {
    /// Whether to measure now, with the menu open at `elapsed` (which never goes back); if so, records the request.
    pub fn request(&mut self, elapsed: Duration) -> bool {
        let is_due = self.requested_at.is_none_or(|requested_at| elapsed.saturating_sub(requested_at) >= MIN_INTERVAL);
        if is_due {
            self.requested_at = Some(elapsed);
        }
        is_due
    }

    /// Stores a measurement.
    pub fn receive(&mut self, usage: SelfUsage) {
        self.latest = Some(usage);
    }

    /// The latest measurement; `None` before the first.
    pub fn latest(&self) -> Option<&SelfUsage> {
        self.latest.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_percentage_is_that_of_one_core() {
        let usage = |cpu_ms: Option<u64>, up_ms: Option<u64>| SelfUsage {
            cpu_time: cpu_ms.map(Duration::from_millis),
            memory_bytes: None,
            up: up_ms.map(Duration::from_millis),
        };
        assert_eq!(usage(Some(250), Some(1_000)).cpu_percent(), Some(25.0));
        assert_eq!(usage(Some(4_000), Some(1_000)).cpu_percent(), Some(400.0), "four cores");
        assert_eq!(usage(Some(0), Some(1_000)).cpu_percent(), Some(0.0));
        for unknown in [usage(None, Some(1_000)), usage(Some(250), None), usage(Some(0), Some(0)), SelfUsage::default()]
        {
            assert_eq!(unknown.cpu_percent(), None, "{unknown:?}");
        }
    }
}
