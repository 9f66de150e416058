//! The processes in `/proc`, read in one pass with as few reads for each as possible.
//!
//! Source: proc(5), and the kernel's `Documentation/filesystems/proc.rst`.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use crate::core::processes::app_name;
use crate::core::processes::top_apps::{ProcessSample, cpu_time};
use crate::core::text;
use crate::runtime::platform::linux::readings::limits_in_force::limited_groups;

/// The common name of the kernel's own threads. There are hundreds, and they have no memory of their own.
const KERNEL: &str = "kernel";

/// `PF_KTHREAD` among the flags of a process, in the kernel's `include/linux/sched.h`.
const IS_KERNEL_THREAD: u64 = 0x0020_0000;

/// The part of a process's arguments that is read: the name of a script comes early, but Java's class path comes before it.
const ARGUMENTS_BYTES: usize = 16 << 10;

/// Scans the processes, and stores their names from one scan to the next: finding a name costs more than all else.
pub struct ProcessTable {
    names: HashMap<u32, Named>,
    /// The number of the scan, by which names of ended processes are found.
    scan: u64,
    kernel: Arc<str>,
    path: String,
    buffer: Vec<u8>,
    page_bytes: u64,
    ticks_per_second: u64,
}

/// A name and its process. A process that has started another program has another *comm*.
struct Named {
    started: u64,
    comm: Vec<u8>,
    application: Arc<str>,
    seen_in_scan: u64,
}

