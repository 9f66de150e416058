//! A look at the applications: the ones that used the most since the look before, and the sum of the others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::cpu_accounting::used_cpu_time;
use super::top_apps::{Counted, MAX_NAME_CHARS, ProcessSample};

/// So many of the greatest users of the CPU are named, and so many of memory.
pub const NAMED_APPS: usize = 5;

/// The use of an application since the look before, all its processes together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppUse {
    /// At most [`MAX_NAME_CHARS`] characters, from outside: escaped where it is shown.
    pub name: Arc<str>,
    pub processes: usize,
    /// With the time of processes that it started and that have ended.
    pub cpu_time: Duration,
    /// As at the end.
    pub memory_bytes: u64,
}

/// The applications between two scans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppLook {
    /// The time between the scans.
    pub span: Duration,
    /// The greatest users of the CPU and of memory, in the order of their CPU time, then of their memory.
    pub apps: Vec<AppUse>,
    pub others_cpu_time: Duration,
    pub others_memory_bytes: u64,
    /// Whether the scans saw all processes; otherwise those of other users may be missing.
    pub is_complete: bool,
}

/// The shortest pause between two looks that somebody watches.
const MIN_PAUSE: Duration = Duration::from_secs(2);
/// The pause is so many times the CPU time of a look: 0.4% of a core.
const PAUSE_IN_LOOKS: u32 = 250;

/// The pause after a look that took so much CPU time, while somebody watches.
pub fn pause_after(cost: Duration) -> Duration {
    MIN_PAUSE.max(cost.saturating_mul(PAUSE_IN_LOOKS))
}

#[derive(Default)]
struct UseSum {
    processes: usize,
    cpu_time: Duration,
    private_bytes: u64,
    /// The maximum of its processes: they mostly share it among themselves.
    shared_bytes: u64,
}

impl AppLook {
    /// The look between two scans that are `span` apart, on a machine with so many `cores` (`None`: unknown). `counted`: whether
    /// each process of `now` counts, where the percentages are of a limit; the CPU time of all is needed to tell whose it is.
    pub fn of(
        before: &[ProcessSample],
        now: &[ProcessSample],
        span: Duration,
        cores: Option<u32>,
        is_complete: bool,
        counted: Option<&[Counted]>,
    ) -> AppLook {
        let capacity = cores.map_or(Duration::MAX, |cores| span.saturating_mul(cores));
        let mut sums: BTreeMap<&Arc<str>, UseSum> = BTreeMap::new();
        for (index, (sample, used)) in now.iter().zip(used_cpu_time(before, now, capacity)).enumerate() {
            let Counted { cpu, memory } =
                counted.map_or(Counted::BOTH, |all| all.get(index).copied().unwrap_or_default());
            if !cpu && !memory {
                continue;
            }
            let sum = sums.entry(&sample.application).or_default();
            sum.processes += 1;
            if cpu {
                sum.cpu_time = sum.cpu_time.saturating_add(used);
            }
            if memory {
                sum.private_bytes = sum.private_bytes.saturating_add(sample.private_bytes);
                sum.shared_bytes = sum.shared_bytes.max(sample.shared_bytes);
            }
        }
        let app = |(name, sum): (&Arc<str>, UseSum)| AppUse {
            name: name
                .char_indices()
                .nth(MAX_NAME_CHARS)
                .map_or_else(|| Arc::clone(name), |(end, _)| name[..end].into()),
            processes: sum.processes,
            cpu_time: sum.cpu_time,
            memory_bytes: sum.private_bytes.saturating_add(sum.shared_bytes),
        };
        let (apps, others) = greatest(sums.into_iter().map(app).collect());
        let others_cpu_time = others.iter().fold(Duration::ZERO, |sum, app| sum.saturating_add(app.cpu_time));
        let others_memory_bytes = others.iter().fold(0, |sum: u64, app| sum.saturating_add(app.memory_bytes));
        AppLook { span, apps, others_cpu_time, others_memory_bytes, is_complete }
    }

    /// The greatest users of the CPU, without those that used none.
    pub fn by_cpu(&self) -> impl Iterator<Item = &AppUse> {
        self.apps.iter().filter(|app| !app.cpu_time.is_zero()).take(NAMED_APPS)
    }

    /// The greatest users of memory, without those that have none of their own.
    pub fn by_memory(&self) -> impl Iterator<Item = &AppUse> {
        let mut apps: Vec<&AppUse> = self.apps.iter().filter(|app| app.memory_bytes > 0).collect();
        apps.sort_by_key(|app| std::cmp::Reverse(app.memory_bytes));
        apps.into_iter().take(NAMED_APPS)
    }
}

