//! The figures of the machine, from files of `/proc` that stay open: one `pread` each for a reading, and no allocation.
//!
//! The kernel makes the contents of these files anew for each read from their start (its `fs/seq_file.c`, `seq_read_iter`), and
//! whole, however little is asked for. Of `/proc/stat` only the first line is asked for: copying a line for each of 4,096
//! processors would be all that a longer read adds.

mod cgroup;
mod compressed;
mod failures;
mod huge_pages;
pub mod limits_in_force;
mod proc_file;

use std::time::Duration;

use anyhow::Result;

use crate::core::alerts::rule::{RuleInput, Rules};
use crate::core::metrics::cpu_usage::CpuMeter;
use crate::core::metrics::reading::{Pressure, Reading};
use crate::core::proc::meminfo::{MemInfo, MemInfoParser};
use crate::core::proc::swap::CompressedSwap;
use crate::core::proc::{arcstats, pressure, stat, swap};
use crate::core::time::Now;
use crate::runtime::clock;
use cgroup::MachineFigures;
use compressed::ZramSwap;
pub use failures::{pressure_failure, read_failure, swap_failure};
use huge_pages::HugePages;
use proc_file::{ARCSTATS, Figure, MEMINFO, PRESSURE, ProcFile, STAT};

/// The room for a file at first: `/proc/meminfo` takes 1.5 KiB.
const BUFFER_BYTES: usize = 4096;
/// One file in so many readings is looked at, whether it is still the one at its path: a system call more.
const READINGS_PER_CHECK: u32 = 3;

/// Swap areas seldom change, and ZFS is seldom loaded.
const READINGS_PER_LOOK_AT_PARTS: u32 = 15;

/// The reader of the machine's figures.
pub struct MachineReader {
    stat: ProcFile,
    meminfo: ProcFile,
    pressure: ProcFile,
    arcstats: ProcFile,
    cgroup: cgroup::CgroupReader,
    zram: ZramSwap,
    huge_pages: HugePages,
    /// Whether the figures of memory are a container's, made by lxcfs. Those of ZFS and of huge pages are still the host's then.
    is_container: bool,
    readings: u32,
    meminfo_parser: MemInfoParser,
    cpu: CpuMeter,
    buffer: Vec<u8>,
    /// Of the reading before.
    swap_used_bytes: Option<u64>,
}

impl MachineReader {
    /// A reader before its first reading.
    ///
    /// # Errors
    /// None on Linux: a file that cannot be opened is tried again for each reading.
    pub fn new() -> Result<MachineReader> {
        let [stat, meminfo, pressure, arcstats] = [STAT, MEMINFO, PRESSURE, ARCSTATS].map(ProcFile::new);
        Ok(MachineReader {
            stat,
            meminfo,
            pressure,
            arcstats,
            zram: ZramSwap::default(),
            huge_pages: HugePages::default(),
            cgroup: cgroup::CgroupReader::default(),
            is_container: false,
            readings: 0,
            meminfo_parser: MemInfoParser::default(),
            cpu: CpuMeter::default(),
            buffer: vec![0; BUFFER_BYTES],
            swap_used_bytes: None,
        })
    }

