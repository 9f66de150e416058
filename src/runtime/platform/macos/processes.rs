//! The processes in libproc: the usage of each, and once its path.
//!
//! Source: xnu's `bsd/sys/proc_info.h` and `libsyscall/wrappers/libproc/libproc.h`.

#[cfg(feature = "menu-bar")]
pub mod asking;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::core::metrics::self_usage::SelfUsage;
use crate::core::processes::top_apps::{Counted, ProcessSample, cpu_time};
use crate::core::processes::{app_name, procargs};
use crate::core::text;

/// Room for processes that start between the count and the list.
const SPARE: usize = 64;

/// The most bytes that the arguments and the environment of a process take. Source: `sys/syslimits.h`, `ARG_MAX`.
const ARG_MAX: usize = 1 << 20;

/// Scans the processes, and stores their names from one scan to the next.
#[derive(Default)]
pub struct ProcessTable {
    names: HashMap<ProcessIdentity, Arc<str>>,
}

/// A process for which one name stays valid: its pid, its start, and its program (the `LC_UUID`).
type ProcessIdentity = (u32, u64, [u8; 16]);

impl ProcessTable {
    /// All running processes. Without root, the processes of other users are invisible and left out. So is a process that
    /// ends during the scan. It is an error when none can be seen.
    pub fn scan(&mut self) -> Result<Vec<ProcessSample>, String> {
        let ticks_per_second =
            ticks_per_second().ok_or_else(|| text::desktop::processes_unreadable(text::desktop::NO_TIME_UNIT))?;
        let mut names = HashMap::with_capacity(self.names.len());
        let mut samples = Vec::with_capacity(self.names.len() + SPARE);
        for pid in pids()? {
            let Some(usage) = usage(pid) else { continue };
            let started = usage.ri_proc_start_abstime;
            let Ok(pid) = u32::try_from(pid) else { continue };
            let identity = (pid, started, usage.ri_uuid);
            let known = self.names.get(&identity).map(Arc::clone);
            let Some(application) = known.or_else(|| name(pid)) else { continue };
            names.insert(identity, Arc::clone(&application));
            let ticks = usage.ri_user_time.saturating_add(usage.ri_system_time);
            let cpu_time = cpu_time(ticks, ticks_per_second);
            // Activity Monitor's "Memory": it includes compressed and swapped memory, and excludes shared memory.
            let private_bytes = usage.ri_phys_footprint;
            let children_ticks = usage.ri_child_user_time.saturating_add(usage.ri_child_system_time);
            samples.push(ProcessSample {
                pid,
                started,
                parent: basic_info(pid).map_or(0, |info| info.pbi_ppid),
                application,
                cpu_time,
                children_cpu_time: self::cpu_time(children_ticks, ticks_per_second),
                private_bytes,
                shared_bytes: 0,
            });
        }
        // The names of ended processes are dropped.
        self.names = names;
        match samples.is_empty() {
            true => Err(text::desktop::processes_unreadable(text::desktop::NO_PROCESSES_ON_MACOS)),
            false => Ok(samples),
        }
    }

    /// Whether each process counts for the CPU percentage and for that of memory, where they are of a limit: macOS has none.
    pub fn by_limits(&mut self, _samples: &[ProcessSample]) -> Option<Vec<Counted>> {
        None
    }

    /// Whether the processes of all users are visible: that takes root.
    pub fn is_complete(&self) -> bool {
        rustix::process::geteuid().is_root()
    }
}

/// The pids of all processes.
#[allow(unsafe_code)]
fn pids() -> Result<Vec<libc::pid_t>, String> {
    let failed = || text::desktop::processes_unlisted(std::io::Error::last_os_error());
    // SAFETY: without a buffer it only returns the count.
    let count = unsafe { libc::proc_listallpids(std::ptr::null_mut(), 0) };
    let count = usize::try_from(count).ok().filter(|&count| count > 0).ok_or_else(failed)?;
    let mut pids: Vec<libc::pid_t> = vec![0; count + SPARE];
    let bytes = libc::c_int::try_from(size_of_val(pids.as_slice())).map_err(|_| failed())?;
    // SAFETY: `pids` lives through the call, and `bytes` is how large it is; every bit pattern is a pid.
    let listed = unsafe { libc::proc_listallpids(pids.as_mut_ptr().cast(), bytes) };
    let listed = usize::try_from(listed).ok().filter(|&listed| listed > 0).ok_or_else(failed)?;
    pids.truncate(listed);
    Ok(pids)
}

