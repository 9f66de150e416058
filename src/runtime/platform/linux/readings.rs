//! The figures of the machine, from files of `/proc` that stay open: one `pread` each for a reading, and no allocation.
//!
//! The kernel makes the contents of these files anew for each read from their start (its `fs/seq_file.c`, `seq_read_iter`), and
//! whole, however little is asked for. Of `/proc/stat` only the first line is asked for: copying a line for each of 4,096
//! processors would be all that a longer read adds.

pub mod cgroup;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use anyhow::Result;
use rustix::fs::{PROC_SUPER_MAGIC, fstatfs};

use crate::core::metrics::cpu_usage::CpuMeter;
use crate::core::metrics::reading::Reading;
use crate::core::proc::{arcstats, meminfo::MemInfo, pressure, stat};
use crate::core::time::Now;
use crate::runtime::clock;

/// The room for a file at first: `/proc/meminfo` takes 1.5 KiB.
const BUFFER_BYTES: usize = 4096;
/// No file of `/proc` that is read here comes near it.
const MAX_BUFFER_BYTES: usize = 1 << 20;

/// The files are opened anew every so many readings, and after figures in doubt: an open file outlives the permission to read it,
/// and whatever is mounted over it, as tools of containers do. That takes a few more system calls.
const READINGS_PER_OPENING: u32 = 15;

/// The reader of the machine's figures.
pub struct MachineReader {
    stat: ProcFile,
    meminfo: ProcFile,
    pressure: ProcFile,
    arcstats: ProcFile,
    cgroup: cgroup::CgroupReader,
    /// Whether the figures of memory are a container's, made by lxcfs. Those of ZFS and of huge pages are still the host's then.
    is_container: bool,
    readings: u32,
    cpu: CpuMeter,
    buffer: Vec<u8>,
}

/// A file of `/proc`, while it is open.
struct ProcFile {
    path: &'static str,
    file: Option<File>,
}

impl MachineReader {
    /// A reader before its first reading.
    ///
    /// # Errors
    /// None on Linux: a file that cannot be opened is tried again for each reading.
    pub fn new() -> Result<MachineReader> {
        let of = |path| ProcFile { path, file: None };
        // Kernels without these files seldom get them later.
        let [pressure, arcstats] = ["/proc/pressure/memory", "/proc/spl/kstat/zfs/arcstats"].map(|path| {
            let mut file = of(path);
            file.open();
            file
        });
        let buffer = vec![0; BUFFER_BYTES];
        let [stat, meminfo] = ["/proc/stat", "/proc/meminfo"].map(of);
        let cpu = CpuMeter::default();
        let cgroup = cgroup::CgroupReader::default();
        Ok(MachineReader { stat, meminfo, pressure, arcstats, cgroup, is_container: false, readings: 0, cpu, buffer })
    }

    /// Reads all figures. The CPU percentage is the work since the reading before, and unknown at the first.
    pub fn read(&mut self, now: &Now, refresh_before: Duration, refresh: Duration) -> Reading {
        let begun = clock::monotonic();
        self.stat.open();
        let line = self.buffer.get_mut(..stat::FIRST_LINE_BYTES).and_then(|buffer| self.stat.read(buffer));
        // With thousands of processors the kernel takes its time for the counters, and a busy machine may take more.
        let elapsed = now.elapsed.saturating_add(clock::monotonic().saturating_sub(begun));
        let read_at = Now { elapsed, wall: now.wall.clone() };
        let usage = self.cpu.usage(line.and_then(stat::cpu_times), &read_at, refresh_before, refresh);
        if self.meminfo.open() {
            self.is_container = !self.meminfo.is_of_the_kernel();
        }
        let info = self.meminfo.read_whole(&mut self.buffer).map(MemInfo::parse).unwrap_or_default();
        let arcstats = if self.is_container { None } else { self.arcstats.read(&mut self.buffer) };
        let zfs_cache_bytes = arcstats.and_then(arcstats::evictable_bytes);
        let info = if self.is_container { info.without_host_parts() } else { info };
        let memory = info.total_bytes().zip(info.used_bytes(zfs_cache_bytes));
        let pressure = self.pressure.read(&mut self.buffer).and_then(pressure::level);
        let reading = Reading {
            cpu_percent: usage.map(|usage| usage.percent),
            swap_used_bytes: info.swap_used_bytes(),
            memory_pressure: pressure,
            cpu_steal_percent: usage.and_then(|usage| usage.steal_percent),
            huge_free_bytes: info.huge_free_bytes(),
            zfs_cache_bytes,
            ..Reading::default()
        };
        let reading = memory.map_or(reading, |(total_bytes, used_bytes)| reading.with_memory(used_bytes, total_bytes));
        let limited = self.cgroup.apply(reading, &read_at, refresh_before, refresh, &mut self.buffer);
        self.readings = self.readings.wrapping_add(1);
        let is_old = self.readings.is_multiple_of(READINGS_PER_OPENING);
        // A file whose figures are in doubt may have been replaced by another.
        if is_old || reading.cpu_percent.is_none() {
            self.stat.file = None;
        }
        if is_old || reading.memory_percent.is_none() {
            self.meminfo.file = None;
        }
        limited
    }
}

