//! The machine itself as a source of readings, by sysinfo.

use std::time::Duration;

use anyhow::{Result, anyhow};
use sysinfo::{MemoryRefreshKind, System};

use super::clock;
use super::platform::PressureGauge;
use super::sampler::{Source, Taken};
use crate::model::reading::{Reading, plausible_percent};
use crate::model::time::Now;

/// How many refresh intervals a reading may be late before its CPU figure covers a gap and is dropped.
const GAP_IN_REFRESHES: u32 = 3;

/// Reads this machine. Kept for as long as readings are taken: a CPU percentage is the work between two reads.
pub struct Machine {
    system: System,
    pressure: PressureGauge,
    last: Now,
}

impl Machine {
    /// Takes the first look, which [`Source::first_pause`] later gives the first percentage its beginning.
    ///
    /// # Errors
    /// When this system cannot be read at all.
    pub fn new() -> Result<Machine> {
        let mut system = System::new().map_err(|e| anyhow!("could not read this machine: {e}"))?;
        // Primes the counters: what sysinfo answers after one look is the average since the machine was started.
        system.refresh_cpu_usage();
        Ok(Machine { system, pressure: PressureGauge::default(), last: clock::now() })
    }

    /// The CPU percentage since the look before; `None` when it is not to be trusted.
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
    fn first_pause(&self) -> Duration {
        // A little more than the least: sysinfo measures it on its own clock.
        sysinfo::MINIMUM_CPU_UPDATE_INTERVAL + Duration::from_millis(5)
    }

    fn take(&mut self, refresh: Duration) -> Result<Option<Taken>> {
        let now = clock::now();
        self.system.refresh_cpu_usage();
        // Swap comes with the same read on Linux, and by one call more on macOS.
        self.system.refresh_memory_specifics(MemoryRefreshKind::everything());
        let is_gap = now.is_gap_since(&self.last, refresh.max(self.first_pause()) * GAP_IN_REFRESHES);
        let cpu_percent = if is_gap { None } else { self.cpu_percent() };
        self.last = now.clone();
        let total_bytes = self.system.total_memory();
        let swap_used_bytes = (total_bytes > 0).then(|| self.system.used_swap());
        let memory_pressure = self.pressure.read();
        let reading = Reading { cpu_percent, swap_used_bytes, memory_pressure, ..Reading::default() };
        Ok(Some(Taken { reading: reading.with_memory(self.system.used_memory(), total_bytes), at: now }))
    }

    fn pause(&self, refresh: Duration) -> Duration {
        refresh
    }

    fn must_all_arrive(&self) -> bool {
        false
    }
}
