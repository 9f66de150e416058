//! The figures of the machine: CPU and memory by sysinfo, swap and the memory pressure by sysctl(3).
//!
//! sysinfo reports no failed call. Its source (0.40.1, `src/unix/apple`) shows what one looks like:
//! - `cpu.rs:280-295`: after a failed `host_processor_info` the usage of all cores together is 0;
//! - `cpu.rs:228-269`: a counter that stepped back makes the usage of its core less than 0 or more than 100, or 0 where no time
//!   passed;
//! - `system.rs:176-208`: after a failed `sysctl` or `host_statistics64` the total and the memory in use keep the value before,
//!   and are 0 at first;
//! - `system.rs:156-170`: the same for swap, by another `sysctl`, and a figure of swap may well stay the same for days. So a
//!   failed call would not be seen, and swap is read here.

use std::ffi::CStr;
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::time::Duration;

use anyhow::{Result, anyhow};
use sysinfo::{MemoryRefreshKind, System};

use crate::core::alerts::rule::{RuleInput, Rules};
use crate::core::metrics::doubt::{Staleness, usage_of_cores};
use crate::core::metrics::metric::Metric;
use crate::core::metrics::reading::{Pressure, Reading};
use crate::core::text;
use crate::core::time::Now;

const PRESSURE: &CStr = c"kern.memorystatus_vm_pressure_level";
const SWAP: &CStr = c"vm.swapusage";

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
        self.system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        let before = self.before.replace(now.clone());
        let is_measured = before.is_some_and(|before| !now.is_gap_since(&before, refresh_before, refresh));
        let cores = self.system.cpus().iter().map(sysinfo::Cpu::usage);
        let cpu_percent = usage_of_cores(self.system.global_cpu_usage(), cores).filter(|_| is_measured);
        let system = &self.system;
        let (used_bytes, total_bytes) = (system.used_memory(), system.total_memory());
        let ((memory_pressure, is_pressure_unread), swap_used_bytes) = (pressure(), swap_used_bytes());
        let reading =
            Reading { cpu_percent, memory_pressure, is_pressure_unread, swap_used_bytes, ..Reading::default() };
        let figures = (used_bytes, system.free_memory(), system.available_memory());
        if used_bytes == 0 || self.memory.is_stale(figures, now.elapsed) {
            return reading;
        }
        reading.with_memory(used_bytes, total_bytes)
    }

    /// The reading without memory figures that may make an alert and are those of the reading before: after a failed call sysinfo
    /// returns them again, and an alert may fire before they count as stale. Calls of the kernel, unlike files, cannot be of
    /// another time otherwise.
    pub fn confirm(&mut self, reading: Reading, rules: &Rules) -> Reading {
        let Reading { memory_percent: percent, memory_pressure: pressure, is_pressure_unread, .. } = reading;
        let input = RuleInput { percent, pressure, is_pressure_unread, ..RuleInput::default() };
        let [_, memory] = rules;
        if memory.is_some_and(|rule| rule.is_above(&input)) && self.memory.is_repeated() {
            let (memory_percent, memory_used_bytes, memory_total_bytes) = (None, None, None);
            return Reading { memory_percent, memory_used_bytes, memory_total_bytes, ..reading };
        }
        reading
    }

    /// Whether the counters of the CPU stood still at the latest reading: never known here, for sysinfo does not show them.
    pub fn is_standing_still(&self) -> bool {
        false
    }
}

/// Why the figures of a metric cannot be read: never known here, for sysinfo reports no failed call.
pub fn read_failure(_metric: Metric) -> Option<String> {
    None
}

/// Why swap in use cannot be read, in the system's words; `None` where it can be.
pub fn swap_failure() -> Option<String> {
    swap().err().map(|error| text::problems::figures_unreadable(SWAP.to_string_lossy(), error))
}

/// Why the memory pressure cannot be read, in the system's words; `None` where it can be.
pub fn pressure_failure() -> Option<String> {
    level().err().map(|error| text::problems::figures_unreadable(PRESSURE.to_string_lossy(), error))
}

/// The memory pressure now, and whether it could not be read; `None` without that where the kernel does not have it.
fn pressure() -> (Option<Pressure>, bool) {
    match level() {
        Ok(1) => (Some(Pressure::Normal), false),
        Ok(2) => (Some(Pressure::Warning), false),
        Ok(4) => (Some(Pressure::Critical), false),
        Err(error) if error.kind() == ErrorKind::NotFound => (None, false),
        _ => (None, true),
    }
}

/// The level of the memory pressure, in the kernel's numbers.
///
/// Source: xnu's `kern.memorystatus_vm_pressure_level`: 1 normal, 2 warning, 4 critical, as `dispatch/source.h`
/// numbers `DISPATCH_MEMORYPRESSURE_*`. Polled, because the kernel does not notify processes as small as this one.
#[allow(unsafe_code)]
fn level() -> io::Result<libc::c_int> {
    // SAFETY: any four bytes are a C integer.
    unsafe { sysctl(PRESSURE) }
}

/// The swap in use, bytes; `None` where the call fails.
fn swap_used_bytes() -> Option<u64> {
    let swap = swap().ok()?;
    swap.xsu_total.checked_sub(swap.xsu_avail)
}

/// All swap, and the part that is in use.
///
/// Source: `struct xsw_usage` in the macOS SDK's `sys/sysctl.h`, `vm.swapusage` in sysctl(8).
#[allow(unsafe_code)]
fn swap() -> io::Result<libc::xsw_usage> {
    // SAFETY: the structure is made of integers, which any bytes are.
    unsafe { sysctl(SWAP) }
}

/// The value of a name of sysctl(3).
///
/// # Errors
/// When the call fails: "not found" for a name that the kernel does not know. When the value is of another size.
///
/// # Safety
/// Any bytes are a valid `T`.
#[allow(unsafe_code)]
unsafe fn sysctl<T>(name: &CStr) -> io::Result<T> {
    let mut value = MaybeUninit::<T>::zeroed();
    let mut size = size_of::<T>();
    // SAFETY: the name ends in a nul; `value` and `size` live through the call, and `size` says how large `value` is.
    let done =
        unsafe { libc::sysctlbyname(name.as_ptr(), value.as_mut_ptr().cast(), &raw mut size, std::ptr::null_mut(), 0) };
    if done != 0 {
        return Err(io::Error::last_os_error());
    }
    if size != size_of::<T>() {
        return Err(ErrorKind::InvalidData.into());
    }
    // SAFETY: the bytes are those of the kernel, or zeros, and any are a `T`, as the caller promises.
    Ok(unsafe { value.assume_init() })
}
