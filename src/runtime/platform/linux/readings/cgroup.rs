//! The use of the cgroup limits, from files that stay open: of memory two or three and of the CPU one or two. They take the place
//! of the machine's figures. Where nothing is limited no file is read, but the limits are looked for now and then.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use super::proc_file::{STAT, is_missing, is_unsupported, read_at_start};
use crate::core::cgroup::files::{FileContent, processors, single};
use crate::core::cgroup::folders::CgroupVersion;
use crate::core::cgroup::limits::{self, CpuLimit, CpuSource, Limits, MemoryLimit, ONLINE_PROCESSORS};
use crate::core::cgroup::usage::{self, CpuCounters, CpuLimitMeter};
use crate::core::metrics::reading::Reading;
use crate::core::proc::stat;
use crate::core::time::Now;

const MEMBERSHIP: &str = "/proc/self/cgroup";
const MOUNTINFO: &str = "/proc/self/mountinfo";

/// The limits may change while a program runs, or the program may be put into another group: seen after so long. A change of the
/// limit in force is seen sooner, by its own file.
const VALID_FOR: Duration = Duration::from_secs(300);
/// The same after a file of a limit could not be read: the group may be gone.
const VALID_IN_DOUBT_FOR: Duration = Duration::from_secs(15);
/// The file of a limit is read in one of so many readings.
const READINGS_PER_CHECK: u32 = 4;
/// The room for a file with a number or two beside the buffer: `memory.stat` takes 1.5 KiB of that.
const SMALL_FILE_BYTES: usize = 64;
/// The room for a file of a look: a set of thousands of processors may be a long list.
const LOOK_BYTES: usize = 4096;

/// The limits in force, and the files of their use.
#[derive(Default)]
pub struct CgroupReader {
    limits: Limits,
    /// The groups of this process at the look, as the kernel writes them; `None` where they could not be read.
    membership: Option<Vec<u8>>,
    looked_at: Option<Duration>,
    is_in_doubt: bool,
    readings: u32,
    memory: Option<MemoryFiles>,
    cpu: Option<CpuFiles>,
    meter: CpuLimitMeter,
}

/// The figures of the machine that stand behind those of a limit.
#[derive(Clone, Copy)]
pub struct MachineFigures {
    /// `None` where nothing can be compared with it.
    pub memory_bytes: Option<u64>,
    /// Swap in use at its full size.
    pub swap_bytes: Option<u64>,
}

/// The limits that hold this process now.
pub fn find() -> Limits {
    find_by(&fs::read(MEMBERSHIP))
}

/// The same, by the file of the process's groups.
fn find_by(membership: &io::Result<Vec<u8>>) -> Limits {
    let mountinfo = fs::read(MOUNTINFO);
    let files = [(MEMBERSHIP, membership), (MOUNTINFO, &mountinfo)];
    let unclear = files.iter().find(|(_, file)| file.as_ref().is_err_and(|error| !is_missing(error)));
    let [membership, mountinfo] =
        files.map(|(_, file)| file.as_ref().map(|text| String::from_utf8_lossy(text)).unwrap_or_default());
    let mut buffer = [0; LOOK_BYTES];
    let mut limits = limits::find(&membership, &mountinfo, |path| content(path, &mut buffer));
    if let Some((path, _)) = unclear {
        limits.unclear_memory.get_or_insert_with(|| (*path).into());
        limits.unclear_cpu.get_or_insert_with(|| (*path).into());
    }
    limits
}

/// The content of a file of a cgroup, or of the list of processors. Without that list those of `/proc/stat` are counted.
fn content(path: &str, buffer: &mut [u8]) -> FileContent {
    let read = File::open(path).and_then(|file| file.read_at(buffer, 0));
    let text = match read {
        Ok(length) => FileContent::from(buffer.get(..length).map(<[u8]>::to_vec)),
        Err(error) if is_missing(&error) || is_unsupported(&error) => FileContent::Missing,
        Err(_) => FileContent::Unreadable,
    };
    if path != ONLINE_PROCESSORS || text.text().and_then(processors).is_some() {
        return text;
    }
    let counted = fs::read(STAT).ok().and_then(|stat| stat::processors(&stat));
    counted.map_or(text, |count| FileContent::Text(format!("0-{}", count - 1).into_bytes()))
}

