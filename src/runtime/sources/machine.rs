//! The machine itself as a source of readings, by sysinfo.

use std::time::Duration;

use anyhow::{Result, anyhow};
use sysinfo::{MemoryRefreshKind, System};

use super::sampler::Source;
use crate::core::metrics::reading::{Reading, plausible_percent};
use crate::core::time::Now;
use crate::runtime::clock;
use crate::runtime::inbox::TimedReading;
use crate::runtime::platform::{self, PressureGauge};

/// A little more than sysinfo's minimum between two looks, which it measures on its own clock.
const FIRST_PAUSE: Duration = sysinfo::MINIMUM_CPU_UPDATE_INTERVAL.saturating_add(Duration::from_millis(5));
/// The first look's refresh interval: a desktop at login takes its time, and the pause until the first reading is no gap.
const STARTING: Duration = Duration::from_secs(10);

/// The name of this machine; `localhost` where it has none.
pub fn host_name() -> String {
    System::host_name().ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".into())
}

/// The reader of this machine. It lives as long as readings are taken: a CPU percentage is the work between two reads.
pub struct Machine {
    system: System,
    pressure: PressureGauge,
    last: Now,
    last_refresh: Duration,
    last_figures: Figures,
}

/// The figures of sysinfo, to the last bit. After a failed read it returns the old ones, so the same twice is suspect.
type Figures = (u32, u64, u64);

impl Machine {
    /// Takes the first look: the first CPU percentage, [`Source::initial_delay`] later, counts from here.
    pub fn new() -> Result<Machine> {
        let mut system = System::new().map_err(|e| anyhow!("could not read this machine: {e}"))?;
        // Primes the counters: after one look alone sysinfo returns the average since the machine was started.
        system.refresh_cpu_usage();
        Ok(Machine {
            system,
            pressure: PressureGauge::default(),
            last: clock::now(),
            last_refresh: STARTING,
            last_figures: Figures::default(),
        })
    }

    /// Whether the latest figures are the old ones because the machine could not be read.
    fn is_stale(&mut self) -> bool {
        let system = &self.system;
        let figures = (system.global_cpu_usage().to_bits(), system.used_memory(), system.free_swap());
        let is_same = std::mem::replace(&mut self.last_figures, figures) == figures;
        is_same && !platform::can_be_read()
    }

    fn reading(&self, is_gap: bool) -> Reading {
        let cpu_percent = if is_gap { None } else { self.cpu_percent() };
        let total_bytes = self.system.total_memory();
        let swap_used_bytes = (total_bytes > 0).then(|| self.system.used_swap());
        let memory_pressure = self.pressure.read();
        let reading = Reading { cpu_percent, swap_used_bytes, memory_pressure, ..Reading::default() };
        reading.with_memory(self.system.used_memory(), total_bytes)
    }

    /// The CPU percentage since the look before; `None` after a failed read.
    fn cpu_percent(&self) -> Option<f64> {
        let usage = self.system.global_cpu_usage();
        // On macOS a failed read comes back as 0 for all cores together, beside cores that keep their last figures
        // (sysinfo's `unix/apple/cpu.rs`). On Linux the two are counted apart, and may differ by a tick.
        let is_stale = cfg!(target_os = "macos") && usage == 0.0 && self.system.cpus().iter().any(|c| c.usage() > 0.0);
        if is_stale || self.system.cpus().is_empty() {
            return None;
        }
        plausible_percent(f64::from(usage))
    }
}

impl Source for Machine {
    fn initial_delay(&self) -> Duration {
        FIRST_PAUSE.saturating_sub(clock::monotonic().saturating_sub(self.last.elapsed))
    }

    fn read(&mut self, refresh: Duration) -> Result<Option<TimedReading>> {
        let now = clock::now();
        self.system.refresh_cpu_usage();
        // Swap comes with the same read on Linux, and by one call more on macOS.
        self.system.refresh_memory_specifics(MemoryRefreshKind::everything());
        let is_gap = now.is_gap_since(&self.last, self.last_refresh, refresh);
        let reading = if self.is_stale() { Reading::default() } else { self.reading(is_gap) };
        self.last = now.clone();
        self.last_refresh = refresh;
        Ok(Some(TimedReading { reading, at: now }))
    }

    fn next_delay(&self, refresh: Duration) -> Duration {
        refresh
    }

    fn is_lossless(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_interval_shortened_in_between_makes_no_gap() {
        let mut machine = Machine::new().unwrap();
        let earlier = clock::now();
        machine.last = Now { elapsed: Duration::ZERO, wall: earlier.wall - jiff::SignedDuration::from_secs(4) };
        machine.last_refresh = Duration::from_secs(10);
        let first = machine.read(Duration::from_secs(1)).unwrap().unwrap();
        assert!(first.reading.cpu_percent.is_some(), "four seconds, with ten in force at the reading before");
    }

    #[test]
    fn after_a_sleep_the_cpu_is_unknown_and_memory_is_known() {
        let mut machine = Machine::new().unwrap();
        machine.last.wall = &machine.last.wall - jiff::SignedDuration::from_hours(8);
        let reading = machine.read(Duration::from_secs(2)).unwrap().unwrap().reading;
        assert_eq!(reading.cpu_percent, None);
        assert!(reading.memory_percent.is_some());
    }
}
