//! The processes as /proc shows them: one pass, for each process as few reads as it takes.
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

/// What the kernel's own threads are called, all together. There are hundreds, and they have no memory of their own.
const KERNEL: &str = "kernel";

/// `PF_KTHREAD` among the flags of a process, in the kernel's `include/linux/sched.h`.
const IS_KERNEL_THREAD: u64 = 0x0020_0000;

/// How much of a process's arguments is read: a script's name comes early, but Java's class path comes earlier.
const ARGUMENTS_BYTES: usize = 16 << 10;

/// Looks at the processes, and keeps their names from one look to the next: finding a name costs more than the rest.
pub struct ProcessTable {
    names: HashMap<u32, Named>,
    /// Counts the looks, to tell the names that are of use no more.
    look: u64,
    kernel: Arc<str>,
    path: String,
    buffer: Vec<u8>,
    page_bytes: u64,
    ticks_per_second: u64,
}

/// A name, and what it is the name of: a process that runs another program now goes by another *comm*.
struct Named {
    started: u64,
    comm: Vec<u8>,
    application: Arc<str>,
    seen_in: u64,
}

impl Default for ProcessTable {
    fn default() -> ProcessTable {
        ProcessTable {
            names: HashMap::new(),
            look: 0,
            kernel: KERNEL.into(),
            path: String::new(),
            buffer: vec![0; ARGUMENTS_BYTES],
            page_bytes: rustix::param::page_size() as u64,
            ticks_per_second: rustix::param::clock_ticks_per_second(),
        }
    }
}

impl ProcessTable {
    /// What is running now, in the order of the pids. A process that ends while it is looked at is left out, and so is one
    /// that may not be seen (`hidepid`).
    ///
    /// # Errors
    /// When `/proc` cannot be read: it is not mounted, or too many files are open.
    pub fn scan(&mut self) -> Result<Vec<ProcessSample>, String> {
        self.look += 1;
        let sightings = self.sightings().map_err(|error| format!("could not look at the processes: {error}"))?;
        self.names.retain(|_, named| named.seen_in == self.look);
        match sightings.is_empty() {
            true => Err("could not look at the processes: '/proc' shows none; mount it".into()),
            false => Ok(sightings),
        }
    }

    /// Whether the processes of all users can be seen. Where `/proc` is mounted with `hidepid`, the first process cannot.
    pub fn is_complete(&self) -> bool {
        fs::exists("/proc/1/stat").unwrap_or(false)
    }

    fn sightings(&mut self) -> io::Result<Vec<ProcessSample>> {
        let mut sightings = Vec::with_capacity(self.names.len() + 16);
        for entry in fs::read_dir("/proc")? {
            let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            sightings.extend(self.sighting(pid)?);
        }
        Ok(sightings)
    }

    /// `None` of a process that is not there any more.
    fn sighting(&mut self, pid: u32) -> io::Result<Option<ProcessSample>> {
        let Some(length) = self.read(pid, "stat")? else { return Ok(None) };
        let Some(stat) = Stat::parse(&self.buffer[..length]) else { return Ok(None) };
        let Stat { is_kernel_thread, ticks, started, .. } = stat;
        let application = match self.names.get_mut(&pid) {
            _ if is_kernel_thread => Arc::clone(&self.kernel),
            Some(named) if named.started == started && named.comm == stat.comm => {
                named.seen_in = self.look;
                Arc::clone(&named.application)
            }
            _ => {
                let comm = stat.comm.to_vec();
                self.name(pid, started, comm)
            }
        };
        let (private_bytes, shared_bytes) = match is_kernel_thread {
            true => (0, 0),
            false => match self.read(pid, "statm")? {
                Some(length) => memory(&self.buffer[..length], self.page_bytes).unwrap_or_default(),
                None => return Ok(None),
            },
        };
        let cpu_time = cpu_time(ticks, self.ticks_per_second);
        Ok(Some(ProcessSample { pid, started, application, cpu_time, private_bytes, shared_bytes }))
    }

