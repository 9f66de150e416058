//! The figures of the machine, from files of `/proc` that stay open: one `pread` each for a reading, and no allocation.
//!
//! The kernel makes the contents of these files anew for each read from their start (its `fs/seq_file.c`, `seq_read_iter`), and
//! whole, however little is asked for. Of `/proc/stat` only the first line is asked for: copying a line for each of 4,096
//! processors would be all that a longer read adds.

mod cgroup;
mod compressed;
pub mod limits_in_force;
mod proc_file;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use anyhow::Result;

use crate::core::alerts::rule::{Rule, Rules};
use crate::core::metrics::cpu_usage::CpuMeter;
use crate::core::metrics::metric::Metric;
use crate::core::metrics::reading::{Pressure, Reading};
use crate::core::proc::swap::CompressedSwap;
use crate::core::proc::{arcstats, meminfo::MemInfoParser, pressure, stat, swap};
use crate::core::text;
use crate::core::time::Now;
use crate::runtime::clock;
use compressed::ZramSwap;
use proc_file::ProcFile;

const STAT: &str = "/proc/stat";
const MEMINFO: &str = "/proc/meminfo";

/// The room for a file at first: `/proc/meminfo` takes 1.5 KiB.
const BUFFER_BYTES: usize = 4096;
/// One file in so many readings is looked at, whether it is still the one at its path: a system call more.
const READINGS_PER_CHECK: u32 = 3;

/// Swap areas seldom change.
const READINGS_PER_LOOK_AT_SWAP: u32 = 15;

/// The reader of the machine's figures.
pub struct MachineReader {
    stat: ProcFile,
    meminfo: ProcFile,
    pressure: ProcFile,
    arcstats: ProcFile,
    cgroup: cgroup::CgroupReader,
    zram: ZramSwap,
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
        // Kernels without these files seldom get them later.
        let [pressure, arcstats] = ["/proc/pressure/memory", "/proc/spl/kstat/zfs/arcstats"].map(|path| {
            let mut file = ProcFile::new(path);
            file.open();
            file
        });
        let buffer = vec![0; BUFFER_BYTES];
        let [stat, meminfo] = [STAT, MEMINFO].map(ProcFile::new);
        let (meminfo_parser, cpu, zram) = (MemInfoParser::default(), CpuMeter::default(), ZramSwap::default());
        let is_container = false;
        Ok(MachineReader {
            stat,
            meminfo,
            pressure,
            arcstats,
            zram,
            cgroup: cgroup::CgroupReader::default(),
            is_container,
            readings: 0,
            meminfo_parser,
            cpu,
            buffer,
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
        let swap_used_bytes = info.swap_used_bytes();
        // The lines of zswap in a container are the host's.
        let zswap = text.filter(|_| swap_used_bytes > Some(0) && !self.is_container).and_then(swap::zswap);
        let compressed = match swap_used_bytes {
            Some(1..) => self.zram.read(info.swap_total_kib, &mut self.buffer),
            _ => Some(CompressedSwap::default()),
        };
        let compressed = compressed.map(|zram| zram.and(zswap.unwrap_or_default()));
        let arcstats = if self.is_container { None } else { self.arcstats.read(&mut self.buffer) };
        let zfs_cache_bytes = arcstats.and_then(arcstats::evictable_bytes);
        let info = if self.is_container { info.without_host_parts() } else { info };
        let memory = info.total_bytes().zip(info.used_bytes(zfs_cache_bytes));
        let pressure = self.pressure.read(&mut self.buffer).and_then(pressure::level);
        let reading = Reading {
            cpu_percent: usage.map(|usage| usage.percent),
            swap_used_bytes: swap_used_bytes.zip(compressed).map(|(used, compressed)| compressed.counted_bytes(used)),
            compressed_swap_bytes: compressed.map(|swap| swap.stored_bytes).filter(|bytes| *bytes > 0),
            memory_pressure: pressure,
            cpu_steal_percent: usage.and_then(|usage| usage.steal_percent),
            huge_free_bytes: info.huge_free_bytes(),
            zfs_cache_bytes,
            ..Reading::default()
        };
        let reading = memory.map_or(reading, |(total_bytes, used_bytes)| reading.with_memory(used_bytes, total_bytes));
        // A file whose figures are in doubt may have been replaced by another.
        if reading.cpu_percent.is_none() {
            self.stat.close();
        }
        if reading.memory_percent.is_none() {
            self.meminfo.close();
        }
        self.cgroup.apply(reading, swap_used_bytes, &read_at, [refresh_before, refresh], &mut self.buffer)
    }

    /// The reading without the values that may make an alert and whose file is not the one at its path any more, or is closed to
    /// this program: a call more for each file, which quiet readings do not take.
    pub fn confirm(&mut self, reading: Reading, rules: &Rules) -> Reading {
        let [cpu, memory] = rules;
        let Reading { memory_pressure, swap_used_bytes, .. } = reading;
        let swap_before = std::mem::replace(&mut self.swap_used_bytes, swap_used_bytes);
        let mut confirmed = reading;
        if cpu.is_some_and(|rule| rule.is_above(reading.cpu_percent, None)) && !self.stat.is_confirmed() {
            self.cpu = CpuMeter::default();
            confirmed = Reading { cpu_percent: None, cpu_steal_percent: None, ..confirmed };
        }
        let has_swap_grown = |rule: Rule| rule.swap_growth.is_some() && swap_used_bytes > swap_before;
        let is_above = |rule: Rule| rule.is_above(reading.memory_percent, memory_pressure) || has_swap_grown(rule);
        if memory.is_some_and(is_above) {
            if !self.meminfo.is_confirmed() {
                let Reading { cpu_percent, cpu_steal_percent, .. } = confirmed;
                confirmed = Reading { cpu_percent, cpu_steal_percent, memory_pressure, ..Reading::default() };
            }
            if memory_pressure > Some(Pressure::Normal) && !self.pressure.is_confirmed() {
                confirmed.memory_pressure = None;
                self.pressure.open();
            }
        }
        confirmed
    }

    /// Looks now and then whether the files are still those at their paths; most often at `/proc/stat`, whose figures make most
    /// alerts.
    fn check(&mut self) {
        self.readings = self.readings.wrapping_add(1);
        if self.readings.is_multiple_of(READINGS_PER_LOOK_AT_SWAP) {
            self.zram.close();
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

/// Why the figures of a metric cannot be read, in the system's words; `None` where its file can be read.
pub fn read_failure(metric: Metric) -> Option<String> {
    let path = match metric {
        Metric::Cpu => STAT,
        Metric::Memory => MEMINFO,
    };
    let read = File::open(path).and_then(|file| file.read_at(&mut [0; stat::FIRST_LINE_BYTES], 0));
    read.err().map(|error| text::problems::figures_unreadable(path, &error))
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
