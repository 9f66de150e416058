//! The limits in force: the smallest of the cgroup of the process and of its parents. Of equal ones that of the outermost
//! counts, which others use as well.

use super::files::{cores, limit_bytes, processors, quota_cores, single};
use super::folders::{CgroupVersion, Folders, folders};

/// The list of the machine's processors.
pub const ONLINE_PROCESSORS: &str = "/sys/devices/system/cpu/online";

/// The limits that hold a process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    pub memory: Option<MemoryLimit>,
    /// Only where it is below the machine's processors.
    pub cpu: Option<CpuLimit>,
    /// Whether the process's cgroups are seen; otherwise nothing is known about limits.
    pub are_seen: bool,
}

/// A limit of memory, which may be above the machine's.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryLimit {
    pub version: CgroupVersion,
    pub folder: String,
    pub bytes: u64,
}

/// A limit of the CPU: a quota, or a set of processors.
#[derive(Clone, Debug, PartialEq)]
pub struct CpuLimit {
    pub version: CgroupVersion,
    /// The folder with `cpu.stat`.
    pub folder: String,
    /// The folder with `cpuacct.usage` of version 1.
    pub usage_folder: String,
    pub cores: f64,
}

/// Finds the limits by the two files of `/proc/self`, and those that `read` returns (`None` where one cannot be read).
pub fn find(membership: &str, mountinfo: &str, mut read: impl FnMut(&str) -> Option<Vec<u8>>) -> Limits {
    let of = |controller| folders(membership, mountinfo, controller);
    let (memory, cpu, set) = (of("memory"), of("cpu"), of("cpuset"));
    let usage = of("cpuacct");
    let are_seen = memory.is_some() || cpu.is_some();
    let memory = memory.and_then(|folders| memory_limit(&folders, &mut read));
    let machine = read(ONLINE_PROCESSORS).and_then(|text| processors(&text));
    let quota = cpu.as_ref().and_then(|folders| smallest_quota(folders, &mut read));
    let set = set.and_then(|folders| smallest_set(&folders, &mut read));
    let cpu = cpu.zip(machine).and_then(|(cpu, machine)| {
        let (depth, cores) = [quota, set].into_iter().flatten().min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        // The other hierarchies of version 1 have the same folders, where they have any.
        let at = |folders: &Folders| folders.paths.get(depth).or(folders.paths.last()).cloned();
        let folder = at(&cpu)?;
        let usage_folder = usage.as_ref().and_then(at)?;
        (cores < machine as f64).then_some(CpuLimit { version: cpu.version, folder, usage_folder, cores })
    });
    Limits { memory, cpu, are_seen }
}

fn memory_limit(folders: &Folders, read: &mut impl FnMut(&str) -> Option<Vec<u8>>) -> Option<MemoryLimit> {
    let names: &[&str] = match folders.version {
        CgroupVersion::One => &["memory.limit_in_bytes"],
        // Above the first the group is slowed down until it frees memory, above the second it is killed.
        CgroupVersion::Two => &["memory.high", "memory.max"],
    };
    let mut smallest: Option<(u64, &String)> = None;
    for folder in &folders.paths {
        for name in names {
            let limit = read(&format!("{folder}/{name}")).and_then(|text| limit_bytes(&text));
            if let Some(bytes) = limit.filter(|bytes| smallest.is_none_or(|(least, _)| *bytes < least)) {
                smallest = Some((bytes, folder));
            }
        }
    }
    smallest.map(|(bytes, folder)| MemoryLimit { version: folders.version, folder: folder.clone(), bytes })
}

/// The depth of the group with the smallest quota, and its cores.
fn smallest_quota(folders: &Folders, read: &mut impl FnMut(&str) -> Option<Vec<u8>>) -> Option<(usize, f64)> {
    smallest(folders, |folder| match folders.version {
        CgroupVersion::Two => quota_cores(&read(&format!("{folder}/cpu.max"))?),
        CgroupVersion::One => {
            let quota = single(&read(&format!("{folder}/cpu.cfs_quota_us"))?)?;
            cores(quota, single(&read(&format!("{folder}/cpu.cfs_period_us"))?)?)
        }
    })
}

/// The same of the sets of processors.
fn smallest_set(folders: &Folders, read: &mut impl FnMut(&str) -> Option<Vec<u8>>) -> Option<(usize, f64)> {
    let name = match folders.version {
        CgroupVersion::One => "cpuset.effective_cpus",
        CgroupVersion::Two => "cpuset.cpus.effective",
    };
    smallest(folders, |folder| Some(processors(&read(&format!("{folder}/{name}"))?)? as f64))
}

