//! The limits in force: the smallest of the cgroup of the process and of its parents. Of equal ones that of the outermost
//! counts, which others use as well.

use super::files::{
    FileContent, UnclearLimit, cores, has_no_limit, has_no_quota, limit_bytes, named, processors, quota_cores, single,
    swap_limit_bytes,
};
use super::folders::{Cgroup, CgroupVersion, Hierarchy, hierarchy, unified};

#[cfg(test)]
mod tests;

/// The list of the machine's processors.
pub const ONLINE_PROCESSORS: &str = "/sys/devices/system/cpu/online";

/// The limits that hold a process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// It may be above the machine's memory: see [`MemoryLimit::is_below`].
    pub memory: Option<MemoryLimit>,
    /// The most swap that the process's groups may use; `None` without a limit.
    pub swap_bytes: Option<u64>,
    /// Only where it is below the machine's processors.
    pub cpu: Option<(CpuLimit, CpuSource)>,
    /// A smaller limit of a group whose use no file tells.
    pub unmeasured_cpu: Option<CpuLimit>,
    /// A file that does not tell its limit of memory, or cannot be read: there may be a smaller limit than `memory`.
    pub unclear_memory: Option<String>,
    /// The same for the CPU, and for its use.
    pub unclear_cpu: Option<String>,
    /// Whether the process's cgroups are seen; otherwise nothing is known about limits.
    pub are_seen: bool,
}

/// A limit of memory.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryLimit {
    pub version: CgroupVersion,
    pub group: Cgroup,
    pub bytes: u64,
    /// The file with the limit.
    pub file: String,
}

impl MemoryLimit {
    /// Whether it is below the machine's memory. One that is not limits nothing, and where that is unknown, so is this.
    pub fn is_below(&self, machine_bytes: Option<u64>) -> bool {
        machine_bytes.is_some_and(|machine_bytes| self.bytes < machine_bytes)
    }
}

/// A limit of the CPU: a quota, or a set of processors.
#[derive(Clone, Debug, PartialEq)]
pub struct CpuLimit {
    pub controller: &'static str,
    pub group: Cgroup,
    pub cores: f64,
    /// The files with the limit.
    pub files: Vec<String>,
}

/// The files of a group's use of the CPU.
#[derive(Clone, Debug, PartialEq)]
pub struct CpuSource {
    /// `cpuacct.usage` of version 1, or `cpu.stat` of version 2.
    pub usage: String,
    /// `cpu.stat` of version 1, with the throttled periods of a quota.
    pub periods: Option<String>,
}

/// The name of version 1's file of the use.
const USAGE_1: &str = "cpuacct.usage";
const STAT: &str = "cpu.stat";
const CPU: &str = "cpu";
const CPUSET: &str = "cpuset";

/// Finds the limits by the two files of `/proc/self`, and those that `read` returns.
pub fn find<R: Into<FileContent>>(membership: &str, mountinfo: &str, mut read: impl FnMut(&str) -> R) -> Limits {
    let mut read = |path: &str| -> FileContent { read(path).into() };
    let of = |controller| hierarchy(membership, mountinfo, controller);
    let (memory, cpu, set) = (of("memory"), of(CPU), of(CPUSET));
    let are_seen = memory.is_some() || cpu.is_some();
    let mut limits = Limits { are_seen, ..Limits::default() };
    if let Some(memory) = &memory {
        limits.add_memory(charged_groups(memory, &mut read), memory.version, &mut read);
    }
    let unclear = &mut limits.unclear_cpu;
    let mut cpu_limits = cpu.as_ref().map_or_else(Vec::new, |cpu| quotas(cpu, &mut read, unclear));
    cpu_limits.extend(set.as_ref().map_or_else(Vec::new, |set| sets(set, &mut read, unclear)));
    let machine = read(ONLINE_PROCESSORS).text().and_then(processors);
    if machine.is_none() && !cpu_limits.is_empty() {
        // Nothing tells whether a limit is below.
        unclear.get_or_insert(ONLINE_PROCESSORS.into());
    }
    cpu_limits.retain(|limit| machine.is_some_and(|machine| limit.cores < machine as f64));
    // The sort is stable: the outermost of equal ones stays the first.
    cpu_limits.sort_by(|one, other| one.cores.total_cmp(&other.cores));
    let mut accounts = None;
    for limit in cpu_limits {
        let accounts = accounts.get_or_insert_with(|| (of("cpuacct"), unified(membership, mountinfo)));
        match source(&limit, accounts, &mut read) {
            Ok(Some(source)) => {
                limits.cpu = Some((limit, source));
                break;
            }
            Ok(None) => limits.unmeasured_cpu = limits.unmeasured_cpu.or(Some(limit)),
            Err(file) => {
                limits.unclear_cpu.get_or_insert(file);
                break;
            }
        }
    }
    limits
}

