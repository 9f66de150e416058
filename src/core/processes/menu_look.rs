//! A look at the applications for the open menu: the greatest users, and those of their processes that can be asked to quit.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::app_look::{AppLook, AppUse};
use super::top_apps::{MAX_NAME_CHARS, ProcessSample};

/// A look to be taken for the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookRequest {
    /// Of the opening of the menu, from 1. The looks of one opening are compared with each other.
    pub opening: u64,
    /// The time to wait before.
    pub after: Duration,
}

/// A process that may be asked to quit. The pid alone may be another's by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedProcess {
    pub pid: u32,
    /// Its start time in the system's unit, as [`ProcessSample::started`].
    pub started: u64,
}

/// An application in the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuApp {
    pub usage: AppUse,
    /// The processes to ask to quit: the person's own that no other one of the application has started, as the rest ends with
    /// them. None where the system, the desktop or another user would be asked.
    pub asked: Arc<[AskedProcess]>,
}

/// The applications as of one look, the greatest user first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuLook {
    /// The time over which the CPU was measured; `None` for a first scan, which has none before.
    pub span: Option<Duration>,
    /// Empty for a first scan.
    pub by_cpu: Vec<MenuApp>,
    pub by_memory: Vec<MenuApp>,
    /// Whether the scans saw all processes; otherwise those of other users may be missing.
    pub is_complete: bool,
    /// The CPU time that the look itself took.
    pub cost: Duration,
}

impl MenuLook {
    /// The look of the scan `now`. `look` compares it with the one before, which was `span` earlier. `loadline` is the pid of
    /// this process, and `is_own` tells whether a process is one of the person's own applications.
    pub fn of(
        look: &AppLook,
        span: Option<Duration>,
        now: &[ProcessSample],
        loadline: u32,
        is_own: impl Fn(&ProcessSample) -> bool,
    ) -> MenuLook {
        let keepers = ancestors(now, loadline);
        let app = |usage: &AppUse| {
            let asked = outermost(now, &usage.name).filter(|sample| !keepers.contains(&sample.pid) && is_own(sample));
            let asked = asked.map(|sample| AskedProcess { pid: sample.pid, started: sample.started }).collect();
            MenuApp { usage: usage.clone(), asked }
        };
        MenuLook {
            span,
            by_cpu: if span.is_some() { look.by_cpu().map(app).collect() } else { Vec::new() },
            by_memory: look.by_memory().map(app).collect(),
            is_complete: look.is_complete,
            cost: Duration::ZERO,
        }
    }
}

/// The processes of an application that is to be asked to quit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuitRequest {
    /// From outside: escaped where it is shown.
    pub name: Arc<str>,
    pub processes: Arc<[AskedProcess]>,
}

impl QuitRequest {
    /// The request to an application; `None` where it cannot be asked.
    pub fn of(app: &MenuApp) -> Option<QuitRequest> {
        (!app.asked.is_empty())
            .then(|| QuitRequest { name: Arc::clone(&app.usage.name), processes: Arc::clone(&app.asked) })
    }
}

/// The processes without which Loadline would not run: itself, and those that started it, up to the first.
fn ancestors(now: &[ProcessSample], loadline: u32) -> HashSet<u32> {
    let parents: HashMap<u32, u32> = now.iter().map(|sample| (sample.pid, sample.parent)).collect();
    let mut found = HashSet::from([0, 1]);
    let mut next = Some(loadline);
    while let Some(pid) = next.filter(|&pid| found.insert(pid)) {
        next = parents.get(&pid).copied();
    }
    found
}

/// The processes of an application that no other one of it has started. The kernel's threads, which have no memory, are none.
fn outermost<'a>(now: &'a [ProcessSample], name: &'a str) -> impl Iterator<Item = &'a ProcessSample> {
    let is_part = move |sample: &&ProcessSample| is_cut(name, &sample.application);
    let pids: HashSet<u32> = now.iter().filter(is_part).map(|sample| sample.pid).collect();
    let has_memory = |sample: &ProcessSample| sample.private_bytes > 0 || sample.shared_bytes > 0;
    now.iter().filter(is_part).filter(move |sample| !pids.contains(&sample.parent) && has_memory(sample))
}