/// The usage of a process; `None` where it has ended, or is another user's.
#[allow(unsafe_code)]
fn usage(pid: libc::pid_t) -> Option<libc::rusage_info_v4> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage_info_v4>::zeroed();
    // SAFETY: the call writes a `rusage_info_v4`, which is what RUSAGE_INFO_V4 asks for (the argument's type is a pointer to
    // void for all versions), into `usage`, which lives through it. All-zero bytes are a valid one.
    unsafe {
        let done = libc::proc_pid_rusage(pid, libc::RUSAGE_INFO_V4, usage.as_mut_ptr().cast());
        (done == 0).then(|| usage.assume_init())
    }
}

/// The parent of the process `pid`, and the user who started it, also one of another user; `None` where it has ended.
///
/// Source: xnu's `bsd/sys/proc_info.h`, `PROC_PIDTBSDINFO`.
#[allow(unsafe_code)]
fn basic_info(pid: u32) -> Option<libc::proc_bsdinfo> {
    let pid = libc::pid_t::try_from(pid).ok()?;
    let size = libc::c_int::try_from(size_of::<libc::proc_bsdinfo>()).ok()?;
    let mut info = std::mem::MaybeUninit::<libc::proc_bsdinfo>::zeroed();
    // SAFETY: the call writes at most `size` bytes into `info`, which lives through it, and returns how many. All-zero bytes are
    // a valid `proc_bsdinfo`.
    unsafe {
        let written = libc::proc_pidinfo(pid, libc::PROC_PIDTBSDINFO, 0, info.as_mut_ptr().cast(), size);
        (written == size).then(|| info.assume_init())
    }
}

/// The user who started the process `pid`, also one of another user; `None` where it has ended.
pub fn owner_of(pid: u32) -> Option<u32> {
    basic_info(pid).map(|info| info.pbi_ruid)
}

/// The usage of the process `pid` since it was started. Figures that cannot be read are `None`: all of them when there is no
/// such process.
pub fn self_usage(pid: u32) -> SelfUsage {
    let usage = libc::pid_t::try_from(pid).ok().and_then(usage);
    let time = |ticks| Some(cpu_time(ticks, ticks_per_second()?));
    let started = usage.and_then(|usage| time(usage.ri_proc_start_abstime));
    SelfUsage {
        cpu_time: usage.and_then(|usage| time(usage.ri_user_time.saturating_add(usage.ri_system_time))),
        memory_bytes: usage.map(|usage| usage.ri_phys_footprint),
        up: started.zip(awake_since_boot()).map(|(started, now)| now.saturating_sub(started)),
    }
}

/// The clock by which the kernel dates processes, `mach_absolute_time`. It stops while the machine sleeps.
///
/// Source: xnu's `bsd/kern/kern_resource.c` (`ri_proc_start_abstime`); clock_gettime(3), CLOCK_UPTIME_RAW.
fn awake_since_boot() -> Option<Duration> {
    time_of(libc::CLOCK_UPTIME_RAW)
}

/// The CPU time of this thread.
///
/// Source: clock_gettime(3), CLOCK_THREAD_CPUTIME_ID.
#[cfg(feature = "menu-bar")]
pub fn thread_cpu_time() -> Duration {
    time_of(libc::CLOCK_THREAD_CPUTIME_ID).unwrap_or_default()
}

