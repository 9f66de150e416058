//! The reasons why figures cannot be read, in the system's words, for `doctor`: the first file that fails.

use std::fs;

use super::cgroup::find;
use super::compressed::SWAPS;
use super::huge_pages;
use super::limits_in_force::{machine_bytes, unclear};
use super::proc_file::{ARCSTATS, MEMINFO, PRESSURE, STAT, failure, is_missing};
use crate::core::cgroup::folders::CgroupVersion;
use crate::core::cgroup::limits::MemoryLimit;
use crate::core::metrics::metric::Metric;
use crate::core::proc::meminfo::MemInfo;
use crate::core::proc::swap::zram_areas;
use crate::core::text::problems;

/// Why the figures of a metric cannot be read; `None` where all its files can be read.
pub fn read_failure(metric: Metric) -> Option<String> {
    let limits = find();
    match metric {
        Metric::Cpu => match (limits.unclear_cpu, limits.cpu) {
            (Some(path), _) => Some(unclear(&path)),
            (None, Some((_, source))) => failure(&source.usage, |_| false),
            (None, None) => failure(STAT, |_| false),
        },
        Metric::Memory => {
            let of_limit = limits.unclear_memory.map(|path| unclear(&path));
            of_limit.or_else(|| failure(MEMINFO, |_| false)).or_else(|| {
                match limits.memory.filter(|limit| limit.is_below(machine_bytes().0)) {
                    Some(limit) => group_failure(&limit),
                    None => unused_parts_failure(),
                }
            })
        }
    }
}

/// The same for swap, of the machine or of the group whose memory is limited.
pub fn swap_failure() -> Option<String> {
    let of_zram = || {
        let swaps = fs::read(SWAPS).ok()?;
        zram_areas(&swaps).find_map(|(number, _)| {
            let path = |name: &str| format!("/sys/block/zram{number}/{name}");
            failure(&path("mm_stat"), |_| false).or_else(|| failure(&path("bd_stat"), is_missing))
        })
    };
    let of_group = || {
        let limit = find().memory.filter(|limit| limit.is_below(machine_bytes().0))?;
        failure(&format!("{}/memory.swap.current", limit.group.folder), is_missing)
    };
    failure(MEMINFO, |_| false).or_else(|| failure(SWAPS, is_missing)).or_else(of_zram).or_else(of_group)
}

/// The same for the memory pressure.
pub fn pressure_failure() -> Option<String> {
    failure(PRESSURE, is_missing)
}

fn group_failure(limit: &MemoryLimit) -> Option<String> {
    let name = match limit.version {
        CgroupVersion::One => "memory.usage_in_bytes",
        CgroupVersion::Two => "memory.current",
    };
    let in_group = |name: &str| failure(&format!("{}/{name}", limit.group.folder), |_| false);
    in_group(name).or_else(|| in_group("memory.stat"))
}

/// The error of the files that tell the parts of memory which do not count as in use.
fn unused_parts_failure() -> Option<String> {
    let info = fs::read(MEMINFO).map(|text| MemInfo::parse(&text)).unwrap_or_default();
    failure(ARCSTATS, is_missing).or_else(|| info.has_other_huge_pages().then(huge_pages_failure)?)
}

fn huge_pages_failure() -> Option<String> {
    let sizes = match fs::read_dir(huge_pages::FOLDER) {
        Ok(sizes) => sizes,
        Err(error) => return Some(problems::figures_unreadable(huge_pages::FOLDER, error)),
    };
    let mut files = sizes.flatten().flat_map(|size| huge_pages::FILES.map(|name| size.path().join(name)));
    files.find_map(|path| failure(&path.to_string_lossy(), |_| false))
}
