//! The figures of the machine, by sysinfo, and its memory pressure.
//!
//! sysinfo reports no failed call. Its source (0.40.1, `src/unix/apple`) shows what one looks like:
//! - `cpu.rs:280-295`: after a failed `host_processor_info` the usage of all cores together is 0;
//! - `cpu.rs:228-269`: a counter that stepped back makes the usage of its core less than 0 or more than 100, or 0 where no time
//!   passed;
//! - `system.rs:176-208`: after a failed `sysctl` or `host_statistics64` the total and the memory in use keep the value before,
//!   and are 0 at first;
//! - `system.rs:163-170` and `372`: the same for swap, whose subtraction may wrap.

use std::time::Duration;

use anyhow::{Result, anyhow};
use sysinfo::{MemoryRefreshKind, System};

use crate::core::metrics::doubt::{Staleness, usage_of_cores};
use crate::core::metrics::reading::{Pressure, Reading};
use crate::core::time::Now;

/// The reader of the machine's figures.
pub struct MachineReader {
    system: System,
    before: Option<Now>,
    memory: Staleness<(u64, u64, u64)>,
}

impl MachineReader {
    /// A reader before its first reading.
    ///
    /// # Errors
    /// When sysinfo cannot be started.
    pub fn new() -> Result<MachineReader> {
        let system = System::new().map_err(|e| anyhow!("could not read this machine: {e}"))?;
        Ok(MachineReader { system, before: None, memory: Staleness::default() })
    }

    /// Reads all figures. The CPU percentage is the work since the reading before, and unknown at the first, when sysinfo returns
    /// the average since the machine was started.
    pub fn read(&mut self, now: &Now, refresh_before: Duration, refresh: Duration) -> Reading {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory_specifics(MemoryRefreshKind::everything());
        let before = self.before.replace(now.clone());
        let is_measured = before.is_some_and(|before| !now.is_gap_since(&before, refresh_before, refresh));
        let cores = self.system.cpus().iter().map(sysinfo::Cpu::usage);
        let cpu_percent = usage_of_cores(self.system.global_cpu_usage(), cores).filter(|_| is_measured);
        let system = &self.system;
        let (used_bytes, total_bytes) = (system.used_memory(), system.total_memory());
        let reading = Reading { cpu_percent, memory_pressure: pressure(), ..Reading::default() };
        let figures = (used_bytes, system.free_memory(), system.available_memory());
        if used_bytes == 0 || self.memory.is_stale(figures, now.elapsed) {
            return reading;
        }
        // Swap has no sign of its own: a machine may well have none, and its use often stays the same. It comes from the same
        // read as memory, so it is known as long as that is.
        let swap_used_bytes = system.total_swap().checked_sub(system.free_swap());
        Reading { swap_used_bytes, ..reading }.with_memory(used_bytes, total_bytes)
    }
}

/// The memory pressure now; `None` where the kernel does not report it.
///
/// Source: xnu's `kern.memorystatus_vm_pressure_level`: 1 normal, 2 warning, 4 critical, as `dispatch/source.h`
/// numbers `DISPATCH_MEMORYPRESSURE_*`. Polled, because the kernel does not notify processes as small as this one.
#[allow(unsafe_code)]
fn pressure() -> Option<Pressure> {
    let mut level: libc::c_int = 0;
    let mut size = size_of::<libc::c_int>();
    // SAFETY: the name ends in a nul; `level` and `size` live through the call, and `size` says how large `level` is.
    let done = unsafe {
        libc::sysctlbyname(
            c"kern.memorystatus_vm_pressure_level".as_ptr(),
            (&raw mut level).cast(),
            &raw mut size,
            std::ptr::null_mut(),
            0,
        )
    };
    match level {
        1 if done == 0 => Some(Pressure::Normal),
        2 if done == 0 => Some(Pressure::Warning),
        4 if done == 0 => Some(Pressure::Critical),
        _ => None,
    }
}