    /// Finds out what a process is called, and keeps it.
    fn name(&mut self, pid: u32, started: u64, comm: Vec<u8>) -> Arc<str> {
        self.at(pid, "exe");
        // Only root and the person whose process it is may see its program.
        let program = fs::read_link(&self.path).ok();
        let exe = program.as_ref().map(|path| path.as_os_str().as_bytes());
        let needs_arguments = app_name::needs_arguments(exe, &comm);
        // A name without them is a name too.
        let length = if needs_arguments { self.read(pid, "cmdline").ok().flatten().unwrap_or_default() } else { 0 };
        let application: Arc<str> = app_name::of_linux(exe, &comm, &self.buffer[..length]).into();
        let named = Named { started, comm, application: Arc::clone(&application), seen_in: self.look };
        self.names.insert(pid, named);
        application
    }

    fn at(&mut self, pid: u32, file: &str) {
        self.path.clear();
        let _ = write!(self.path, "/proc/{pid}/{file}");
    }

    /// Reads the beginning of a file of a process into the buffer; `None` if that process is not there, or hidden.
    fn read(&mut self, pid: u32, file: &str) -> io::Result<Option<usize>> {
        self.at(pid, file);
        match File::open(&self.path).and_then(|mut file| file.read(&mut self.buffer)) {
            Ok(length) => Ok(Some(length)),
            // What ends between opening and reading is ESRCH, which has no kind of its own.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => Ok(None),
            Err(error) if error.raw_os_error() == Some(ESRCH) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// "No such process", the same number on every Linux: `include/uapi/asm-generic/errno-base.h`.
const ESRCH: i32 = 3;

/// What `/proc/PID/stat` says.
#[derive(Debug, PartialEq)]
pub(super) struct Stat<'a> {
    comm: &'a [u8],
    is_kernel_thread: bool,
    /// CPU time of all its threads, in clock ticks.
    pub(super) ticks: u64,
    /// When it began, in clock ticks since the machine was started.
    pub(super) started: u64,
}

impl Stat<'_> {
    /// `None` of what is no such line.
    pub(super) fn parse(line: &[u8]) -> Option<Stat<'_>> {
        let open = line.iter().position(|&byte| byte == b'(')?;
        // The comm may hold anything, parentheses and ends of lines too: what comes after it does not.
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

/// What `/proc/PID/statm` says, in bytes: what is resident and the process's own, and what is resident and shared (files
/// and shared memory).
pub(super) fn memory(line: &[u8], page_bytes: u64) -> Option<(u64, u64)> {
    let mut fields = str::from_utf8(line).ok()?.split_ascii_whitespace().skip(1);
    let resident_pages: u64 = fields.next()?.parse().ok()?;
    let shared_pages: u64 = fields.next()?.parse().ok()?;
    let bytes = |pages: u64| pages.saturating_mul(page_bytes);
    Some((bytes(resident_pages.saturating_sub(shared_pages)), bytes(shared_pages)))
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
    fn whatever_a_process_is_called_its_figures_are_found() {
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
    fn what_is_cut_short_is_no_process() {
        let whole = line("a) b", 0);
        let started = whole.windows(6).position(|w| w == b"123456").unwrap();
        for length in 0..started {
            assert_eq!(Stat::parse(&whole[..length]), None, "{length} bytes");
        }
        assert_eq!(Stat::parse(b")("), None);
        assert_eq!((memory(b"", 4096), memory(b"10 9", 4096), memory(b"a b c", 4096)), (None, None, None));
    }

    #[test]
    fn memory_is_its_own_and_shared() {
        assert_eq!(memory(b"3000 1000 400 5 0 123 0\n", 4096), Some((600 * 4096, 400 * 4096)));
        // The two are counted apart, and may be out of step.
        assert_eq!(memory(b"3000 100 101 5 0 123 0\n", 4096), Some((0, 101 * 4096)));
    }

    #[test]
    fn a_look_sees_this_process_and_keeps_its_name() {
        let mut table = ProcessTable::default();
        let this = std::process::id();
        let mut look = || table.scan().unwrap().into_iter().find(|s| s.pid == this).unwrap();
        let (first, second) = (look(), look());
        let program = std::env::current_exe().unwrap();
        assert_eq!(*first.application, *program.file_name().unwrap().to_str().unwrap());
        assert!(Arc::ptr_eq(&first.application, &second.application));
        assert!(first.private_bytes > 0 && first.shared_bytes > 0);
        assert!(second.started == first.started && second.cpu_time >= first.cpu_time);
        // The names of processes that have ended are not kept.
        let running = table.scan().unwrap().len();
        assert!(table.names.len() <= running);
    }
}