#[allow(unsafe_code)]
fn time_of(clock: libc::clockid_t) -> Option<Duration> {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` lives through the call, which writes a `timespec` into it.
    let done = unsafe { libc::clock_gettime(clock, &raw mut now) };
    let nanoseconds = u32::try_from(now.tv_nsec).ok().filter(|_| done == 0)?;
    Some(Duration::new(u64::try_from(now.tv_sec).ok()?, nanoseconds))
}

/// The path of a process's program; `None` for the kernel and for a process that has ended.
#[allow(unsafe_code)]
fn path(pid: u32) -> Option<Vec<u8>> {
    let pid = libc::c_int::try_from(pid).ok()?;
    let mut buffer = [0_u8; libc::PROC_PIDPATHINFO_MAXSIZE as usize];
    let size = buffer.len() as u32;
    // SAFETY: the buffer lives through the call, and `size` is how large it is. It returns how much was written.
    let length = unsafe { libc::proc_pidpath(pid, buffer.as_mut_ptr().cast(), size) };
    Some(buffer.get(..usize::try_from(length).ok().filter(|&length| length > 0)?)?.to_vec())
}

/// The arguments of a process, each ended by a nul; `None` where it has ended, or is another user's.
///
/// Source: xnu's `bsd/kern/kern_sysctl.c`, `sysctl_procargsx`. A smaller buffer would get the end of them.
#[allow(unsafe_code)]
fn arguments(pid: u32) -> Option<Vec<u8>> {
    let mut name = [libc::CTL_KERN, libc::KERN_PROCARGS2, libc::c_int::try_from(pid).ok()?];
    let mut buffer = vec![0_u8; ARG_MAX];
    let mut size = buffer.len();
    // SAFETY: `name`, of three numbers, `buffer` and `size` live through the call, and `size` says how large the buffer is. It
    // becomes the number of bytes that were written. Nothing is set.
    let done = unsafe {
        libc::sysctl(name.as_mut_ptr(), 3, buffer.as_mut_ptr().cast(), &raw mut size, std::ptr::null_mut(), 0)
    };
    buffer.get(..size).filter(|_| done == 0).and_then(procargs::arguments).map(<[u8]>::to_vec)
}

/// The application of a process, by the path of its program, and of an interpreter by its script. `None` for the kernel and for
/// a process that has ended.
#[allow(unsafe_code)]
fn name(pid: u32) -> Option<Arc<str>> {
    if let Some(path) = path(pid) {
        let needed = app_name::needs_arguments_on_macos(&path).then(|| arguments(pid)).flatten();
        // Without the arguments the name is less exact.
        if let Some(name) = app_name::of_macos(&path, &needed.unwrap_or_default()) {
            return Some(name.into());
        }
    }
    let pid = libc::c_int::try_from(pid).ok()?;
    let mut buffer = [0_u8; libc::PROC_PIDPATHINFO_MAXSIZE as usize];
    // SAFETY: the buffer lives through the call, and the size is how large it is. It returns how much was written.
    let length = unsafe { libc::proc_name(pid, buffer.as_mut_ptr().cast(), buffer.len() as u32) };
    let name = buffer.get(..usize::try_from(length).ok().filter(|&length| length > 0)?)?;
    Some(String::from_utf8_lossy(name).into())
}

/// The unit of the kernel's times. Read from the kernel, because `mach_timebase_info` describes the processor that Rosetta
/// emulates, while the times are those of the real one (Apple's FB9546856).
///
/// Source: xnu's `bsd/kern/kern_mib.c`, `hw.tbfrequency`: 24 MHz on Apple silicon, 1 GHz on Intel.
#[allow(unsafe_code)]
fn ticks_per_second() -> Option<u64> {
    let mut frequency: u64 = 0;
    let mut size = size_of::<u64>();
    // SAFETY: the name ends in a nul; `frequency` and `size` live through the call, and `size` says how large it is.
    let done = unsafe {
        libc::sysctlbyname(
            c"hw.tbfrequency".as_ptr(),
            (&raw mut frequency).cast(),
            &raw mut size,
            std::ptr::null_mut(),
            0,
        )
    };
    (done == 0 && frequency > 0).then_some(frequency)
}