fn smallest(folders: &Folders, mut cores_of: impl FnMut(&str) -> Option<f64>) -> Option<(usize, f64)> {
    let cores = folders.paths.iter().enumerate().filter_map(|(depth, folder)| Some((depth, cores_of(folder)?)));
    cores.min_by(|(_, a), (_, b)| a.total_cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2: &str = "1 2 0:3 / /c rw - cgroup2 cgroup2 rw\n";
    const V1: &str = "1 2 0:3 / /m rw - cgroup cgroup rw,memory\n1 2 0:4 / /p rw - cgroup cgroup rw,cpu,cpuacct\n\
                      1 2 0:5 / /s rw - cgroup cgroup rw,cpuset\n";

    /// On a machine of 64 processors.
    fn limits(membership: &str, mountinfo: &str, files: &[(&str, &str)]) -> Limits {
        find(membership, mountinfo, |path| {
            let online = (path == ONLINE_PROCESSORS).then_some("0-63\n");
            let text = files.iter().find(|(known, _)| *known == path).map(|(_, text)| *text).or(online);
            text.map(|text| text.as_bytes().to_vec())
        })
    }

    #[test]
    fn the_smallest_limit_of_the_group_and_its_parents_counts() {
        let of =
            |files: &[(&str, &str)]| limits("0::/a/b\n", V2, files).memory.map(|limit| (limit.folder, limit.bytes));
        assert_eq!(of(&[("/c/a/memory.max", "100\n"), ("/c/a/b/memory.max", "200\n")]), Some(("/c/a".into(), 100)));
        assert_eq!(of(&[("/c/a/memory.max", "200\n"), ("/c/a/b/memory.max", "100\n")]), Some(("/c/a/b".into(), 100)));
        assert_eq!(of(&[("/c/a/memory.max", "9\n"), ("/c/a/b/memory.max", "9\n")]), Some(("/c/a".into(), 9)));
        assert_eq!(of(&[("/c/a/memory.high", "90\n"), ("/c/a/memory.max", "100\n")]), Some(("/c/a".into(), 90)));
        assert_eq!(of(&[("/c/a/memory.max", "max\n"), ("/c/a/b/memory.max", "max\n")]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn version_1_has_a_hierarchy_for_each_controller() {
        let membership = "3:memory:/a\n2:cpu,cpuacct:/a\n1:cpuset:/\n0::/z\n";
        let none = [("/m/a/memory.limit_in_bytes", "9223372036854771712\n"), ("/p/a/cpu.cfs_quota_us", "-1\n")];
        let known = limits(membership, V1, &none);
        assert_eq!(known, Limits { are_seen: true, ..Limits::default() });
        let some = [
            ("/m/memory.limit_in_bytes", "9223372036854771712\n"),
            ("/m/a/memory.limit_in_bytes", "104857600\n"),
            ("/p/a/cpu.cfs_quota_us", "20000\n"),
            ("/p/a/cpu.cfs_period_us", "100000\n"),
        ];
        let known = limits(membership, V1, &some);
        assert_eq!(known.memory.map(|limit| limit.bytes), Some(104_857_600));
        let cpu = known.cpu.unwrap();
        assert_eq!((cpu.folder.as_str(), cpu.usage_folder.as_str(), cpu.cores), ("/p/a", "/p/a", 0.2));
    }

    #[test]
    fn a_quota_or_a_set_limits_where_it_is_below_the_machines_processors() {
        let cores = |files: &[(&str, &str)]| limits("0::/a\n", V2, files).cpu.map(|limit| limit.cores);
        assert_eq!(cores(&[("/c/a/cpu.max", "20000 100000\n")]), Some(0.2));
        assert_eq!(cores(&[("/c/a/cpu.max", "max 100000\n")]), None);
        assert_eq!(cores(&[("/c/a/cpu.max", "6400000 100000\n")]), None, "all 64");
        assert_eq!(cores(&[("/c/a/cpuset.cpus.effective", "7\n")]), Some(1.0));
        assert_eq!(cores(&[("/c/a/cpuset.cpus.effective", "0-63\n"), ("/c/a/cpu.max", "300 100\n")]), Some(3.0));
        assert_eq!(cores(&[("/c/a/cpuset.cpus.effective", "0-1\n"), ("/c/a/cpu.max", "300 100\n")]), Some(2.0));
        assert_eq!(cores(&[(ONLINE_PROCESSORS, "?"), ("/c/a/cpu.max", "20000 100000\n")]), None, "nothing to compare");
    }

    #[test]
    fn groups_that_are_not_seen_have_no_limits() {
        assert!(!limits("0::/a\n", "", &[]).are_seen);
        assert!(limits("0::/a\n", V2, &[]).are_seen);
    }
}
