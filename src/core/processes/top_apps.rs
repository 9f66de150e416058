//! The applications that use the most, ranked from two scans of the processes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// One process in one scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessSample {
    pub pid: u32,
    /// Its start time in the system's unit: with `pid` it identifies a process among later ones of the same number.
    pub started: u64,
    /// The pid of its parent; 0 where it is not known.
    pub parent: u32,
    /// By the name that a person knows.
    pub application: Arc<str>,
    /// Since the process began.
    pub cpu_time: Duration,
    /// Of its children that have ended and were waited for, and of theirs.
    pub children_cpu_time: Duration,
    /// Memory of its own. On macOS the physical footprint; on Linux the resident memory that is not shared.
    pub private_bytes: u64,
    /// Resident memory that others may share: counted once for each application. 0 on macOS.
    pub shared_bytes: u64,
}

/// Whether a process counts for each percentage: where that is of a limit, only a process in its group does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub cpu: bool,
    pub memory: bool,
}

impl Counted {
    /// Nothing is limited, or it is in both groups.
    pub const BOTH: Counted = Counted { cpu: true, memory: true };
}

/// The use of an application, all its processes together.
#[derive(Clone, Debug, PartialEq)]
pub struct AppUsage {
    /// At most [`MAX_NAME_CHARS`] characters, from outside: escaped where it is shown.
    pub name: Arc<str>,
    /// In order.
    pub pids: Vec<u32>,
    /// Of one core, between the two scans: 310 is 3.1 cores.
    pub cpu_percent: f64,
    pub memory_bytes: u64,
}

/// The applications that use the most, the greatest user first, each list at most [`MAX_APPS`] long.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopApps {
    /// Without applications that used no CPU time.
    pub by_cpu: Arc<[AppUsage]>,
    /// Without processes that have no memory of their own (the kernel's threads).
    pub by_memory: Arc<[AppUsage]>,
    /// Whether the scans saw all processes; otherwise those of other users may be missing. [`rank_apps`] leaves it false.
    pub is_complete: bool,
}

/// The number of applications that are named.
pub const MAX_APPS: usize = 3;
/// An application that uses no more than this part of the greatest user's use has nothing to do with the alert.
pub const MIN_SHARE: u128 = 20;
/// Longer names are cut.
pub const MAX_NAME_CHARS: usize = 200;

/// The sum of an application's processes.
#[derive(Default)]
struct AppSum {
    pids: Vec<u32>,
    cpu_time: Duration,
    private_bytes: u64,
    /// The maximum of its processes: they mostly share it among themselves.
    shared_bytes: u64,
}

impl AppSum {
    fn memory_bytes(&self) -> u64 {
        self.private_bytes.saturating_add(self.shared_bytes)
    }

    fn usage(&self, name: &str, elapsed: Duration) -> AppUsage {
        let mut pids = self.pids.clone();
        pids.sort_unstable();
        AppUsage {
            name: name.chars().take(MAX_NAME_CHARS).collect::<String>().into(),
            pids,
            cpu_percent: if elapsed.is_zero() {
                0.0
            } else {
                self.cpu_time.as_secs_f64() / elapsed.as_secs_f64() * 100.0
            },
            memory_bytes: self.memory_bytes(),
        }
    }
}

/// Ranks applications by the CPU time they used between two scans that are `elapsed` apart, and by their memory at the second.
///
/// A process in `now` alone began in between, and counts all the CPU time it has used. A process in `before` alone has ended,
/// and its use is unknown: it counts nothing. Equal applications are in the order of their names.
pub fn rank_apps(before: &[ProcessSample], now: &[ProcessSample], elapsed: Duration) -> TopApps {
    let earlier: HashMap<(u32, u64), Duration> = before.iter().map(|s| ((s.pid, s.started), s.cpu_time)).collect();
    let mut sums: BTreeMap<&str, AppSum> = BTreeMap::new();
    for sample in now {
        let used_before = earlier.get(&(sample.pid, sample.started)).copied().unwrap_or_default();
        let sum = sums.entry(&sample.application).or_default();
        sum.pids.push(sample.pid);
        // A counter never goes back; if one did, the use is unknown and counts nothing.
        sum.cpu_time = sum.cpu_time.saturating_add(sample.cpu_time.saturating_sub(used_before));
        sum.private_bytes = sum.private_bytes.saturating_add(sample.private_bytes);
        sum.shared_bytes = sum.shared_bytes.max(sample.shared_bytes);
    }
    // Without elapsed time no application uses more than another.
    let cpu_time = |sum: &AppSum| if elapsed.is_zero() { 0 } else { sum.cpu_time.as_nanos() };
    TopApps {
        by_cpu: top_by(&sums, elapsed, cpu_time),
        by_memory: top_by(&sums, elapsed, |sum| sum.memory_bytes().into()),
        is_complete: false,
    }
}