impl CgroupReader {
    /// The reading with the figures of the limits in place of the machine's, where they are lower. A figure of a limit that
    /// cannot be read is unknown, and so is one that may be of a limit: the machine's is of something else.
    pub fn apply(
        &mut self,
        reading: Reading,
        machine: MachineFigures,
        now: &Now,
        refreshes: [Duration; 2],
        buffer: &mut [u8],
    ) -> Reading {
        self.check(now.elapsed);
        let reading = self.with_memory(reading, machine, buffer);
        self.with_cpu(reading, now, refreshes, buffer)
    }

    /// Whether this process is still in the groups of the latest look, and their limits are the same. Otherwise the next reading
    /// looks for them.
    pub fn is_confirmed(&mut self) -> bool {
        let is_confirmed = fs::read(MEMBERSHIP).ok() == self.membership && !self.has_changed();
        if !is_confirmed {
            self.looked_at = None;
        }
        is_confirmed
    }

    /// Looks for the limits where that is due.
    fn check(&mut self, elapsed: Duration) {
        let valid_for = if self.is_in_doubt { VALID_IN_DOUBT_FOR } else { VALID_FOR };
        self.readings = self.readings.wrapping_add(1);
        if self.looked_at.is_none_or(|at| elapsed.saturating_sub(at) >= valid_for)
            || (self.readings.is_multiple_of(READINGS_PER_CHECK) && self.has_changed())
        {
            self.look(elapsed);
        }
    }

    fn has_changed(&self) -> bool {
        let memory = self.memory.iter().any(|files| files.limit.has_changed());
        memory || self.cpu.iter().flat_map(|files| &files.limits).any(LimitFile::has_changed)
    }

    fn look(&mut self, elapsed: Duration) {
        let membership = fs::read(MEMBERSHIP);
        let limits = find_by(&membership);
        self.membership = membership.ok();
        if limits.cpu != self.limits.cpu || limits.unclear_cpu.is_some() {
            self.meter = CpuLimitMeter::default();
        }
        self.limits = limits;
        self.looked_at = Some(elapsed);
        self.is_in_doubt = self.limits.unclear_memory.is_some() || self.limits.unclear_cpu.is_some();
        self.memory = None;
        self.cpu = self.limits.cpu.as_ref().map(|(limit, source)| CpuFiles::open(limit, source));
    }

    fn with_memory(&mut self, reading: Reading, machine: MachineFigures, buffer: &mut [u8]) -> Reading {
        if self.limits.unclear_memory.is_some() {
            return reading.without_memory();
        }
        let below = |limit: &&MemoryLimit| limit.is_below(machine.memory_bytes);
        let Some(limit) = self.limits.memory.as_ref().filter(below) else { return reading };
        let files = self.memory.get_or_insert_with(|| MemoryFiles::open(limit, buffer));
        let all_bytes = read_number(files.all.as_ref());
        let stat = read(files.stat.as_ref(), buffer);
        let unknown = Reading {
            memory_percent: None,
            memory_used_bytes: None,
            memory_total_bytes: None,
            memory_limit_bytes: Some(limit.bytes),
            // Parts of the machine's memory.
            huge_free_bytes: None,
            zfs_cache_bytes: None,
            ..files.swap.of_group(reading, machine.swap_bytes, all_bytes, stat)
        };
        let used = all_bytes.zip(stat).and_then(|(all_bytes, stat)| usage::memory_used_bytes(all_bytes, stat));
        self.is_in_doubt |= used.is_none();
        // A group may exceed its limit for a moment, and `memory.high` for longer.
        used.map_or(unknown, |used_bytes| unknown.with_memory(used_bytes.min(limit.bytes), limit.bytes))
    }

