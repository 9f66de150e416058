//! What Loadline itself costs, and when that is looked at: only while somebody looks at the menu.

use std::time::Duration;

/// The least time between two looks.
const MIN_INTERVAL: Duration = Duration::from_secs(10);

/// What a Loadline has cost since it was started. What could not be seen is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SelfUsage {
    /// The CPU time of all its threads, in user mode and in the kernel.
    pub cpu_time: Option<Duration>,
    /// Its own memory, and its share of what it has in common with others, bytes.
    pub memory_bytes: Option<u64>,
    /// How long ago it was started: on Linux by a clock that goes on while the machine sleeps, on macOS by one that does not.
    pub up: Option<Duration>,
}

impl SelfUsage {
    /// The share of the time since it was started in which it kept a core busy, percent: 100 is one core. `None` where one of
    /// the two is not known, or no time has passed.
    pub fn cpu_percent(&self) -> Option<f64> {
        let (cpu_time, up) = self.cpu_time.zip(self.up)?;
        (!up.is_zero()).then(|| cpu_time.as_secs_f64() / up.as_secs_f64() * 100.0)
    }
}

/// What is known of it, and since when.
#[derive(Clone, Copy, Debug, Default)]
pub struct SelfUsageSchedule {
    seen: Option<SelfUsage>,
    asked_at: Option<Duration>,
}

impl SelfUsageSchedule {
    /// Whether to look now, somebody having the menu open at `elapsed` (which never goes back).
    pub fn request(&mut self, elapsed: Duration) -> bool {
        let is_due = self.asked_at.is_none_or(|asked_at| elapsed.saturating_sub(asked_at) >= MIN_INTERVAL);
        if is_due {
            self.asked_at = Some(elapsed);
        }
        is_due
    }

    /// Takes what was seen.
    pub fn receive(&mut self, cost: SelfUsage) {
        self.seen = Some(cost);
    }

    /// What was seen last; `None` before the first look.
    pub fn latest(&self) -> Option<&SelfUsage> {
        self.seen.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_the_cpu_is_that_of_one_core() {
        let cost = |cpu_ms: Option<u64>, up_ms: Option<u64>| SelfUsage {
            cpu_time: cpu_ms.map(Duration::from_millis),
            memory_bytes: None,
            up: up_ms.map(Duration::from_millis),
        };
        assert_eq!(cost(Some(250), Some(1_000)).cpu_percent(), Some(25.0));
        assert_eq!(cost(Some(4_000), Some(1_000)).cpu_percent(), Some(400.0), "four cores");
        assert_eq!(cost(Some(0), Some(1_000)).cpu_percent(), Some(0.0));
        for unknown in [cost(None, Some(1_000)), cost(Some(250), None), cost(Some(0), Some(0)), SelfUsage::default()] {
            assert_eq!(unknown.cpu_percent(), None, "{unknown:?}");
        }
    }
}
