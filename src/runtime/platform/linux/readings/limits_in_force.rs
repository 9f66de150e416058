//! The cgroup limits, compared with the machine: for `doctor`, and for the processes that use them up.

use std::fs;

use super::cgroup::find;
use super::proc_file::{MEMINFO, failure};
use crate::core::cgroup::limits::Limits;
use crate::core::cgroup::members::LimitedGroups;
use crate::core::messages::output_line::CheckResult;
use crate::core::proc::meminfo::MemInfo;
use crate::core::text::metrics::cgroup as text;
use crate::core::text::problems;
use crate::runtime::platform::check::Check;

/// The machine's memory and swap: all there is of them, in bytes.
pub fn machine_bytes() -> (Option<u64>, Option<u64>) {
    let info = fs::read(MEMINFO).map(|text| MemInfo::parse(&text)).unwrap_or_default();
    (info.total_bytes(), info.swap_total_kib.and_then(|kib| kib.checked_mul(1024)))
}

/// The groups of the limits that the percentages are of now.
pub fn limited_groups() -> LimitedGroups {
    LimitedGroups::of(&find(), machine_bytes().0)
}

/// The reason why a file does not tell its limit: its error, or its content.
pub fn unclear(path: &str) -> String {
    failure(path, |_| false).unwrap_or_else(|| problems::figures_unclear(path))
}

/// The check of the limits. None is not missed.
pub fn check() -> Check {
    let (limits, (machine_bytes, machine_swap_bytes)) = (find(), machine_bytes());
    let parts = parts(&limits, machine_bytes, machine_swap_bytes);
    let unclear_file = limits.unclear_memory.as_ref().or(limits.unclear_cpu.as_ref());
    let result = match (unclear_file, parts.is_empty(), limits.are_seen) {
        (Some(path), ..) => CheckResult::Failed(text::not_clear(unclear(path))),
        (None, false, _) => CheckResult::Ok(parts.join("; ")),
        (None, true, true) => CheckResult::Ok(text::NO_LIMIT.into()),
        (None, true, false) => CheckResult::Absent(text::NOT_SEEN.into()),
    };
    Check { name: "cgroup limit".into(), result }
}

fn parts(limits: &Limits, machine_bytes: Option<u64>, machine_swap_bytes: Option<u64>) -> Vec<String> {
    let memory = limits.memory.as_ref().and_then(|limit| {
        let memory = text::memory(limit.bytes, &limit.group.folder);
        match machine_bytes {
            None => Some(text::not_compared(memory)),
            Some(machine_bytes) if machine_bytes == limit.bytes => Some(text::same_as_machine(memory)),
            Some(_) => limit.is_below(machine_bytes).then_some(memory),
        }
    });
    let swap_bytes = limits.swap_bytes.filter(|bytes| Some(*bytes) < machine_swap_bytes);
    let cpu = limits.cpu.as_ref().map(|(limit, _)| text::cpu(limit.cores, &limit.group.folder));
    let unmeasured =
        limits.unmeasured_cpu.as_ref().map(|limit| text::unmeasured(text::cpu(limit.cores, &limit.group.folder)));
    memory.into_iter().chain(swap_bytes.map(text::swap)).chain(cpu).chain(unmeasured).collect()
}