impl ProcFile {
    /// Opens the file, unless it is open. Returns whether it has been opened now.
    fn open(&mut self) -> bool {
        if self.file.is_some() {
            return false;
        }
        self.file = File::open(self.path).ok();
        self.file.is_some()
    }

    /// Whether the open file is on procfs, and not one of another file system that is mounted over it.
    ///
    /// Source: statfs(2), `PROC_SUPER_MAGIC`; lxcfs(1) mounts files of FUSE over those of `/proc`.
    fn is_of_the_kernel(&self) -> bool {
        let statfs = self.file.as_ref().and_then(|file| fstatfs(file).ok());
        statfs.is_some_and(|statfs| statfs.f_type == PROC_SUPER_MAGIC)
    }

    /// The beginning of the file; `None` where it cannot be read.
    fn read<'a>(&self, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        let length = self.file.as_ref()?.read_at(buffer, 0).ok()?;
        buffer.get(..length)
    }

    /// The whole file; the buffer grows until it fits.
    fn read_whole<'a>(&self, buffer: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        loop {
            let length = self.file.as_ref()?.read_at(buffer, 0).ok()?;
            if length < buffer.len() {
                return buffer.get(..length);
            }
            if buffer.len() >= MAX_BUFFER_BYTES {
                return None;
            }
            buffer.resize(buffer.len() * 2, 0);
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
        reader.arcstats = ProcFile { path: arcstats, file: None };
        reader.arcstats.open();
        let reading = reader.read(&clock::now(), REFRESH, REFRESH);
        assert_eq!(reading.zfs_cache_bytes, Some(4_000), "of the kernel's own files");
        let pages = "HugePages_Free: 2\nHugePages_Rsvd: 0\nHugepagesize: 2048 kB\n";
        let meminfo = format!("MemTotal: 16000 kB\nMemFree: 1000 kB\nMemAvailable: 2000 kB\n{pages}");
        reader.meminfo = ProcFile { path: file("meminfo", &meminfo), file: None };
        let reading = reader.read(&clock::now(), REFRESH, REFRESH);
        assert_eq!((reading.zfs_cache_bytes, reading.huge_free_bytes), (None, None));
        assert_eq!(reading.memory_used_bytes, Some(14_000 * 1024));
    }

    #[test]
    fn a_large_file_makes_the_buffer_grow_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = b"x".repeat(3 * BUFFER_BYTES);
        std::fs::write(file.path(), &text).unwrap();
        let large = ProcFile { path: "", file: Some(File::open(file.path()).unwrap()) };
        let mut buffer = vec![0; BUFFER_BYTES];
        assert_eq!(large.read_whole(&mut buffer), Some(&text[..]));
        assert_eq!(buffer.len(), 4 * BUFFER_BYTES);
        assert_eq!(large.read(&mut buffer[..10]), Some(&b"xxxxxxxxxx"[..]));
    }
}