    fn with_cpu(&mut self, reading: Reading, now: &Now, refreshes: [Duration; 2], buffer: &mut [u8]) -> Reading {
        if self.limits.unclear_cpu.is_some() {
            return reading.without_cpu();
        }
        let (Some((limit, _)), Some(files)) = (&self.limits.cpu, &self.cpu) else { return reading };
        let counters = files.read(buffer);
        self.is_in_doubt |= counters.is_none();
        let [refresh_before, refresh] = refreshes;
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

/// A file with a limit, and its content at the look. What is behind its first bytes is not compared.
struct LimitFile {
    file: Option<File>,
    text: [u8; SMALL_FILE_BYTES],
    length: usize,
}

impl LimitFile {
    fn open(path: &str) -> LimitFile {
        let (file, mut text) = (File::open(path).ok(), [0; SMALL_FILE_BYTES]);
        let length = read(file.as_ref(), &mut text).map_or(0, <[u8]>::len);
        LimitFile { file, text, length }
    }

    fn has_changed(&self) -> bool {
        read(self.file.as_ref(), &mut [0; SMALL_FILE_BYTES]) != self.text.get(..self.length)
    }
}

struct MemoryFiles {
    limit: LimitFile,
    all: Option<File>,
    stat: Option<File>,
    swap: GroupSwap,
}

/// The source of a group's swap in use.
enum GroupSwap {
    /// The kernel does not count it.
    None,
    /// `memory.swap.current` of version 2.
    Counted(Option<File>),
    /// `memory.stat` of version 1.
    InStat,
    /// `memory.memsw.usage_in_bytes` of version 1, with the memory in use.
    WithMemory(Option<File>),
}

impl MemoryFiles {
    fn open(limit: &MemoryLimit, buffer: &mut [u8]) -> MemoryFiles {
        let try_open = |name: &str| File::open(format!("{}/{name}", limit.group.folder));
        let open = |name: &str| try_open(name).ok();
        // A file that is there and cannot be opened makes the swap unknown: the machine's is of something else.
        let swap = |name: &str, counted: fn(Option<File>) -> GroupSwap| match try_open(name) {
            Err(error) if is_missing(&error) => GroupSwap::None,
            opened => counted(opened.ok()),
        };
        let stat = open("memory.stat");
        let mut is_in_stat = || read(stat.as_ref(), buffer).and_then(usage::swap_used_bytes).is_some();
        let (all, swap) = match limit.version {
            CgroupVersion::One if is_in_stat() => (open("memory.usage_in_bytes"), GroupSwap::InStat),
            CgroupVersion::One => {
                let swap = swap("memory.memsw.usage_in_bytes", GroupSwap::WithMemory);
                (open("memory.usage_in_bytes"), swap)
            }
            CgroupVersion::Two => (open("memory.current"), swap("memory.swap.current", GroupSwap::Counted)),
        };
        MemoryFiles { limit: LimitFile::open(&limit.file), all, stat, swap }
    }
}

impl GroupSwap {
    /// The reading with the group's swap; the machine's where the kernel does not count the group's.
    fn of_group(
        &self,
        reading: Reading,
        machine_swap_bytes: Option<u64>,
        memory_bytes: Option<u64>,
        stat: Option<&[u8]>,
    ) -> Reading {
        let full_size = match self {
            GroupSwap::None => return reading,
            GroupSwap::Counted(file) => read_number(file.as_ref()),
            GroupSwap::InStat => stat.and_then(usage::swap_used_bytes),
            GroupSwap::WithMemory(file) => {
                read_number(file.as_ref()).zip(memory_bytes).map(|(both, memory)| both.saturating_sub(memory))
            }
        };
        let counted = full_size.zip(machine_swap_bytes.zip(reading.swap_used_bytes));
        let swap_used_bytes =
            counted.map(|(group, (machine, counted))| usage::counted_swap_bytes(group, machine, counted));
        // The compressed part is the machine's.
        Reading { swap_used_bytes, compressed_swap_bytes: None, ..reading }
    }
}

struct CpuFiles {
    limits: Vec<LimitFile>,
    usage: Option<File>,
    /// Where they are not in the file of the use.
    periods: Option<File>,
}

impl CpuFiles {
    fn open(limit: &CpuLimit, source: &CpuSource) -> CpuFiles {
        let limits = limit.files.iter().map(|path| LimitFile::open(path)).collect();
        let periods = source.periods.as_ref().and_then(|path| File::open(path).ok());
        CpuFiles { limits, usage: File::open(&source.usage).ok(), periods }
    }

    fn read(&self, buffer: &mut [u8]) -> Option<CpuCounters> {
        let mut small = [0; SMALL_FILE_BYTES * 4];
        let periods = read(self.periods.as_ref(), &mut small);
        let usage = read(self.usage.as_ref(), buffer)?;
        CpuCounters::parse(usage, periods.unwrap_or(usage))
    }
}

/// The number in an open file; `None` where there is none.
fn read_number(file: Option<&File>) -> Option<u64> {
    read(file, &mut [0; SMALL_FILE_BYTES]).and_then(single)
}

/// The beginning of an open file; `None` where it is not open, or cannot be read.
fn read<'a>(file: Option<&File>, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    read_at_start(file?, buffer)
}
