//! The processes in `/proc`, read in one pass: one file of each, and a second one of those whose memory has changed.
//!
//! Source: proc(5), and the kernel's `Documentation/filesystems/proc.rst`.

#[cfg(feature = "menu-bar")]
pub mod asking;

use std::fmt::Write;
use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags, RawDir, openat};
use rustix::io::Errno;

use crate::core::proc::process::{ProcessStat, memory};
use crate::core::processes::app_name;
use crate::core::processes::top_apps::{Counted, ProcessSample, cpu_time};
use crate::core::text;
use crate::runtime::platform::linux::readings::limits_in_force::limited_groups;

/// The common name of the kernel's own threads. There are hundreds, and they have no memory of their own.
const KERNEL: &str = "kernel";

/// The part of a process's arguments that is read: the name of a script comes early, but Java's class path comes before it.
const ARGUMENTS_BYTES: usize = 16 << 10;

/// The entries of `/proc` are read so many bytes at a time.
const LIST_BYTES: usize = 8 << 10;

/// Scans the processes, and stores from one scan to the next whatever costs a further file: names, and the split of memory. A
/// process that has not changed costs one file and no allocation.
pub struct ProcessTable {
    /// In the order of the pids, which is that of `/proc`.
    known: Vec<KnownProcess>,
    kernel: Arc<str>,
    path: String,
    buffer: Vec<u8>,
    page_bytes: u64,
    ticks_per_second: u64,
}

/// A process as the scan before has found it. One that has started another program has another *comm*.
struct KnownProcess {
    pid: u32,
    started: u64,
    comm: Vec<u8>,
    application: Arc<str>,
    resident_pages: u64,
    /// Its own memory, and the shared.
    memory_bytes: (u64, u64),
}

impl Default for ProcessTable {
    fn default() -> ProcessTable {
        ProcessTable {
            known: Vec::new(),
            kernel: KERNEL.into(),
            path: String::new(),
            buffer: vec![0; ARGUMENTS_BYTES],
            page_bytes: rustix::param::page_size() as u64,
            ticks_per_second: rustix::param::clock_ticks_per_second(),
        }
    }
}

impl ProcessTable {
    /// All running processes, in the order of the pids. A process that ends during the scan is left out, and so is a hidden
    /// one (`hidepid`).
    ///
    /// # Errors
    /// When `/proc` cannot be read: it is not mounted, or too many files are open.
    pub fn scan(&mut self) -> Result<Vec<ProcessSample>, String> {
        let samples = self.samples().map_err(|error| text::desktop::processes_unreadable(&error))?;
        match samples.is_empty() {
            true => Err(text::desktop::processes_unreadable(text::desktop::NO_PROCESSES_IN_PROC)),
            false => Ok(samples),
        }
    }

    /// Whether all processes of the machine are visible. Where `/proc` is mounted with `hidepid`, the first one is
    /// not, unless this user may see all (`gid=`). In a container there is a first one, but those outside are missing,
    /// while the figures of the CPU and of memory are the whole machine's.
    pub fn is_complete(&self) -> bool {
        let namespace = fs::read_link("/proc/self/ns/pid");
        // Kernels without namespaces have no such file.
        let is_whole = namespace.map_or(true, |link| link.as_os_str() == FIRST_PID_NAMESPACE);
        is_whole && fs::exists("/proc/1/stat").unwrap_or(false)
    }

    /// Whether each process counts for the CPU percentage and for that of memory: where they are of a cgroup limit, only those
    /// in the group do. `None` where all count.
    pub fn by_limits(&mut self, samples: &[ProcessSample]) -> Option<Vec<Counted>> {
        let groups = limited_groups();
        if groups.is_empty() {
            return None;
        }
        let folder = proc_folder().ok()?;
        let counted = |sample: &ProcessSample| {
            // One that has ended or that is hidden is in no group that is known.
            let length = self.read(&folder, sample.pid, "cgroup").ok().flatten().unwrap_or_default();
            let membership = String::from_utf8_lossy(self.buffer.get(..length).unwrap_or_default());
            let (cpu, memory) = groups.hold(&membership);
            Counted { cpu, memory }
        };
        Some(samples.iter().map(counted).collect())
    }

    fn samples(&mut self) -> io::Result<Vec<ProcessSample>> {
        let folder = proc_folder()?;
        let mut samples = Vec::with_capacity(self.known.len() + 16);
        let known = std::mem::replace(&mut self.known, Vec::with_capacity(samples.capacity()));
        let mut before = known.into_iter().peekable();
        let mut list = [MaybeUninit::uninit(); LIST_BYTES];
        let mut entries = RawDir::new(&folder, &mut list);
        while let Some(entry) = entries.next() {
            let Some(pid) = entry?.file_name().to_str().ok().and_then(|name| name.parse().ok()) else { continue };
            while before.next_if(|known| known.pid < pid).is_some() {}
            samples.extend(self.sample(&folder, pid, before.next_if(|known| known.pid == pid))?);
        }
        Ok(samples)
    }

