//! Which applications use the most: from two looks at the processes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// What one look found of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessSample {
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
pub struct AppUsage {
    /// Its name, at most [`MAX_NAME_CHARS`] characters. From outside: escaped where it is shown.
    pub name: Arc<str>,
    /// Its processes, in order.
    pub pids: Vec<u32>,
    /// CPU time in the time between the looks, percent of one core: 310 is 3.1 cores.
    pub cpu_percent: f64,
    /// Memory, bytes.
    pub memory_bytes: u64,
}

/// Who uses the most, the greatest user first, each list at most [`MAX_APPS`] long.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopApps {
    /// By CPU time. What used none is not in it.
    pub by_cpu: Arc<[AppUsage]>,
    /// By memory. What has none of its own (the kernel's threads) is not in it.
    pub by_memory: Arc<[AppUsage]>,
    /// Whether all processes could be seen, as far as who ranks them knows: else those of other users are not among them.
    pub is_complete: bool,
}

/// How many are named.
pub const MAX_APPS: usize = 3;

/// Who uses no more than this part of what the greatest user does has nothing to do with the alert.
const MIN_SHARE: u128 = 20;

/// How much of a name is kept, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// What the processes of one application come to.
#[derive(Default)]
struct AppSum {
    pids: Vec<u32>,
    cpu_time: Duration,
    private_bytes: u64,
    /// The most that one of its processes has: what is shared is mostly shared among them.
    shared_bytes: u64,
}

impl AppSum {
    fn memory_bytes(&self) -> u64 {
        self.private_bytes.saturating_add(self.shared_bytes)
    }

    fn process(&self, name: &str, elapsed: Duration) -> AppUsage {
        let mut pids = self.pids.clone();
        pids.sort_unstable();
        AppUsage {
            name: name.chars().take(MAX_NAME_CHARS).collect::<String>().into(),
            pids,
            cpu_percent: percent_of(self.cpu_time, elapsed),
            memory_bytes: self.memory_bytes(),
        }
    }
}

/// Who used the most CPU time between two looks that are `elapsed` apart, and who has the most memory at the second.
///
/// A process that is in `now` alone began in between, and counts what it has used since. One that is in `before` alone has
/// ended, and is not known to have used anything. Of two that used the same, the one whose name comes first is first.
pub fn rank_apps(before: &[ProcessSample], now: &[ProcessSample], elapsed: Duration) -> TopApps {
    let earlier: HashMap<(u32, u64), Duration> = before.iter().map(|s| ((s.pid, s.started), s.cpu_time)).collect();
    let mut sums: BTreeMap<&str, AppSum> = BTreeMap::new();
    for sighting in now {
        let used_before = earlier.get(&(sighting.pid, sighting.started)).copied().unwrap_or_default();
        let sum = sums.entry(&sighting.application).or_default();
        sum.pids.push(sighting.pid);
        // A counter never goes back; if one did, nothing is known to have been used.
        sum.cpu_time = sum.cpu_time.saturating_add(sighting.cpu_time.saturating_sub(used_before));
        sum.private_bytes = sum.private_bytes.saturating_add(sighting.private_bytes);
        sum.shared_bytes = sum.shared_bytes.max(sighting.shared_bytes);
    }
    // In no time nothing can be said to use more than another.
    let cpu_time = |sum: &AppSum| if elapsed.is_zero() { 0 } else { sum.cpu_time.as_nanos() };
    TopApps {
        by_cpu: greatest(&sums, elapsed, cpu_time),
        by_memory: greatest(&sums, elapsed, |sum| sum.memory_bytes().into()),
        is_complete: false,
    }
}

/// The applications with the greatest `amount`, of those that have any worth naming.
fn greatest(sums: &BTreeMap<&str, AppSum>, elapsed: Duration, amount: impl Fn(&AppSum) -> u128) -> Arc<[AppUsage]> {
    let mut users: Vec<(&str, &AppSum)> = sums.iter().map(|(name, sum)| (*name, sum)).collect();
    let most = users.iter().map(|(_, sum)| amount(sum)).max().unwrap_or_default();
    users.retain(|(_, sum)| amount(sum) > most / MIN_SHARE);
    // They are in the order of their names, which a stable sort keeps.
    users.sort_by_key(|(_, sum)| std::cmp::Reverse(amount(sum)));
    users.iter().take(MAX_APPS).map(|(name, sum)| sum.process(name, elapsed)).collect()
}

/// `used` in percent of `elapsed`; 0 of no time.
fn percent_of(used: Duration, elapsed: Duration) -> f64 {
    if elapsed.is_zero() { 0.0 } else { used.as_secs_f64() / elapsed.as_secs_f64() * 100.0 }
}