    /// Reads all figures. The CPU percentage is the work since the reading before, and unknown at the first.
    pub fn read(&mut self, now: &Now, refresh_before: Duration, refresh: Duration) -> Reading {
        let begun = clock::monotonic();
        self.check();
        if self.stat.open() {
            // The counters of another file have nothing to do with those of the file before.
            self.cpu = CpuMeter::default();
        }
        let line = self.buffer.get_mut(..stat::FIRST_LINE_BYTES).and_then(|buffer| self.stat.read(buffer));
        // With thousands of processors the kernel takes its time for the counters, and a busy machine may take more.
        let elapsed = now.elapsed.saturating_add(clock::monotonic().saturating_sub(begun));
        let read_at = Now { elapsed, wall: now.wall.clone() };
        let usage = self.cpu.usage(line.and_then(stat::cpu_times), &read_at, refresh_before, refresh);
        if self.meminfo.open() {
            self.is_container = self.meminfo.is_of_lxcfs();
        }
        let text = self.meminfo.read_whole(&mut self.buffer);
        let info = text.map(|text| self.meminfo_parser.parse(text)).unwrap_or_default();
        let info = if self.is_container { info.without_host_parts() } else { info };
        let swap_bytes = info.swap_used_bytes();
        // The lines of zswap in a container are the host's.
        let zswap = text.filter(|_| swap_bytes > Some(0) && !self.is_container).and_then(swap::zswap);
        let compressed = match swap_bytes {
            Some(1..) => self.zram.read(info.swap_total_kib, &mut self.buffer),
            _ => Some(CompressedSwap::default()),
        };
        let compressed = compressed.map(|zram| zram.and(zswap.unwrap_or_default()));
        let parts_bytes = self.unused_parts(&info);
        let pressure = self.pressure.figure(&mut self.buffer, pressure::level);
        let [huge_free_bytes, zfs_cache_bytes] = parts_bytes.unwrap_or_default();
        let reading = Reading {
            cpu_percent: usage.map(|usage| usage.percent),
            swap_used_bytes: swap_bytes.zip(compressed).map(|(used, compressed)| compressed.counted_bytes(used)),
            compressed_swap_bytes: compressed.map(|swap| swap.stored_bytes).filter(|bytes| *bytes > 0),
            memory_pressure: pressure.known(),
            is_pressure_unread: pressure == Figure::Unread,
            cpu_steal_percent: usage.and_then(|usage| usage.steal_percent),
            huge_free_bytes,
            zfs_cache_bytes,
            ..Reading::default()
        };
        let memory_bytes = info.total_bytes().filter(|_| info.used_bytes(None).is_some());
        let used_bytes = parts_bytes.and_then(|parts_bytes| info.used_bytes_less(parts_bytes));
        let memory = memory_bytes.zip(used_bytes);
        let reading = memory.map_or(reading, |(total_bytes, used_bytes)| reading.with_memory(used_bytes, total_bytes));
        // A file whose figures are in doubt may have been replaced by another.
        if reading.cpu_percent.is_none() {
            self.stat.close();
        }
        if reading.memory_percent.is_none() {
            self.meminfo.close();
        }
        let machine = MachineFigures { memory_bytes, swap_bytes };
        self.cgroup.apply(reading, machine, &read_at, [refresh_before, refresh], &mut self.buffer)
    }

    /// The free huge pages, and the cache of ZFS above its minimum, each `None` where there is none; `None` for both where one is
    /// there and cannot be read: then the memory in use is not known.
    fn unused_parts(&mut self, info: &MemInfo) -> Option<[Option<u64>; 2]> {
        let huge_free_bytes =
            if info.has_other_huge_pages() { Some(self.huge_pages.free_bytes()?) } else { info.huge_free_bytes() };
        if self.is_container {
            return Some([huge_free_bytes, None]);
        }
        match self.arcstats.figure(&mut self.buffer, arcstats::evictable_bytes) {
            Figure::Unread => None,
            zfs_cache => Some([huge_free_bytes, zfs_cache.known()]),
        }
    }

    /// The reading without the values that may make an alert and whose source is not the one in force any more, or is closed to
    /// this program: a few calls more, which quiet readings do not take.
    pub fn confirm(&mut self, reading: Reading, rules: &Rules) -> Reading {
        let Reading { memory_pressure, is_pressure_unread, swap_used_bytes, .. } = reading;
        let has_swap_grown = std::mem::replace(&mut self.swap_used_bytes, swap_used_bytes) < swap_used_bytes;
        let [cpu, memory] = rules;
        let of_cpu = RuleInput { percent: reading.cpu_percent, ..RuleInput::default() };
        let is_cpu_above = cpu.is_some_and(|rule| rule.is_above(&of_cpu));
        let percent = reading.memory_percent;
        let of_memory = RuleInput { percent, pressure: memory_pressure, is_pressure_unread, ..RuleInput::default() };
        let is_by_swap = memory.is_some_and(|rule| rule.uses_swap()) && has_swap_grown;
        let is_memory_above = memory.is_some_and(|rule| rule.is_above(&of_memory)) || is_by_swap;
        if !is_cpu_above && !is_memory_above {
            return reading;
        }
        let mut confirmed = reading;
        let is_same_group = self.cgroup.is_confirmed();
        if is_cpu_above && !(is_same_group && self.is_cpu_confirmed(&reading)) {
            confirmed = confirmed.without_cpu();
        }
        if is_memory_above {
            if !(is_same_group && self.is_memory_confirmed()) {
                confirmed = confirmed.without_memory();
            } else if is_by_swap && !self.zram.is_confirmed(&mut self.buffer) {
                (confirmed.swap_used_bytes, confirmed.compressed_swap_bytes) = (None, None);
            }
            if memory_pressure > Some(Pressure::Normal) && !self.pressure.is_confirmed() {
                (confirmed.memory_pressure, confirmed.is_pressure_unread) = (None, true);
            }
        }
        confirmed
    }