    /// `None` when the process has ended. `before` is what the scan before has found under this pid.
    fn sample(
        &mut self,
        folder: &OwnedFd,
        pid: u32,
        before: Option<KnownProcess>,
    ) -> io::Result<Option<ProcessSample>> {
        let Some(length) = self.read(folder, pid, "stat")? else { return Ok(None) };
        let Some(stat) = ProcessStat::parse(&self.buffer[..length]) else { return Ok(None) };
        let ProcessStat { parent, is_kernel_thread, ticks, children_ticks, started, resident_pages, .. } = stat;
        let (application, memory_bytes) = if is_kernel_thread {
            (Arc::clone(&self.kernel), (0, 0))
        } else {
            let same = before.filter(|before| before.started == started && before.comm == stat.comm);
            let mut known = match same {
                Some(known) => known,
                None => {
                    let comm = stat.comm.to_vec();
                    let application = self.name(folder, pid, &comm);
                    KnownProcess { pid, started, comm, application, resident_pages: 0, memory_bytes: (0, 0) }
                }
            };
            // The kernel sums up the same counters for both files.
            if known.resident_pages != resident_pages {
                let Some(length) = self.read(folder, pid, "statm")? else { return Ok(None) };
                known.memory_bytes = memory(&self.buffer[..length], self.page_bytes).unwrap_or_default();
                known.resident_pages = resident_pages;
            }
            let found = (Arc::clone(&known.application), known.memory_bytes);
            self.known.push(known);
            found
        };
        Ok(Some(ProcessSample {
            pid,
            started,
            parent,
            application,
            cpu_time: cpu_time(ticks, self.ticks_per_second),
            children_cpu_time: cpu_time(children_ticks, self.ticks_per_second),
            private_bytes: memory_bytes.0,
            shared_bytes: memory_bytes.1,
        }))
    }

    /// Finds the name of a process, which costs more than all else.
    fn name(&mut self, folder: &OwnedFd, pid: u32, comm: &[u8]) -> Arc<str> {
        // Only root and the owner of a process may see its program.
        let program = fs::read_link(format!("/proc/{pid}/exe")).ok();
        let exe = program.as_ref().map(|path| path.as_os_str().as_bytes());
        let needs_arguments = app_name::needs_arguments(exe, comm);
        // Without the arguments the name is less exact.
        let length =
            if needs_arguments { self.read(folder, pid, "cmdline").ok().flatten().unwrap_or_default() } else { 0 };
        app_name::of_linux(exe, comm, &self.buffer[..length]).into()
    }

    /// Reads the beginning of a file of a process into the buffer. `None` when the process has ended, or is hidden.
    fn read(&mut self, folder: &OwnedFd, pid: u32, file: &str) -> io::Result<Option<usize>> {
        self.path.clear();
        let _ = write!(self.path, "{pid}/{file}");
        let file = openat(folder, self.path.as_str(), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        match file.and_then(|file| rustix::io::read(&file, self.buffer.as_mut_slice())) {
            Ok(length) => Ok(Some(length)),
            // A process that ends between opening and reading gives "no such process".
            Err(Errno::NOENT | Errno::ACCESS | Errno::PERM | Errno::SRCH) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn proc_folder() -> io::Result<OwnedFd> {
    Ok(openat(CWD, "/proc", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// The namespace of the machine's first process: `PROC_PID_INIT_INO` in the kernel's `include/linux/proc_ns.h`, 0xEFFFFFFC.
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// The user who started the process `pid` (its real user id); `None` where it has ended or is hidden.
///
/// Source: proc(5), `Uid` in `/proc/pid/status`.
pub fn owner_of(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    ids.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_finds_this_process_and_stores_its_name() {
        let mut table = ProcessTable::default();
        let this = std::process::id();
        let mut scan = || table.scan().unwrap().into_iter().find(|s| s.pid == this).unwrap();
        let (first, second) = (scan(), scan());
        let program = std::env::current_exe().unwrap();
        assert_eq!(*first.application, *program.file_name().unwrap().to_str().unwrap());
        assert!(Arc::ptr_eq(&first.application, &second.application));
        assert!(first.private_bytes > 0 && first.shared_bytes > 0);
        assert_eq!(first.parent, std::os::unix::process::parent_id());
        assert!(second.started == first.started && second.cpu_time >= first.cpu_time);
        // The names of ended processes are dropped.
        let running = table.scan().unwrap().len();
        assert!(table.known.len() <= running);
    }

    #[test]
    fn the_memory_of_a_process_that_grew_is_read_again() {
        let mut table = ProcessTable::default();
        let this = std::process::id();
        let mut private = || table.scan().unwrap().into_iter().find(|s| s.pid == this).unwrap().private_bytes;
        let before = private();
        let held = vec![1u8; 300 << 20];
        let grown = private();
        assert_eq!(held.iter().step_by(4096).map(|byte| u64::from(*byte)).sum::<u64>(), (300 << 20) / 4096);
        // Other tests of this process come and go meanwhile.
        assert!(grown > before + (200 << 20), "{before} to {grown}");
    }
}
