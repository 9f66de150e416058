//! The use of the cgroup limits, from files that stay open: of memory two and of the CPU one or two (version 1) take the place
//! of the machine's figures. Where nothing is limited no file is read, but the limits are looked for now and then.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use crate::core::cgroup::files::single;
use crate::core::cgroup::folders::CgroupVersion;
use crate::core::cgroup::limits::{self, Limits};
use crate::core::cgroup::usage::{self, CpuCounters, CpuLimitMeter};
use crate::core::messages::output_line::CheckResult;
use crate::core::metrics::reading::Reading;
use crate::core::text;
use crate::core::time::Now;
use crate::runtime::platform::check::Check;

/// The limits may change while a program runs: they are looked for anew after so long, sooner where there are some.
const UNLIMITED_FOR: Duration = Duration::from_secs(60);
const LIMITED_FOR: Duration = Duration::from_secs(15);
/// The room for a second file beside the first: `memory.stat` takes 1.5 KiB.
const SMALL_FILE_BYTES: usize = 32;

/// The limits in force, and the files of their use.
#[derive(Default)]
pub struct CgroupReader {
    limits: Limits,
    looked_at: Option<Duration>,
    memory: Option<MemoryFiles>,
    cpu: Option<CpuFiles>,
    meter: CpuLimitMeter,
}

struct MemoryFiles {
    all: Option<File>,
    stat: Option<File>,
    /// Of version 2; version 1 has it in its `memory.stat`.
    swap: Option<File>,
}

struct CpuFiles {
    stat: Option<File>,
    /// Of version 1.
    usage: Option<File>,
}

/// The limits that hold this process now.
fn find() -> Limits {
    let text =
        |path: &str| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    limits::find(&text("/proc/self/cgroup"), &text("/proc/self/mountinfo"), |path| fs::read(path).ok())
}

impl CgroupReader {
    /// The reading with the figures of the limits in place of the machine's, where they are lower. A figure of a limit that
    /// cannot be read is unknown: the machine's is of something else.
    pub fn apply(
        &mut self,
        reading: Reading,
        now: &Now,
        refresh_before: Duration,
        refresh: Duration,
        buffer: &mut [u8],
    ) -> Reading {
        let is_limited = self.memory.is_some() || self.cpu.is_some();
        let valid_for = if is_limited { LIMITED_FOR } else { UNLIMITED_FOR };
        if self.looked_at.is_none_or(|at| now.elapsed.saturating_sub(at) >= valid_for) {
            self.look(now.elapsed, reading.memory_total_bytes);
        }
        let reading = self.with_memory(reading, buffer);
        self.with_cpu(reading, now, refresh_before, refresh, buffer)
    }

    fn look(&mut self, elapsed: Duration, machine_bytes: Option<u64>) {
        let limits = find();
        if limits.cpu != self.limits.cpu {
            self.meter = CpuLimitMeter::default();
        }
        self.limits = limits;
        self.looked_at = Some(elapsed);
        let open = |folder: &str, name: &str| File::open(Path::new(folder).join(name)).ok();
        // The total of lxcfs is the limit already.
        let below = |bytes: u64| machine_bytes.is_none_or(|machine_bytes| bytes < machine_bytes);
        self.memory = self.limits.memory.as_ref().filter(|limit| below(limit.bytes)).map(|limit| match limit.version {
            CgroupVersion::One => MemoryFiles {
                all: open(&limit.folder, "memory.usage_in_bytes"),
                stat: open(&limit.folder, "memory.stat"),
                swap: None,
            },
            CgroupVersion::Two => MemoryFiles {
                all: open(&limit.folder, "memory.current"),
                stat: open(&limit.folder, "memory.stat"),
                swap: open(&limit.folder, "memory.swap.current"),
            },
        });
        self.cpu = self.limits.cpu.as_ref().map(|limit| CpuFiles {
            stat: open(&limit.folder, "cpu.stat"),
            usage: (limit.version == CgroupVersion::One).then(|| open(&limit.usage_folder, "cpuacct.usage")).flatten(),
        });
    }

    fn with_memory(&self, reading: Reading, buffer: &mut [u8]) -> Reading {
        let (Some(limit), Some(files)) = (&self.limits.memory, &self.memory) else { return reading };
        let mut small = [0; SMALL_FILE_BYTES];
        let swap = read(files.swap.as_ref(), &mut small).and_then(single);
        let stat = read(files.stat.as_ref(), buffer);
        let swap = swap.or_else(|| usage::swap_used_bytes(stat?));
        let all = read(files.all.as_ref(), &mut small);
        let used = all.zip(stat).and_then(|(all, stat)| usage::memory_used_bytes(all, stat));
        let unknown = Reading {
            memory_percent: None,
            memory_used_bytes: None,
            memory_total_bytes: None,
            memory_limit_bytes: Some(limit.bytes),
            swap_used_bytes: swap,
            // Parts of the machine's memory.
            huge_free_bytes: None,
            zfs_cache_bytes: None,
            ..reading
        };
        // A group may exceed its limit for a moment, and `memory.high` for longer.
        used.map_or(unknown, |used_bytes| unknown.with_memory(used_bytes.min(limit.bytes), limit.bytes))
    }

    fn with_cpu(
        &mut self,
        reading: Reading,
        now: &Now,
        refresh_before: Duration,
        refresh: Duration,
        buffer: &mut [u8],
    ) -> Reading {
        let (Some(limit), Some(files)) = (&self.limits.cpu, &self.cpu) else { return reading };
        let mut small = [0; SMALL_FILE_BYTES];
        let usage = read(files.usage.as_ref(), &mut small);
        let is_whole = limit.version == CgroupVersion::Two || usage.is_some();
        let stat = read(files.stat.as_ref(), buffer).filter(|_| is_whole);
        let counters = stat.and_then(|stat| CpuCounters::parse(stat, usage));
        let used = self.meter.usage(counters, limit.cores, now, refresh_before, refresh);
        Reading {
            cpu_percent: used.map(|(percent, _)| percent),
            cpu_limit_cores: Some(limit.cores),
            throttling: used.and_then(|(_, throttling)| throttling),
            // A share of the machine's time.
            cpu_steal_percent: None,
            ..reading
        }
    }
}

/// The beginning of an open file; `None` where it is not open, or cannot be read.
fn read<'a>(file: Option<&File>, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let length = file?.read_at(buffer, 0).ok()?;
    buffer.get(..length)
}

/// The check of the limits. None is not missed.
pub fn check() -> Check {
    let limits = find();
    let result = match (&limits.memory, &limits.cpu) {
        (None, None) if limits.are_seen => CheckResult::Ok(text::metrics::cgroup::NO_LIMIT.into()),
        (None, None) => CheckResult::Absent(text::metrics::cgroup::NOT_SEEN.into()),
        (memory, cpu) => {
            let memory = memory.as_ref().map(|limit| text::metrics::cgroup::memory(limit.bytes, &limit.folder));
            let cpu = cpu.as_ref().map(|limit| text::metrics::cgroup::cpu(limit.cores, &limit.folder));
            CheckResult::Ok(memory.into_iter().chain(cpu).collect::<Vec<_>>().join("; "))
        }
    };
    Check { name: "cgroup limit".into(), result }
}