/// Splits `apps`, which are in the order of their names, into the ones to be named and the others. Equal ones go by name.
fn greatest(mut apps: Vec<AppUse>) -> (Vec<AppUse>, Vec<AppUse>) {
    apps.sort_by_key(|app| std::cmp::Reverse(app.memory_bytes));
    // A stable sort: equal users of the CPU stay in the order of their memory.
    let mut ranked: Vec<(usize, AppUse)> = apps.into_iter().enumerate().collect();
    ranked.sort_by_key(|(_, app)| std::cmp::Reverse(app.cpu_time));
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for (place, (by_memory, app)) in ranked.into_iter().enumerate() {
        let is_busy = place < NAMED_APPS && !app.cpu_time.is_zero();
        let is_large = by_memory < NAMED_APPS && app.memory_bytes > 0;
        if is_busy || is_large { named.push(app) } else { others.push(app) }
    }
    (named, others)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(pid: u32, name: &str, cpu_ms: u64, bytes: u64) -> ProcessSample {
        ProcessSample {
            pid,
            started: 1,
            parent: 0,
            application: name.into(),
            cpu_time: Duration::from_millis(cpu_ms),
            children_cpu_time: Duration::ZERO,
            private_bytes: bytes,
            shared_bytes: 3,
        }
    }

    fn names<'a>(apps: impl IntoIterator<Item = &'a AppUse>) -> String {
        apps.into_iter().map(|app| &*app.name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_greatest_users_of_either_are_named_and_the_others_summed_up() {
        let rows = [
            ("a", 10, 900),
            ("b", 20, 800),
            ("c", 30, 700),
            ("d", 40, 600),
            ("e", 50, 500),
            ("f", 60, 400),
            ("g", 0, 300),
            ("h", 0, 200),
            ("i", 5, 100),
            ("a", 0, 50),
        ];
        let now: Vec<_> = rows.iter().zip(1..).map(|(&(name, ms, bytes), pid)| sample(pid, name, ms, bytes)).collect();
        let look = AppLook::of(&[], &now, Duration::from_secs(1), Some(2), true, None);
        assert_eq!(names(look.by_cpu()), "f e d c b");
        assert_eq!(names(look.by_memory()), "a b c d e");
        assert_eq!(names(&look.apps), "f e d c b a");
        let a = look.by_memory().next().unwrap();
        assert_eq!((a.processes, a.memory_bytes), (2, 900 + 50 + 3));
        assert_eq!((look.others_cpu_time, look.others_memory_bytes), (Duration::from_millis(5), 600 + 9));
    }

    #[test]
    fn an_idle_machine_names_only_users_of_memory() {
        let now = [sample(1, "idle", 0, 5), ProcessSample { shared_bytes: 0, ..sample(2, "kernel", 0, 0) }];
        let look = AppLook::of(&now, &now, Duration::from_secs(300), None, false, None);
        assert_eq!((names(look.by_cpu()), names(look.by_memory()), look.apps.len()), (String::new(), "idle".into(), 1));
        assert_eq!(AppLook::of(&now, &[], Duration::ZERO, None, true, None).apps, []);
    }

    #[test]
    fn where_a_limit_counts_only_its_group_counts() {
        let now = [sample(1, "inside", 5, 100), sample(2, "outside", 90, 900), sample(3, "memory alone", 7, 50)];
        let (both, memory) = (Counted::BOTH, Counted { cpu: false, memory: true });
        let counted = [both, Counted::default(), memory];
        let look = AppLook::of(&[], &now, Duration::from_secs(1), Some(2), true, Some(&counted));
        assert_eq!((names(look.by_cpu()), names(look.by_memory())), ("inside".into(), "inside memory alone".into()));
        assert_eq!((look.others_cpu_time, look.others_memory_bytes), (Duration::ZERO, 0));
    }

    #[test]
    fn the_time_of_processes_outside_of_the_group_is_theirs() {
        // The child outside is alive: what it has used is none of the time that its parent's ended children used.
        let parent =
            |children| ProcessSample { children_cpu_time: Duration::from_secs(children), ..sample(1, "in", 0, 1) };
        let child = ProcessSample { parent: 1, ..sample(2, "out", 6_000, 1) };
        let counted = [Counted::BOTH, Counted::default()];
        let span = Duration::from_secs(300);
        let look = AppLook::of(&[parent(0), child.clone()], &[parent(5), child], span, None, true, Some(&counted));
        assert_eq!(look.apps[0].cpu_time, Duration::from_secs(5));
    }

    #[test]
    fn ended_children_count_for_the_application_that_started_them() {
        let make =
            |children| ProcessSample { children_cpu_time: Duration::from_secs(children), ..sample(1, "make", 0, 1) };
        let look = AppLook::of(&[make(1)], &[make(9)], Duration::from_secs(5), Some(2), true, None);
        assert_eq!(look.apps[0].cpu_time, Duration::from_secs(8));
    }

    #[test]
    fn a_long_name_is_cut_and_not_escaped() {
        let look =
            AppLook::of(&[], &[sample(1, &"\u{1b}é".repeat(300), 1, 1)], Duration::from_secs(1), None, true, None);
        assert_eq!(look.apps[0].name.chars().count(), MAX_NAME_CHARS);
        assert!(look.apps[0].name.starts_with("\u{1b}é"));
    }
}
