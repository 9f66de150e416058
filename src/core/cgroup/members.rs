//! The processes that use a limit up: those in its group. Others have no part in a percentage of the limit.

use super::folders::is_member;
use super::limits::Limits;

/// The groups of the limits that the percentages are of; `None` where a percentage is of the whole machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitedGroups {
    memory: Option<String>,
    cpu: Option<(&'static str, String)>,
}

impl LimitedGroups {
    /// The groups of these limits on a machine with so much memory (`None` where that is unknown: then nothing limits it).
    pub fn of(limits: &Limits, machine_bytes: Option<u64>) -> LimitedGroups {
        let memory = limits.memory.as_ref().filter(|limit| limit.is_below(machine_bytes));
        let cpu = limits.cpu.as_ref().map(|(limit, _)| (limit.controller, limit.group.path.clone()));
        LimitedGroups { memory: memory.map(|limit| limit.group.path.clone()), cpu }
    }

    /// Whether nothing is limited: then every process counts.
    pub fn is_empty(&self) -> bool {
        *self == LimitedGroups::default()
    }

    /// Whether the process with this `/proc/PID/cgroup` is in the group of the CPU limit, and in that of memory.
    pub fn hold(&self, membership: &str) -> (bool, bool) {
        let cpu = self.cpu.as_ref().is_none_or(|(controller, path)| is_member(membership, controller, path));
        (cpu, self.memory.as_ref().is_none_or(|path| is_member(membership, "memory", path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::cgroup::limits;

    #[test]
    fn each_percentage_is_of_its_own_group() {
        let mounts = "1 2 0:3 / /c rw - cgroup2 cgroup2 rw\n";
        let find = |files: &[(&str, &str)]| {
            limits::find("0::/a/b\n", mounts, |path| {
                let known = files.iter().find(|(known, _)| *known == path);
                known.map(|(_, text)| text.as_bytes().to_vec())
            })
        };
        let files = [
            (limits::ONLINE_PROCESSORS, "0-3\n"),
            ("/c/a/memory.max", "100\n"),
            ("/c/a/b/cpu.max", "1 2\n"),
            ("/c/a/b/cpu.stat", "usage_usec 7\n"),
        ];
        let groups = LimitedGroups::of(&find(&files), Some(1_000));
        assert_eq!(groups.hold("0::/a/b/c\n"), (true, true));
        assert_eq!(groups.hold("0::/a\n"), (false, true));
        assert_eq!((groups.hold("0::/other\n"), groups.hold("")), ((false, false), (false, false)));
        assert_eq!(LimitedGroups::of(&find(&files), Some(99)).hold("0::/x\n"), (false, true), "more than there is");
        assert!(!groups.is_empty() && LimitedGroups::of(&find(&[]), Some(1_000)).is_empty());
        assert_eq!(LimitedGroups::default().hold(""), (true, true));
    }
}