/// The applications with the greatest `amount`, as far as it is worth naming.
fn top_by(sums: &BTreeMap<&str, AppSum>, elapsed: Duration, amount: impl Fn(&AppSum) -> u128) -> Arc<[AppUsage]> {
    let mut apps: Vec<(&str, &AppSum)> = sums.iter().map(|(name, sum)| (*name, sum)).collect();
    let most = apps.iter().map(|(_, sum)| amount(sum)).max().unwrap_or_default();
    apps.retain(|(_, sum)| amount(sum) > most / MIN_SHARE);
    // The map is in the order of names, which a stable sort keeps.
    apps.sort_by_key(|(_, sum)| std::cmp::Reverse(amount(sum)));
    apps.iter().take(MAX_APPS).map(|(name, sum)| sum.usage(name, elapsed)).collect()
}

/// CPU time from a kernel's `ticks`; `ticks_per_second` counts as one at least.
pub fn cpu_time(ticks: u64, ticks_per_second: u64) -> Duration {
    let per_second = ticks_per_second.max(1);
    let nanoseconds = u128::from(ticks % per_second) * 1_000_000_000 / u128::from(per_second);
    // Less than a second's worth: it fits.
    let fraction = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or_default());
    Duration::from_secs(ticks / per_second).saturating_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn sample(pid: u32, application: &str, cpu_ms: u64, private_mib: u64, shared_mib: u64) -> ProcessSample {
        ProcessSample {
            pid,
            started: 7,
            parent: 0,
            application: application.into(),
            cpu_time: Duration::from_millis(cpu_ms),
            children_cpu_time: Duration::ZERO,
            private_bytes: private_mib * MIB,
            shared_bytes: shared_mib * MIB,
        }
    }

    fn names(processes: &[AppUsage]) -> Vec<&str> {
        processes.iter().map(|p| &*p.name).collect()
    }

    #[test]
    fn the_processes_of_an_application_are_added_up() {
        let before = [sample(9, "browser", 1_000, 0, 0), sample(4, "browser", 500, 0, 0)];
        let now = [
            sample(9, "browser", 2_500, 100, 30),
            sample(4, "browser", 1_000, 50, 40),
            sample(12, "browser", 100, 10, 40),
        ];
        let found = rank_apps(&before, &now, Duration::from_secs(2));
        // 1.5 s and 0.5 s of the processes seen before, 0.1 s of the new one, in 2 s.
        let browser = AppUsage {
            name: "browser".into(),
            pids: vec![4, 9, 12],
            cpu_percent: 2.1 / 2.0 * 100.0,
            memory_bytes: (100 + 50 + 10 + 40) * MIB,
        };
        assert_eq!(found.by_cpu[..], [browser]);
        assert_eq!(found.by_memory, found.by_cpu);
    }

    #[test]
    fn the_greatest_users_come_first_and_equal_ones_by_name() {
        let now: Vec<ProcessSample> = [("d", 10, 1), ("a", 10, 5), ("c", 30, 5), ("b", 10, 5), ("idle", 0, 9)]
            .iter()
            .zip(1..)
            .map(|(&(name, cpu_ms, mib), pid)| sample(pid, name, cpu_ms, mib, 0))
            .collect();
        let found = rank_apps(&[], &now, Duration::from_secs(1));
        assert_eq!(names(&found.by_cpu), ["c", "a", "b"]);
        assert_eq!(names(&found.by_memory), ["idle", "a", "b"]);
        assert_eq!(found.by_memory[0].cpu_percent, 0.0);
    }

    #[test]
    fn an_application_that_used_nothing_is_not_named() {
        let idle = sample(1, "idle", 900, 1, 0);
        let kernel = sample(2, "kernel", 50, 0, 0);
        let found = rank_apps(std::slice::from_ref(&idle), &[idle.clone(), kernel], Duration::from_secs(1));
        assert_eq!((names(&found.by_cpu), names(&found.by_memory)), (vec!["kernel"], vec!["idle"]));
    }

    #[test]
    fn an_application_that_used_little_beside_the_greatest_is_not_named() {
        let before: Vec<ProcessSample> =
            (1..=3).map(|pid| sample(pid, ["xz", "shell", "kernel"][pid as usize - 1], 0, 100, 0)).collect();
        let used = |cpu_ms: [u64; 3]| -> Vec<ProcessSample> {
            before
                .iter()
                .zip(cpu_ms)
                .map(|(s, ms)| ProcessSample { cpu_time: Duration::from_millis(ms), ..s.clone() })
                .collect()
        };
        let named = |cpu_ms| names(&rank_apps(&before, &used(cpu_ms), Duration::from_secs(1)).by_cpu).join(" ");
        assert_eq!(named([2000, 110, 100]), "xz shell");
        assert_eq!(named([30, 20, 10]), "xz shell kernel", "without a great user all are named");
    }

    #[test]
    fn a_reused_pid_is_another_process() {
        let before = [sample(1, "old", 60_000, 1, 0)];
        let now = [ProcessSample { started: 8, ..sample(1, "new", 250, 1, 0) }];
        let found = rank_apps(&before, &now, Duration::from_secs(1));
        assert_eq!((names(&found.by_cpu), found.by_cpu[0].cpu_percent), (vec!["new"], 25.0));
    }

    #[test]
    fn a_process_that_ran_another_program_goes_by_the_later_one() {
        let found = rank_apps(&[sample(1, "sh", 10, 1, 0)], &[sample(1, "make", 510, 1, 0)], Duration::from_secs(1));
        assert_eq!((names(&found.by_cpu), found.by_cpu[0].cpu_percent), (vec!["make"], 50.0));
    }

    #[test]
    fn a_counter_that_went_back_no_elapsed_time_and_no_processes_count_nothing() {
        let (one, two) = ([sample(1, "a", 900, 1, 0)], [sample(1, "a", 100, 1, 0)]);
        assert_eq!(names(&rank_apps(&one, &two, Duration::from_secs(1)).by_cpu), [""; 0]);
        let timeless = rank_apps(&two, &one, Duration::ZERO);
        assert_eq!((names(&timeless.by_cpu), timeless.by_memory[0].cpu_percent), (vec![], 0.0));
        assert_eq!(rank_apps(&one, &[], Duration::from_secs(1)), TopApps::default());
    }

    #[test]
    fn sums_stop_at_the_greatest_number() {
        let most = ProcessSample {
            cpu_time: Duration::MAX,
            private_bytes: u64::MAX,
            shared_bytes: u64::MAX,
            ..sample(1, "a", 0, 0, 0)
        };
        let found = rank_apps(&[], &[most.clone(), ProcessSample { pid: 2, ..most }], Duration::from_nanos(1));
        assert_eq!(found.by_memory[0].memory_bytes, u64::MAX);
        assert!(found.by_cpu[0].cpu_percent.is_finite());
    }

    #[test]
    fn ticks_become_time() {
        assert_eq!(cpu_time(12_345, 100), Duration::from_millis(123_450));
        assert_eq!(cpu_time(24_000_000 * 3 + 12, 24_000_000), Duration::new(3, 500));
        assert_eq!(cpu_time(1_500_000_001, 1_000_000_000), Duration::new(1, 500_000_001));
        assert_eq!(cpu_time(u64::MAX, u64::MAX), Duration::from_secs(1));
        assert_eq!(cpu_time(7, 0), Duration::from_secs(7));
    }

    #[test]
    fn a_long_name_is_cut_between_characters_and_not_escaped() {
        let long = "\u{1b}[2Jü".to_owned() + &"é".repeat(300);
        let found = rank_apps(&[], &[sample(1, &long, 0, 1, 0)], Duration::from_secs(1));
        let name = &found.by_memory[0].name;
        assert!(long.starts_with(&**name));
        assert_eq!(name.chars().count(), MAX_NAME_CHARS);
    }
}
