//! The figures of the machine, from files of `/proc` that stay open: one `pread` each for a reading, and no allocation.
//!
//! The kernel makes the contents of these files anew for each read from their start (its `fs/seq_file.c`, `seq_read_iter`), and
//! whole, however little is asked for. Of `/proc/stat` only the first line is asked for: copying a line for each of 4,096
//! processors would be all that a longer read adds.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use anyhow::Result;

use crate::core::metrics::cpu_usage::CpuMeter;
use crate::core::metrics::reading::Reading;
use crate::core::proc::{arcstats, meminfo::MemInfo, pressure, stat};
use crate::core::time::Now;
use crate::runtime::clock;

/// The room for a file at first: `/proc/meminfo` takes 1.5 KiB.
const BUFFER_BYTES: usize = 4096;
/// No file of `/proc` that is read here comes near it.
const MAX_BUFFER_BYTES: usize = 1 << 20;

/// Values from this much on may lead to an alert, so their file is opened anew for the next reading: an open file outlives the
/// permission to read it, and whatever is mounted over it, as tools of containers do. That takes two more system calls.
const HIGH_PERCENT: f64 = 75.0;

/// The reader of the machine's figures.
pub struct MachineReader {
    stat: ProcFile,
    meminfo: ProcFile,
    pressure: ProcFile,
    arcstats: ProcFile,
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
        Ok(MachineReader { stat, meminfo, pressure, arcstats, cpu: CpuMeter::default(), buffer })
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
        self.meminfo.open();
        let info = self.meminfo.read_whole(&mut self.buffer).map(MemInfo::parse).unwrap_or_default();
        let zfs_cache_bytes = self.arcstats.read(&mut self.buffer).and_then(arcstats::evictable_bytes);
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
        // A file whose figures are in doubt may have been replaced by another.
        let is_kept = |percent: Option<f64>| percent.is_some_and(|percent| percent < HIGH_PERCENT);
        if !is_kept(reading.cpu_percent) {
            self.stat.file = None;
        }
        if !is_kept(reading.memory_percent) {
            self.meminfo.file = None;
        }
        reading
    }
}

impl ProcFile {
    /// Opens the file, unless it is open.
    fn open(&mut self) {
        if self.file.is_none() {
            self.file = File::open(self.path).ok();
        }
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