/// The groups that the process's memory is charged to. In version 1 a group without `memory.use_hierarchy` is not charged for
/// those below it, and its limit does not hold them. Source: the kernel's `cgroup-v1/memory.rst`, 6.
fn charged_groups<'a>(memory: &'a Hierarchy, read: &mut impl FnMut(&str) -> FileContent) -> &'a [Cgroup] {
    let mut is_charged = |group: &Cgroup| {
        let file = format!("{}/memory.use_hierarchy", group.folder);
        memory.version == CgroupVersion::Two || read(&file).text().and_then(single) != Some(0)
    };
    let own = memory.groups.len().saturating_sub(1);
    let parents = memory.groups.get(..own).unwrap_or_default();
    let outside = parents.iter().rposition(|group| !is_charged(group)).map_or(0, |last| last + 1);
    memory.groups.get(outside..).unwrap_or_default()
}

impl Limits {
    /// Takes the smallest limits of memory and of swap.
    fn add_memory(&mut self, groups: &[Cgroup], version: CgroupVersion, read: &mut impl FnMut(&str) -> FileContent) {
        let (names, swap_name) = match version {
            // The limit of memory and swap together is one of memory too.
            CgroupVersion::One => (["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"], None),
            // Above the first the group is slowed down until it frees memory, above the second it is killed.
            CgroupVersion::Two => (["memory.high", "memory.max"], Some("memory.swap.max")),
        };
        for group in groups {
            let in_group = |name: &str| format!("{}/{name}", group.folder);
            let limits = names.map(|name| {
                let limit = read(&in_group(name)).limit(limit_bytes, has_no_limit);
                limit.unwrap_or_else(|UnclearLimit| {
                    self.unclear_memory.get_or_insert_with(|| in_group(name));
                    None
                })
            });
            let swap = match swap_name {
                Some(name) => read(&in_group(name)).text().and_then(swap_limit_bytes),
                None => limits[0].zip(limits[1]).and_then(|(memory, both)| both.checked_sub(memory)),
            };
            self.swap_bytes = self.swap_bytes.into_iter().chain(swap).min();
            for (bytes, name) in limits.into_iter().zip(names) {
                let Some(bytes) = bytes else { continue };
                if self.memory.as_ref().is_none_or(|least| bytes < least.bytes) {
                    let (group, file) = (group.clone(), in_group(name));
                    self.memory = Some(MemoryLimit { version, group, bytes, file });
                }
            }
        }
    }
}

/// The quotas of the groups.
fn quotas(
    hierarchy: &Hierarchy,
    read: &mut impl FnMut(&str) -> FileContent,
    unclear: &mut Option<String>,
) -> Vec<CpuLimit> {
    let names: &[&str] = match hierarchy.version {
        CgroupVersion::Two => &["cpu.max"],
        CgroupVersion::One => &["cpu.cfs_quota_us", "cpu.cfs_period_us"],
    };
    cpu_limits(hierarchy, CPU, names, unclear, |files| match files {
        [both] => read(both).limit(quota_cores, has_no_quota).map_err(|UnclearLimit| both.clone()),
        [quota, period] => {
            let quota_us = read(quota).limit(single, has_no_quota).map_err(|UnclearLimit| quota.clone())?;
            let period_us = read(period).limit(single, |_| false).map_err(|UnclearLimit| period.clone())?;
            let both = quota_us.zip(period_us);
            both.map(|(quota_us, period_us)| cores(quota_us, period_us).ok_or_else(|| quota.clone())).transpose()
        }
        _ => Ok(None),
    })
}