/// CPU time as kernels count it: `ticks`, of which a second has so many. At least one.
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

    fn sighting(pid: u32, application: &str, cpu_ms: u64, private_mib: u64, shared_mib: u64) -> ProcessSample {
        ProcessSample {
            pid,
            started: 7,
            application: application.into(),
            cpu_time: Duration::from_millis(cpu_ms),
            private_bytes: private_mib * MIB,
            shared_bytes: shared_mib * MIB,
        }
    }

    fn names(processes: &[AppUsage]) -> Vec<&str> {
        processes.iter().map(|p| &*p.name).collect()
    }

    #[test]
    fn the_processes_of_an_application_are_one() {
        let before = [sighting(9, "browser", 1_000, 0, 0), sighting(4, "browser", 500, 0, 0)];
        let now = [
            sighting(9, "browser", 2_500, 100, 30),
            sighting(4, "browser", 1_000, 50, 40),
            sighting(12, "browser", 100, 10, 40),
        ];
        let found = rank_apps(&before, &now, Duration::from_secs(2));
        // 1.5 s and 0.5 s of those seen before, 0.1 s of the one that is new, in 2 s.
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
    fn the_greatest_come_first_and_equals_by_name() {
        let now: Vec<ProcessSample> = [("d", 10, 1), ("a", 10, 5), ("c", 30, 5), ("b", 10, 5), ("idle", 0, 9)]
            .iter()
            .zip(1..)
            .map(|(&(name, cpu_ms, mib), pid)| sighting(pid, name, cpu_ms, mib, 0))
            .collect();
        let found = rank_apps(&[], &now, Duration::from_secs(1));
        assert_eq!(names(&found.by_cpu), ["c", "a", "b"]);
        assert_eq!(names(&found.by_memory), ["idle", "a", "b"]);
        assert_eq!(found.by_memory[0].cpu_percent, 0.0);
    }

    #[test]
    fn who_used_nothing_is_not_named() {
        let idle = sighting(1, "idle", 900, 1, 0);
        let kernel = sighting(2, "kernel", 50, 0, 0);
        let found = rank_apps(std::slice::from_ref(&idle), &[idle.clone(), kernel], Duration::from_secs(1));
        assert_eq!((names(&found.by_cpu), names(&found.by_memory)), (vec!["kernel"], vec!["idle"]));
    }

    #[test]
    fn who_used_next_to_nothing_beside_another_is_not_named() {
        let before: Vec<ProcessSample> =
            (1..=3).map(|pid| sighting(pid, ["xz", "shell", "kernel"][pid as usize - 1], 0, 100, 0)).collect();
        let used = |cpu_ms: [u64; 3]| -> Vec<ProcessSample> {
            before
                .iter()
                .zip(cpu_ms)
                .map(|(s, ms)| ProcessSample { cpu_time: Duration::from_millis(ms), ..s.clone() })
                .collect()
        };
        let named = |cpu_ms| names(&rank_apps(&before, &used(cpu_ms), Duration::from_secs(1)).by_cpu).join(" ");
        assert_eq!(named([2000, 110, 100]), "xz shell");
        assert_eq!(named([30, 20, 10]), "xz shell kernel", "where nobody uses much, all are named");
    }

    #[test]
    fn a_pid_that_was_given_to_another_process_counts_anew() {
        let before = [sighting(1, "old", 60_000, 1, 0)];
        let now = [ProcessSample { started: 8, ..sighting(1, "new", 250, 1, 0) }];
        let found = rank_apps(&before, &now, Duration::from_secs(1));
        assert_eq!((names(&found.by_cpu), found.by_cpu[0].cpu_percent), (vec!["new"], 25.0));
    }

    #[test]
    fn a_program_that_became_another_is_the_later_one() {
        let found =
            rank_apps(&[sighting(1, "sh", 10, 1, 0)], &[sighting(1, "make", 510, 1, 0)], Duration::from_secs(1));
        assert_eq!((names(&found.by_cpu), found.by_cpu[0].cpu_percent), (vec!["make"], 50.0));
    }

    #[test]
    fn a_counter_that_went_back_and_no_time_and_nothing_at_all_count_nothing() {
        let (one, two) = ([sighting(1, "a", 900, 1, 0)], [sighting(1, "a", 100, 1, 0)]);
        assert_eq!(names(&rank_apps(&one, &two, Duration::from_secs(1)).by_cpu), [""; 0]);
        let timeless = rank_apps(&two, &one, Duration::ZERO);
        assert_eq!((names(&timeless.by_cpu), timeless.by_memory[0].cpu_percent), (vec![], 0.0));
        assert_eq!(rank_apps(&one, &[], Duration::from_secs(1)), TopApps::default());
    }

    #[test]
    fn what_is_too_much_to_count_is_as_much_as_can_be_counted() {
        let most = ProcessSample {
            cpu_time: Duration::MAX,
            private_bytes: u64::MAX,
            shared_bytes: u64::MAX,
            ..sighting(1, "a", 0, 0, 0)
        };
        let found = rank_apps(&[], &[most.clone(), ProcessSample { pid: 2, ..most }], Duration::from_nanos(1));
        assert_eq!(found.by_memory[0].memory_bytes, u64::MAX);
        assert!(found.by_cpu[0].cpu_percent.is_finite());
    }

    #[test]
    fn ticks_are_time() {
        assert_eq!(cpu_time(12_345, 100), Duration::from_millis(123_450));
        assert_eq!(cpu_time(24_000_000 * 3 + 12, 24_000_000), Duration::new(3, 500));
        assert_eq!(cpu_time(1_500_000_001, 1_000_000_000), Duration::new(1, 500_000_001));
        assert_eq!(cpu_time(u64::MAX, u64::MAX), Duration::from_secs(1));
        assert_eq!(cpu_time(7, 0), Duration::from_secs(7));
    }

    #[test]
    fn a_name_is_cut_between_characters_and_kept_as_it_is() {
        let long = "\u{1b}[2Jü".to_owned() + &"é".repeat(300);
        let found = rank_apps(&[], &[sighting(1, &long, 0, 1, 0)], Duration::from_secs(1));
        let name = &found.by_memory[0].name;
        assert!(long.starts_with(&**name));
        assert_eq!(name.chars().count(), MAX_NAME_CHARS);
    }
}
