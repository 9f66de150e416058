//! Which applications use the most: from two looks at the processes.

use std::sync::Arc;
use std::time::Duration;

/// What one look found of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The process.
    pub pid: u32,
    /// When it began, in whatever unit the system has: with `pid` it tells a process from a later one of the same number.
    pub started: u64,
    /// The application it belongs to, as a person knows it.
    pub application: Arc<str>,
    /// The CPU time it has used since it began.
    pub cpu_time: Duration,
    /// Memory that is its own, bytes. On macOS the physical footprint; on Linux what is resident and not shared.
    pub private_bytes: u64,
    /// Memory that it has resident and may share with others, bytes: counted once for each application. 0 on macOS.
    pub shared_bytes: u64,
}

/// An application and what it used, all its processes together.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// Its name.
    pub name: Arc<str>,
    /// Its processes, in order.
    pub pids: Vec<u32>,
    /// CPU time in the time between the looks, percent of one core: 310 is 3.1 cores.
    pub cpu_percent: f64,
    /// Memory, bytes.
    pub memory_bytes: u64,
}

/// Who uses the most, the greatest user first, each list at most [`COUNT`] long.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Culprits {
    /// By CPU time. What used none is not in it.
    pub by_cpu: Arc<[Process]>,
    /// By memory.
    pub by_memory: Arc<[Process]>,
}

/// How many are named.
pub const COUNT: usize = 3;