/// The sets of processors of the groups.
fn sets(
    hierarchy: &Hierarchy,
    read: &mut impl FnMut(&str) -> FileContent,
    unclear: &mut Option<String>,
) -> Vec<CpuLimit> {
    let name = match hierarchy.version {
        CgroupVersion::One => "cpuset.effective_cpus",
        CgroupVersion::Two => "cpuset.cpus.effective",
    };
    // A group that has handed all its processors on to others has an empty set. Source: `cgroup-v2.rst`, `cpuset.cpus.partition`.
    let is_empty = |text: &[u8]| text.trim_ascii().is_empty();
    cpu_limits(hierarchy, CPUSET, &[name], unclear, |files| {
        let Some(file) = files.first() else { return Ok(None) };
        let count = read(file).limit(processors, is_empty).map_err(|UnclearLimit| file.clone())?;
        Ok(count.map(|count| count as f64))
    })
}

/// The limits of the groups, each in so many cores by its files; the first file that does not tell its limit is `unclear`.
fn cpu_limits(
    hierarchy: &Hierarchy,
    controller: &'static str,
    names: &[&str],
    unclear: &mut Option<String>,
    mut cores_of: impl FnMut(&[String]) -> Result<Option<f64>, String>,
) -> Vec<CpuLimit> {
    let limit = |group: &Cgroup| {
        let files: Vec<String> = names.iter().map(|name| format!("{}/{name}", group.folder)).collect();
        let cores = cores_of(&files).unwrap_or_else(|file| {
            unclear.get_or_insert(file);
            None
        })?;
        Some(CpuLimit { controller, group: group.clone(), cores, files })
    };
    hierarchy.groups.iter().filter_map(limit).collect()
}

/// The files of the use of the limit's group; `None` where there are none. In version 1 the use is in another hierarchy, in which
/// the process may be in other groups: only one of the same path is the same group. Else that of version 2 counts, which has the
/// use of every group.
///
/// # Errors
/// The file that is there and does not tell the use.
fn source(
    limit: &CpuLimit,
    (accounts, unified): &(Option<Hierarchy>, Option<Hierarchy>),
    read: &mut impl FnMut(&str) -> FileContent,
) -> Result<Option<CpuSource>, String> {
    let same = |hierarchy: &Hierarchy, name: &str| {
        let group = hierarchy.groups.iter().find(|group| group.path == limit.group.path)?;
        Some(format!("{}/{name}", group.folder))
    };
    let mut told = |file: Option<String>, use_in: fn(&[u8]) -> Option<u64>| -> Result<Option<String>, String> {
        let Some(file) = file else { return Ok(None) };
        match read(&file).limit(use_in, |_| false) {
            Ok(used) => Ok(used.map(|_| file)),
            Err(UnclearLimit) => Err(file),
        }
    };
    let one = accounts.as_ref().filter(|accounts| accounts.version == CgroupVersion::One);
    let usage = match told(one.and_then(|accounts| same(accounts, USAGE_1)), single)? {
        Some(file) => Some(file),
        None => told(unified.as_ref().and_then(|unified| same(unified, STAT)), |text| named(text, b"usage_usec"))?,
    };
    let stat = format!("{}/{STAT}", limit.group.folder);
    Ok(usage.map(|usage| {
        let has_periods = limit.controller == CPU && stat != usage;
        CpuSource { usage, periods: has_periods.then_some(stat) }
    }))
}
