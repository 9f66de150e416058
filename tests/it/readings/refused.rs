//! Files that fail when they are read, which costs their own value alone, and processes that cannot be seen, which an alert says.

use super::{Counters, Watched, known, meminfo_text};
use crate::program::Home;
use crate::support::fake_proc::FakeProc;

#[test]
fn a_file_that_fails_when_it_is_read_costs_its_own_value_alone() {
    let ways = [("/proc/stat", "cpu_percent"), ("/proc/meminfo", "memory_percent"), ("/proc/pressure/memory", "none")];
    for (path, lost) in ways {
        if !std::path::Path::new(path).exists() {
            eprintln!("SKIPPED: this kernel has no {path}");
            continue;
        }
        let mut counters = Counters::new();
        let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
        fake.fail_at_read(path);
        let watched = Watched::start(&fake, &["--cpu", "10", "--memory", "10", "--after", "30s"]);
        let readings = watched.steps(4, || fake.set_stat(&counters.next()));
        for key in ["cpu_percent", "memory_percent"] {
            assert_eq!(known(&readings, key).is_empty(), key == lost, "{path}, {key}: {readings:?}");
        }
        assert!(path == "/proc/stat" || known(&readings, "cpu_percent").iter().all(|percent| *percent == 50.0));
    }
}

#[test]
fn doctor_names_every_value_that_is_not_known_and_why() {
    let damaged = meminfo_text(&[("MemTotal", None)]);
    let generic = "the memory is not known: its figures cannot be read, or contradict each other";
    let still = "the CPU is not known: its counters cannot be read, are all zero, or stand still";
    for (failing, meminfo, expected) in [
        (None, damaged.clone(), format!("{still}; {generic}")),
        (
            Some("/proc/stat"),
            damaged,
            format!("the CPU is not known: '/proc/stat' cannot be read: Input/output error (os error 5); {generic}"),
        ),
        (
            Some("/proc/meminfo"),
            meminfo_text(&[]),
            format!(
                "{still}; the memory is not known: '/proc/meminfo' cannot be read: Input/output error (os error 5)"
            ),
        ),
    ] {
        let Some(fake) = FakeProc::new(&Counters::new().text(), &meminfo) else { return };
        failing.iter().for_each(|path| fake.fail_at_read(path));
        let doctor = fake.wrap(&Home::new().loadline(&["doctor"])).output().unwrap();
        let stdout = String::from_utf8(doctor.stdout).unwrap();
        assert!(stdout.contains(&format!("FAIL  readings       {expected}\n")), "{expected}: {stdout}");
    }
}
