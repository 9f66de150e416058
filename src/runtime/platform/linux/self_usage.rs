//! The CPU time, memory and age of a process, from `/proc`: Loadline's own usage.
//!
//! Source: proc(5), and the kernel's `Documentation/filesystems/proc.rst`.

use std::fs;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::core::metrics::self_usage::SelfUsage;
use crate::core::proc::process::{ProcessStat, memory};
use crate::core::processes::top_apps::cpu_time;

/// The usage of the process `pid` since it was started. Figures that cannot be read are `None`: all of them when there is no
/// such process.
pub fn self_usage(pid: u32) -> SelfUsage {
    let ticks_per_second = rustix::param::clock_ticks_per_second();
    let line = fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
    let stat = ProcessStat::parse(&line);
    SelfUsage {
        cpu_time: stat.as_ref().map(|stat| cpu_time(stat.ticks, ticks_per_second)),
        memory_bytes: proportional_bytes(pid).or_else(|| resident_bytes(pid)),
        up: stat.map(|stat| since_boot().saturating_sub(cpu_time(stat.started, ticks_per_second))),
    }
}

/// The process's own memory, and its proportional share of the memory that it shares with others.
fn proportional_bytes(pid: u32) -> Option<u64> {
    pss_bytes(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?)
}

/// The `Pss` of `smaps_rollup`, which is in KiB.
fn pss_bytes(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// All resident memory: kernels before 4.14, and some containers, report no more.
fn resident_bytes(pid: u32) -> Option<u64> {
    let line = fs::read(format!("/proc/{pid}/statm")).ok()?;
    let (private_bytes, shared_bytes) = memory(&line, rustix::param::page_size() as u64)?;
    Some(private_bytes.saturating_add(shared_bytes))
}

/// The clock by which the kernel dates processes. It advances while the machine sleeps.
fn since_boot() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_of_this_process_is_plausible() {
        let pid = std::process::id();
        let usage = self_usage(pid);
        let (proportional, resident) = (proportional_bytes(pid).unwrap(), resident_bytes(pid).unwrap());
        // Other threads of the tests come and go meanwhile.
        assert!(proportional > 1 << 20 && proportional < resident * 2, "{proportional} of {resident}");
        assert!(usage.memory_bytes.unwrap() > 1 << 20);
        let (cpu_time, up) = (usage.cpu_time.unwrap(), usage.up.unwrap());
        assert!(up < Duration::from_secs(24 * 3600), "{up:?}");
        let cores = std::thread::available_parallelism().unwrap().get() as u32;
        assert!(cpu_time <= (up + Duration::from_secs(1)) * cores, "{cpu_time:?} in {up:?}");
    }

    #[test]
    fn a_process_that_does_not_exist_has_no_usage() {
        // More than the kernel ever gives out (`PID_MAX_LIMIT`).
        assert_eq!(self_usage(u32::MAX), SelfUsage::default());
    }

    #[test]
    fn the_proportional_share_is_read_in_bytes() {
        let rollup = "5581-7ffd ---p 00000000 00:00 0 [rollup]\nRss:    884 kB\nPss:    385 kB\nPss_Dirty:  68 kB\n";
        assert_eq!(pss_bytes(rollup), Some(385 * 1024));
        for text in ["", "Rss: 884 kB\n", "Pss: 385\n", "Pss: kB\n"] {
            assert_eq!(pss_bytes(text), None, "{text:?}");
        }
    }
}