/// Whether `name` is that of the application, which may be longer.
fn is_cut(name: &str, application: &str) -> bool {
    application.strip_prefix(name).is_some_and(|rest| rest.is_empty() || name.chars().count() == MAX_NAME_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(pid: u32, parent: u32, name: &str, mib: u64) -> ProcessSample {
        ProcessSample {
            pid,
            started: u64::from(pid) + 1000,
            parent,
            application: name.into(),
            cpu_time: Duration::from_millis(u64::from(pid)),
            children_cpu_time: Duration::ZERO,
            private_bytes: mib << 20,
            shared_bytes: 0,
        }
    }

    fn look(now: &[ProcessSample], span: Option<Duration>, is_own: fn(&ProcessSample) -> bool) -> MenuLook {
        let apps = AppLook::of(&[], now, span.unwrap_or_default(), None, true, None);
        MenuLook::of(&apps, span, now, 50, is_own)
    }

    fn asked(look: &MenuLook, name: &str) -> Vec<u32> {
        let app = look.by_memory.iter().find(|app| &*app.usage.name == name).unwrap();
        assert!(app.asked.iter().all(|process| process.started == u64::from(process.pid) + 1000));
        app.asked.iter().map(|process| process.pid).collect()
    }

    const SPAN: Option<Duration> = Some(Duration::from_secs(1));

    #[test]
    fn the_processes_that_started_the_others_are_asked() {
        let now = [
            sample(1, 0, "init", 1),
            sample(20, 1, "Firefox", 900),
            sample(21, 20, "Firefox", 300),
            sample(22, 21, "Firefox", 300),
            sample(30, 1, "make", 5),
            sample(31, 30, "rustc", 200),
            sample(32, 30, "rustc", 200),
        ];
        let look = look(&now, SPAN, |_| true);
        assert_eq!(asked(&look, "Firefox"), [20]);
        assert_eq!(asked(&look, "rustc"), [31, 32]);
        let rustc = |apps: &[MenuApp]| apps.iter().find(|app| &*app.usage.name == "rustc").unwrap().asked.clone();
        assert_eq!(rustc(&look.by_cpu), rustc(&look.by_memory));
    }

    #[test]
    fn the_system_others_and_what_loadline_runs_under_are_never_asked() {
        let now = [
            sample(1, 0, "init", 9),
            sample(40, 1, "session", 8),
            sample(50, 40, "loadline", 7),
            sample(60, 1, "theirs", 6),
            sample(70, 40, "editor", 5),
        ];
        let look = look(&now, SPAN, |sample| &*sample.application != "theirs");
        for name in ["init", "session", "loadline", "theirs"] {
            assert_eq!(asked(&look, name), [0; 0], "{name}");
        }
        assert_eq!(asked(&look, "editor"), [70]);
        // A circle of parents, which a reused pid can make.
        let circle = [sample(50, 51, "a", 1), sample(51, 50, "b", 1)];
        assert_eq!(ancestors(&circle, 50), HashSet::from([0, 1, 50, 51]));
    }

    #[test]
    fn a_first_scan_tells_of_memory_alone() {
        let first = look(&[sample(9, 1, "a", 4), sample(10, 2, "kernel", 0)], None, |_| true);
        assert_eq!((first.by_cpu.len(), first.by_memory.len()), (0, 1));
        let second = look(&[sample(9, 1, "a", 4), sample(10, 2, "kernel", 0)], SPAN, |_| true);
        let kernel = second.by_cpu.iter().find(|app| &*app.usage.name == "kernel").unwrap();
        assert!(kernel.asked.is_empty(), "a thread of the kernel takes no questions");
    }

    #[test]
    fn a_cut_name_finds_its_processes_and_no_others() {
        let long = "é".repeat(MAX_NAME_CHARS + 9);
        let look = look(&[sample(9, 1, &long, 4), sample(10, 1, "a", 3), sample(11, 1, "ab", 2)], SPAN, |_| true);
        assert_eq!(asked(&look, &"é".repeat(MAX_NAME_CHARS)), [9]);
        assert_eq!(asked(&look, "a"), [10]);
    }
}