impl Default for ProcessTable {
    fn default() -> ProcessTable {
        ProcessTable {
            names: HashMap::new(),
            scan: 0,
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
        self.scan += 1;
        let samples = self.samples().map_err(|error| text::desktop::processes_unreadable(&error))?;
        self.names.retain(|_, named| named.seen_in_scan == self.scan);
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

    /// The processes that the CPU percentage counts, and those that the memory percentage counts: where it is of a cgroup limit,
    /// only those in the group. `None` where both count all.
    pub fn by_limits(&mut self, samples: &[ProcessSample]) -> Option<[Vec<ProcessSample>; 2]> {
        let groups = limited_groups();
        if groups.is_empty() {
            return None;
        }
        let mut counted = [Vec::new(), Vec::new()];
        for sample in samples {
            // One that has ended or that is hidden is in no group that is known.
            let length = self.read(sample.pid, "cgroup").ok().flatten().unwrap_or_default();
            let membership = String::from_utf8_lossy(self.buffer.get(..length).unwrap_or_default());
            let (is_in_cpu, is_in_memory) = groups.hold(&membership);
            for (list, is_in) in counted.iter_mut().zip([is_in_cpu, is_in_memory]) {
                list.extend(is_in.then(|| sample.clone()));
            }
        }
        Some(counted)
    }

    fn samples(&mut self) -> io::Result<Vec<ProcessSample>> {
        let mut samples = Vec::with_capacity(self.names.len() + 16);
        for entry in fs::read_dir("/proc")? {
            let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            samples.extend(self.sample(pid)?);
        }
        Ok(samples)
    }

    /// `None` when the process has ended.
    fn sample(&mut self, pid: u32) -> io::Result<Option<ProcessSample>> {
        let Some(length) = self.read(pid, "stat")? else { return Ok(None) };
        let Some(stat) = Stat::parse(&self.buffer[..length]) else { return Ok(None) };
        let Stat { is_kernel_thread, ticks, started, .. } = stat;
        let application = match self.names.get_mut(&pid) {
            _ if is_kernel_thread => Arc::clone(&self.kernel),
            Some(named) if named.started == started && named.comm == stat.comm => {
                named.seen_in_scan = self.scan;
                Arc::clone(&named.application)
            }
            _ => {
                let comm = stat.comm.to_vec();
                self.name(pid, started, comm)
            }
        };
        let (private_bytes, shared_bytes) = if is_kernel_thread {
            (0, 0)
        } else {
            let Some(length) = self.read(pid, "statm")? else { return Ok(None) };
            memory(&self.buffer[..length], self.page_bytes).unwrap_or_default()
        };
        let cpu_time = cpu_time(ticks, self.ticks_per_second);
        Ok(Some(ProcessSample { pid, started, application, cpu_time, private_bytes, shared_bytes }))
    }

    /// Finds the name of a process, and stores it.
    fn name(&mut self, pid: u32, started: u64, comm: Vec<u8>) -> Arc<str> {
        self.set_path(pid, "exe");
        // Only root and the owner of a process may see its program.
        let program = fs::read_link(&self.path).ok();
        let exe = program.as_ref().map(|path| path.as_os_str().as_bytes());
        let needs_arguments = app_name::needs_arguments(exe, &comm);
        // Without the arguments the name is less exact.
        let length = if needs_arguments { self.read(pid, "cmdline").ok().flatten().unwrap_or_default() } else { 0 };
        let application: Arc<str> = app_name::of_linux(exe, &comm, &self.buffer[..length]).into();
        let named = Named { started, comm, application: Arc::clone(&application), seen_in_scan: self.scan };
        self.names.insert(pid, named);
        application
    }

    fn set_path(&mut self, pid: u32, file: &str) {
        self.path.clear();
        let _ = write!(self.path, "/proc/{pid}/{file}");
    }

    /// Reads the beginning of a file of a process into the buffer. `None` when the process has ended, or is hidden.
    fn read(&mut self, pid: u32, file: &str) -> io::Result<Option<usize>> {
        self.set_path(pid, file);
        match File::open(&self.path).and_then(|mut file| file.read(&mut self.buffer)) {
            Ok(length) => Ok(Some(length)),
            // A process that ends between opening and reading gives ESRCH, which has no `ErrorKind`.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => Ok(None),
            Err(error) if error.raw_os_error() == Some(ESRCH) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The namespace of the machine's first process: `PROC_PID_INIT_INO` in the kernel's `include/linux/proc_ns.h`, 0xEFFFFFFC.
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// "No such process", the same number on every Linux: `include/uapi/asm-generic/errno-base.h`.
const ESRCH: i32 = 3;

/// The fields of `/proc/PID/stat`.
#[derive(Debug, PartialEq)]
pub(super) struct Stat<'a> {
    comm: &'a [u8],
    is_kernel_thread: bool,
    /// CPU time of all its threads, in clock ticks.
    pub(super) ticks: u64,
    /// The start of the process, in clock ticks since the start of the machine.
    pub(super) started: u64,
}

impl Stat<'_> {
    /// `None` for anything else than such a line.
    pub(super) fn parse(line: &[u8]) -> Option<Stat<'_>> {
        let open = line.iter().position(|&byte| byte == b'(')?;
        // The comm may hold anything, even parentheses and line ends; the fields after it do not.
        let close = line.iter().rposition(|&byte| byte == b')')?;
        let comm = line.get(open + 1..close)?;
        // The state is field 3 in proc(5).
        let mut fields = str::from_utf8(line.get(close + 1..)?).ok()?.split_ascii_whitespace();
        let flags: u64 = fields.nth(9 - 3)?.parse().ok()?;
        let user_ticks: u64 = fields.nth(14 - 10)?.parse().ok()?;
        let system_ticks: u64 = fields.next()?.parse().ok()?;
        let started = fields.nth(22 - 16)?.parse().ok()?;
        let ticks = user_ticks.saturating_add(system_ticks);
        Some(Stat { comm, is_kernel_thread: flags & IS_KERNEL_THREAD != 0, ticks, started })
    }
}

/// The resident memory in `/proc/PID/statm`, in bytes: the process's own, and the shared (files and shared memory).
pub(super) fn memory(line: &[u8], page_bytes: u64) -> Option<(u64, u64)> {
    let mut fields = str::from_utf8(line).ok()?.split_ascii_whitespace().skip(1);
    let resident_pages: u64 = fields.next()?.parse().ok()?;
    let shared_pages: u64 = fields.next()?.parse().ok()?;
    let bytes = |pages: u64| pages.saturating_mul(page_bytes);
    Some((bytes(resident_pages.saturating_sub(shared_pages)), bytes(shared_pages)))
}

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

    fn line(comm: &str, flags: u64) -> Vec<u8> {
        format!(
            "812 ({comm}) S 1 812 812 0 -1 {flags} 10 20 30 40 700 77 5 6 20 0 4 0 123456 99 88 18446744073709551615 0\n"
        )
        .into_bytes()
    }

    #[test]
    fn the_figures_of_a_process_are_found_whatever_its_name() {
        for comm in ["bash", "a) b (c", "", ") S 1 2 3 (", "two\nlines", "Isolated Web Co", "(sd-pam)", "x) R 1"] {
            let line = line(comm, 0x0040_0000);
            let stat = Stat { comm: comm.as_bytes(), is_kernel_thread: false, ticks: 777, started: 123_456 };
            assert_eq!(Stat::parse(&line), Some(stat), "{comm:?}");
        }
        assert!(Stat::parse(&line("kworker/0:1", 0x0420_8060)).unwrap().is_kernel_thread);
        let mut odd = line("?", 0);
        odd[5] = 0xff;
        assert_eq!(Stat::parse(&odd).unwrap().comm, [0xff]);
    }

    #[test]
    fn a_truncated_line_is_rejected() {
        let whole = line("a) b", 0);
        let started = whole.windows(6).position(|w| w == b"123456").unwrap();
        for length in 0..started {
            assert_eq!(Stat::parse(&whole[..length]), None, "{length} bytes");
        }
        assert_eq!(Stat::parse(b")("), None);
        assert_eq!((memory(b"", 4096), memory(b"10 9", 4096), memory(b"a b c", 4096)), (None, None, None));
    }

    #[test]
    fn memory_is_split_into_private_and_shared() {
        assert_eq!(memory(b"3000 1000 400 5 0 123 0\n", 4096), Some((600 * 4096, 400 * 4096)));
        // The kernel counts the two separately, and they may disagree.
        assert_eq!(memory(b"3000 100 101 5 0 123 0\n", 4096), Some((0, 101 * 4096)));
    }

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
        assert!(second.started == first.started && second.cpu_time >= first.cpu_time);
        // The names of ended processes are dropped.
        let running = table.scan().unwrap().len();
        assert!(table.names.len() <= running);
    }
}