    /// Whether the file of the CPU's percentage is the one at its path; that of a limit is no file of the machine's.
    fn is_cpu_confirmed(&mut self, reading: &Reading) -> bool {
        if reading.cpu_limit_cores.is_some() {
            return true;
        }
        let is_confirmed = self.stat.is_confirmed();
        if !is_confirmed {
            self.cpu = CpuMeter::default();
        }
        is_confirmed
    }

    /// The same for memory: also of a limit, because the machine's memory tells whether that is in force.
    fn is_memory_confirmed(&mut self) -> bool {
        self.meminfo.is_confirmed() && (self.is_container || self.arcstats.is_confirmed_or_missing())
    }

    /// Whether the counters of the CPU stood still at the latest reading, as those do for a while that are seldom brought up to
    /// date.
    pub fn is_standing_still(&self) -> bool {
        self.cpu.is_standing_still()
    }

    /// Looks now and then whether the files are still those at their paths; most often at `/proc/stat`, whose figures make most
    /// alerts.
    fn check(&mut self) {
        self.readings = self.readings.wrapping_add(1);
        match self.readings % READINGS_PER_LOOK_AT_PARTS {
            0 => self.zram.close(),
            // Not in one reading with any other check.
            7 => {
                self.arcstats.close_if_replaced();
                self.arcstats.open();
            }
            _ => {}
        }
        if self.readings.is_multiple_of(READINGS_PER_CHECK) {
            match self.readings / READINGS_PER_CHECK % 4 {
                0 => self.meminfo.close_if_replaced(),
                2 => {
                    self.pressure.close_if_replaced();
                    self.pressure.open();
                }
                _ => self.stat.close_if_replaced(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFRESH: Duration = Duration::from_secs(2);

    #[test]
    fn a_file_that_cannot_be_opened_makes_its_figures_unknown_and_no_others() {
        let mut reader = MachineReader::new().unwrap();
        reader.stat.path = "/proc/no-such-file";
        reader.read(&clock::now(), REFRESH, REFRESH);
        clock::wait_for(Duration::from_millis(50));
        let reading = reader.read(&clock::now(), REFRESH, REFRESH);
        assert_eq!(reading.cpu_percent, None);
        assert!(reading.memory_percent.is_some() && reading.swap_used_bytes.is_some(), "{reading:?}");
        let mut reader = MachineReader::new().unwrap();
        reader.meminfo.path = "/proc/no-such-file";
        let reading = reader.read(&clock::now(), REFRESH, REFRESH);
        assert_eq!((reading.memory_percent, reading.memory_total_bytes, reading.swap_used_bytes), (None, None, None));
    }

    #[test]
    fn parts_of_the_host_do_not_lessen_the_memory_of_a_container() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            &*Box::leak(path.into_os_string().into_string().unwrap().into_boxed_str())
        };
        let arcstats = file("arcstats", "c_min 4 1000\nsize 4 5000\n");
        let mut reader = MachineReader::new().unwrap();
        reader.arcstats = ProcFile::new(arcstats);
        reader.arcstats.open();
        let reading = reader.read(&clock::now(), REFRESH, REFRESH);
        assert_eq!(reading.zfs_cache_bytes, Some(4_000), "of the kernel's own files");
        let pages = "HugePages_Free: 2\nHugePages_Rsvd: 0\nHugepagesize: 2048 kB\n";
        let meminfo = format!("MemTotal: 16000 kB\nMemFree: 1000 kB\nMemAvailable: 2000 kB\n{pages}");
        reader.meminfo = ProcFile::new(file("meminfo", &meminfo));
        let reading = reader.read(&clock::now(), REFRESH, REFRESH);
        assert_eq!((reading.zfs_cache_bytes, reading.huge_free_bytes), (Some(4_000), Some(4096 * 1024)));
        reader.is_container = true;
        let reading = reader.read(&clock::now(), REFRESH, REFRESH);
        assert_eq!((reading.zfs_cache_bytes, reading.huge_free_bytes), (None, None));
        assert_eq!(reading.memory_used_bytes, Some(14_000 * 1024));
    }
}
