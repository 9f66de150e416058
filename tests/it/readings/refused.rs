//! Files that fail when they are read, which costs their own value alone, and processes that cannot be seen, which an alert says.

use serde_json::Value;

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

#[test]
fn an_alert_says_that_only_the_own_programs_can_be_seen() {
    for form in [&["--json"][..], &[]] {
        let mut counters = Counters { busy: 85, ..Counters::new() };
        let fake = FakeProc::new(&counters.text(), &meminfo_text(&[])).and_then(FakeProc::alone);
        let Some(fake) = fake else { return };
        let home = Home::new();
        let mut arguments = vec!["watch", "--every", "250ms", "--cpu", "60", "--memory", "off", "--after", "0s"];
        arguments.extend(form);
        let program = crate::process::Program::start(fake.wrap(&home.loadline(&arguments)));
        let sign = if form.is_empty() { "ALERT" } else { r#""alert""# };
        let alert = crate::wait::wait_for("an alert", crate::wait::SOON, || {
            fake.set_stat(&counters.next());
            program.out_with(sign).first().cloned()
        });
        if form.is_empty() {
            assert!(alert.contains("of your own programs"), "{alert}");
            continue;
        }
        let alert: Value = serde_json::from_str(&alert).unwrap();
        assert!(alert["processes"].is_array(), "a scan was made: {alert}");
        assert_eq!(alert["all_processes_seen"], false, "{alert}");
    }
}
