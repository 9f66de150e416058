//! The limits in force: the smallest of the cgroup of the process and of its parents. Of equal ones that of the outermost
//! counts, which others use as well.

use super::files::{cores, limit_bytes, named, processors, quota_cores, single, swap_limit_bytes};
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

/// Finds the limits by the two files of `/proc/self`, and those that `read` returns (`None` where one cannot be read).
pub fn find(membership: &str, mountinfo: &str, mut read: impl FnMut(&str) -> Option<Vec<u8>>) -> Limits {
    let of = |controller| hierarchy(membership, mountinfo, controller);
    let (memory, cpu, set) = (of("memory"), of(CPU), of(CPUSET));
    let are_seen = memory.is_some() || cpu.is_some();
    let charged = memory.as_ref().map_or(&[][..], |memory| charged_groups(memory, &mut read));
    let (memory, swap_bytes) = match &memory {
        Some(memory) => memory_limits(charged, memory.version, &mut read),
        None => (None, None),
    };
    let machine = read(ONLINE_PROCESSORS).and_then(|text| processors(&text));
    let mut limits = cpu.as_ref().map_or_else(Vec::new, |cpu| quotas(cpu, &mut read));
    limits.extend(set.as_ref().map_or_else(Vec::new, |set| sets(set, &mut read)));
    // Where the machine's own are not known, nothing tells that a limit is below.
    limits.retain(|limit| machine.is_some_and(|machine| limit.cores < machine as f64));
    // The sort is stable: the outermost of equal ones stays the first.
    limits.sort_by(|one, other| one.cores.total_cmp(&other.cores));
    let mut accounts = None;
    let (mut measured, mut unmeasured_cpu) = (None, None);
    for limit in limits {
        let accounts = accounts.get_or_insert_with(|| (of("cpuacct"), unified(membership, mountinfo)));
        match source(&limit, accounts, &mut read) {
            Some(source) => {
                measured = Some((limit, source));
                break;
            }
            None => unmeasured_cpu = unmeasured_cpu.or(Some(limit)),
        }
    }
    Limits { memory, swap_bytes, cpu: measured, unmeasured_cpu, are_seen }
}

/// The groups that the process's memory is charged to. In version 1 a group without `memory.use_hierarchy` is not charged for
/// those below it, and its limit does not hold them. Source: the kernel's `cgroup-v1/memory.rst`, 6.
fn charged_groups<'a>(memory: &'a Hierarchy, read: &mut impl FnMut(&str) -> Option<Vec<u8>>) -> &'a [Cgroup] {
    let mut is_charged = |group: &Cgroup| {
        let file = format!("{}/memory.use_hierarchy", group.folder);
        memory.version == CgroupVersion::Two || read(&file).and_then(|text| single(&text)) != Some(0)
    };
    let own = memory.groups.len().saturating_sub(1);
    let parents = memory.groups.get(..own).unwrap_or_default();
    let outside = parents.iter().rposition(|group| !is_charged(group)).map_or(0, |last| last + 1);
    memory.groups.get(outside..).unwrap_or_default()
}

/// The smallest limits of memory and of swap.
fn memory_limits(
    groups: &[Cgroup],
    version: CgroupVersion,
    read: &mut impl FnMut(&str) -> Option<Vec<u8>>,
) -> (Option<MemoryLimit>, Option<u64>) {
    let (names, swap_name) = match version {
        // The limit of memory and swap together is one of memory too.
        CgroupVersion::One => (["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"], None),
        // Above the first the group is slowed down until it frees memory, above the second it is killed.
        CgroupVersion::Two => (["memory.high", "memory.max"], Some("memory.swap.max")),
    };
    let (mut smallest, mut swap_bytes): (Option<MemoryLimit>, Option<u64>) = (None, None);
    for group in groups {
        let mut of = |name: &str| read(&format!("{}/{name}", group.folder));
        let limits = names.map(|name| of(name).and_then(|text| limit_bytes(&text)));
        let swap = match swap_name {
            Some(name) => of(name).and_then(|text| swap_limit_bytes(&text)),
            None => limits[0].zip(limits[1]).and_then(|(memory, both)| both.checked_sub(memory)),
        };
        swap_bytes = swap_bytes.into_iter().chain(swap).min();
        for (bytes, name) in limits.into_iter().zip(names) {
            let Some(bytes) = bytes else { continue };
            if smallest.as_ref().is_none_or(|least| bytes < least.bytes) {
                let file = format!("{}/{name}", group.folder);
                smallest = Some(MemoryLimit { version, group: group.clone(), bytes, file });
            }
        }
    }
    (smallest, swap_bytes)
}

/// The quotas of the groups.
fn quotas(hierarchy: &Hierarchy, read: &mut impl FnMut(&str) -> Option<Vec<u8>>) -> Vec<CpuLimit> {
    let names: &[&str] = match hierarchy.version {
        CgroupVersion::Two => &["cpu.max"],
        CgroupVersion::One => &["cpu.cfs_quota_us", "cpu.cfs_period_us"],
    };
    cpu_limits(hierarchy, CPU, names, |files| match files {
        [both] => quota_cores(&read(both)?),
        [quota, period] => {
            let quota_us = single(&read(quota)?)?;
            cores(quota_us, single(&read(period)?)?)
        }
        _ => None,
    })
}

/// The sets of processors of the groups.
fn sets(hierarchy: &Hierarchy, read: &mut impl FnMut(&str) -> Option<Vec<u8>>) -> Vec<CpuLimit> {
    let name = match hierarchy.version {
        CgroupVersion::One => "cpuset.effective_cpus",
        CgroupVersion::Two => "cpuset.cpus.effective",
    };
    cpu_limits(hierarchy, CPUSET, &[name], |files| Some(processors(&read(files.first()?)?)? as f64))
}

fn cpu_limits(
    hierarchy: &Hierarchy,
    controller: &'static str,
    names: &[&str],
    mut cores_of: impl FnMut(&[String]) -> Option<f64>,
) -> Vec<CpuLimit> {
    let limit = |group: &Cgroup| {
        let files: Vec<String> = names.iter().map(|name| format!("{}/{name}", group.folder)).collect();
        let cores = cores_of(&files)?;
        Some(CpuLimit { controller, group: group.clone(), cores, files })
    };
    hierarchy.groups.iter().filter_map(limit).collect()
}

/// The files of the use of the limit's group. In version 1 the use is in another hierarchy, in which the process may be in other
/// groups: only one of the same path is the same group. Else that of version 2 counts, which has the use of every group.
fn source(
    limit: &CpuLimit,
    (accounts, unified): &(Option<Hierarchy>, Option<Hierarchy>),
    read: &mut impl FnMut(&str) -> Option<Vec<u8>>,
) -> Option<CpuSource> {
    let same = |hierarchy: &Hierarchy, name: &str| {
        let group = hierarchy.groups.iter().find(|group| group.path == limit.group.path)?;
        Some(format!("{}/{name}", group.folder))
    };
    let one = accounts.as_ref().filter(|accounts| accounts.version == CgroupVersion::One);
    let one = one.and_then(|accounts| same(accounts, USAGE_1));
    let one = one.filter(|file| read(file).is_some_and(|text| single(&text).is_some()));
    let two = || unified.as_ref().and_then(|unified| same(unified, STAT));
    let usage =
        one.or_else(|| two().filter(|file| read(file).is_some_and(|text| named(&text, b"usage_usec").is_some())))?;
    let stat = format!("{}/{STAT}", limit.group.folder);
    let has_periods = limit.controller == CPU && stat != usage;
    Some(CpuSource { usage, periods: has_periods.then_some(stat) })
}
