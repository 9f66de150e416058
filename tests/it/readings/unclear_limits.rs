//! Limits that cannot be read, or of which the group is another now: the figures are unknown, and not the machine's.

use std::process::Command;

use serde_json::Value;

use super::failing::Failing;
use super::limits::{Throttled, V2};
use super::{Counters, Watched, known, meminfo_text};
use crate::process::Program;
use crate::program::Home;
use crate::support::fake_proc::{FakeCgroups, FakeProc};
use crate::wait::{SOON, wait_for};

const LIMIT_FILE: &str = "/sys/fs/cgroup/a/memory.max";
const QUOTA_FILE: &str = "/sys/fs/cgroup/a/cpu.max";
/// A limit of 100 MiB with 92 in use, and a quota of half a core.
const FILES: [(&str, &str); 5] = [
    ("a/memory.max", "104857600\n"),
    ("a/memory.current", "99614720\n"),
    ("a/memory.stat", "inactive_file 3145728\n"),
    ("a/cpu.max", "50000 100000\n"),
    ("a/cpu.stat", "usage_usec 1000\n"),
];

/// A program in a limited group, of whose CPU a tenth of the limit is used.
struct Limited {
    fake: FakeProc,
    groups: FakeCgroups,
    counters: Counters,
    failing: Failing,
    watched: Watched,
    used_us: u64,
}

impl Limited {
    fn start(changed: &[(&str, &str)], order: &str, options: &[&str]) -> Option<Limited> {
        let home = Home::new().with_settings(r#"{"history": false}"#);
        let failing = Failing::new(&home);
        failing.set(order);
        let counters = Counters::new();
        let fake = FakeProc::new(&counters.text(), &meminfo_text(&[]))?;
        let groups = fake.cgroups("0::/a\n", V2);
        groups.set_all(&FILES);
        groups.set_all(changed);
        let watched = Watched::start_as(&fake, options, home, |command| failing.add_to(command));
        Some(Limited { fake, groups, counters, failing, watched, used_us: 1_000 })
    }

    fn steps(&mut self, count: usize) -> Vec<Value> {
        self.watched.steps(count, || {
            self.used_us += 12_500;
            self.groups.set("a/cpu.stat", &format!("usage_usec {}\n", self.used_us));
            self.fake.set_stat(&self.counters.next());
        })
    }
}

const QUIET: [&str; 4] = ["--cpu", "off", "--memory", "off"];

#[test]
fn a_limit_that_cannot_be_read_makes_its_values_unknown_and_never_the_machines() {
    for (name, path, lost, kept) in [
        ("a/memory.max", LIMIT_FILE, "memory_percent", "cpu_percent"),
        ("a/memory.high", "", "memory_percent", "cpu_percent"),
        ("a/cpu.max", QUOTA_FILE, "cpu_percent", "memory_percent"),
        ("a/cpuset.cpus.effective", "", "cpu_percent", "memory_percent"),
        ("a/cpu.stat", "", "cpu_percent", "memory_percent"),
    ] {
        let damaged = if name == "a/cpuset.cpus.effective" { "?\n" } else { "" };
        for content in ["garbage\n", "99999999999999999999\n", "-7\n", damaged] {
            let Some(limited) = Limited::start(&[(name, content)], "", &QUIET) else { return };
            // The use of the CPU is not brought up to date here, so only what is lost is looked at.
            let mut counters = Counters::new();
            let readings = limited.watched.steps(3, || limited.fake.set_stat(&counters.next()));
            assert_eq!(known(&readings, lost), [0.0; 0], "{name}: {content}");
            assert!(kept == "cpu_percent" || known(&readings, kept) == [92.0; 3], "{name}: {content}");
        }
        let orders = [format!("open 13 {path}"), format!("read 5 {path}"), format!("read 19 {path}")];
        for order in orders.iter().filter(|_| !path.is_empty()) {
            let Some(mut limited) = Limited::start(&[], order, &QUIET) else { return };
            let readings = limited.steps(3);
            assert_eq!(known(&readings, lost), [0.0; 0], "{order}");
            assert!(!known(&readings, kept).is_empty(), "{order}");
        }
    }
}

#[test]
fn a_limit_in_force_that_fails_is_never_the_machines_and_one_that_goes_is() {
    let Some(mut limited) = Limited::start(&[], "", &QUIET) else { return };
    assert_eq!(known(&limited.steps(2), "memory_percent"), [92.0; 2]);
    limited.failing.set(&format!("read 5 {LIMIT_FILE}"));
    let failed = limited.steps(8);
    let percents = known(&failed, "memory_percent");
    assert!(percents.len() <= 5 && percents.iter().all(|percent| *percent == 92.0), "{percents:?}");
    assert!(failed[7]["memory_percent"].is_null(), "{failed:?}");
    // A file that does not exist, as without the controller, is no limit.
    let missing = format!("open 2 {LIMIT_FILE}");
    let Some(mut unlimited) = Limited::start(&[], &missing, &QUIET) else { return };
    assert_eq!(known(&unlimited.steps(2), "memory_percent"), [62.5; 2]);
}

#[test]
fn processors_that_are_not_listed_are_counted() {
    for order in ["open 13", "read 5", "open 2"].map(|order| format!("{order} /sys/devices/system/cpu/online")) {
        let Some(mut limited) = Limited::start(&[], &order, &QUIET) else { return };
        let readings = limited.steps(3);
        assert_eq!(known(&readings, "cpu_limit_cores"), [0.5; 3], "{order}");
    }
}

#[test]
fn groups_that_cannot_be_read_make_everything_unknown() {
    for file in ["cgroup", "mountinfo"] {
        let Some(mut limited) = Limited::start(&[], &format!("open 13 /proc/self/{file}"), &QUIET) else { return };
        let readings = limited.steps(3);
        for key in ["cpu_percent", "memory_percent", "memory_used_bytes", "swap_used_bytes"] {
            assert_eq!(known(&readings, key), [0.0; 0], "{file}, {key}");
        }
        let Some(mut limited) = Limited::start(&[], &format!("open 2 /proc/self/{file}"), &QUIET) else { return };
        assert_eq!(known(&limited.steps(3), "memory_percent"), [62.5; 3], "a kernel without cgroups: {file}");
    }
}

/// The lines of `doctor` about the readings and the limit.
fn doctor(order: &str, changed: &[(&str, &str)]) -> Option<[String; 2]> {
    let home = Home::new();
    let failing = Failing::new(&home);
    failing.set(order);
    let mut counters = Counters::new();
    let fake = FakeProc::new(&counters.text(), &meminfo_text(&[]))?;
    let groups = fake.cgroups("0::/a\n", V2);
    groups.set_all(&FILES);
    groups.set_all(changed);
    let mut command: Command = fake.wrap(&home.loadline(&["doctor"]));
    failing.add_to(&mut command);
    let mut program = Program::start(command);
    let mut used_us = 1_000;
    let line = |program: &Program, name: &str| program.out_with(&format!("  {name}  ")).pop();
    wait_for("the checks", SOON, || {
        used_us += 1_000;
        groups.set("a/cpu.stat", &format!("usage_usec {used_us}\n"));
        fake.set_stat(&counters.next());
        line(&program, "cgroup limit")
    });
    program.wait_exit();
    Some(["readings", "cgroup limit"].map(|name| line(&program, name).unwrap()))
}

#[test]
fn doctor_names_the_file_of_a_cgroup_that_fails_and_its_error() {
    let io = "cannot be read: Input/output error (os error 5)";
    let Some([readings, limit]) = doctor(&format!("read 5 {LIMIT_FILE}"), &[]) else { return };
    assert_eq!(readings, format!("FAIL  readings       the memory is not known: '{LIMIT_FILE}' {io}"));
    assert_eq!(limit, format!("FAIL  cgroup limit   not known, so neither are the percentages: '{LIMIT_FILE}' {io}"));
    let [readings, _] = doctor("", &[("a/cpu.max", "garbage\n")]).unwrap();
    let reason = format!("the content of '{QUOTA_FILE}' makes no sense");
    assert_eq!(readings, format!("FAIL  readings       the CPU is not known: {reason}"));
    for name in ["memory.current", "memory.stat"] {
        let path = format!("/sys/fs/cgroup/a/{name}");
        let [readings, limit] = doctor(&format!("read 5 {path}"), &[]).unwrap();
        assert_eq!(readings, format!("FAIL  readings       the memory is not known: '{path}' {io}"));
        assert!(limit.starts_with("ok    cgroup limit   memory 100 MB"), "{limit}");
    }
    let [readings, _] = doctor("open 13 /proc/self/cgroup", &[]).unwrap();
    let reason = "'/proc/self/cgroup' cannot be read: Permission denied (os error 13)";
    let expected = format!("the CPU is not known: {reason}; the memory is not known: {reason}");
    assert_eq!(readings, format!("FAIL  readings       {expected}"));
}

#[test]
fn an_alert_of_a_cpu_limit_fires_where_the_machines_counters_cannot_be_opened() {
    let home = Home::new().with_settings(r#"{"history": false}"#);
    let failing = Failing::new(&home);
    failing.set("open 13 /proc/stat");
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let mut group = Throttled::new(&fake);
    let options = ["--cpu", "60", "--memory", "off", "--after", "0s"];
    let watched = Watched::start_as(&fake, &options, home, |command| failing.add_to(command));
    watched.steps(6, || {
        group.step();
        fake.set_stat(&counters.next());
    });
    let alert = wait_for("an alert", SOON, || watched.program.out_with("\"alert\"").pop());
    assert!(alert.contains(r#""cpu_limit_cores":0.2"#), "{alert}");
}

#[test]
fn a_program_that_is_moved_to_another_group_alerts_by_that_one_alone() {
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let groups = fake.cgroups("0::/a\n", V2);
    let membership = fake.mount("/proc/self/cgroup", "0::/a\n");
    groups.set_all(&FILES[..3]);
    groups.set("a/memory.current", "55574528\n");
    groups.set("b/memory.max", "209715200\n");
    groups.set("b/memory.current", "99614720\n");
    groups.set("b/memory.stat", "inactive_file 3145728\n");
    let watched = Watched::start(&fake, &["--cpu", "off", "--memory", "80", "--after", "0s"]);
    let mut step = || fake.set_stat(&counters.next());
    assert_eq!(known(&watched.steps(2, &mut step), "memory_percent"), [50.0; 2]);
    membership.set("0::/b\n");
    groups.set("a/memory.current", "99614720\n");
    let moved = known(&watched.steps(6, &mut step), "memory_percent");
    assert!(moved.len() >= 3 && moved[1..].iter().all(|percent| *percent == 46.0), "{moved:?}");
    assert_eq!(watched.program.out_with("\"alert\""), [""; 0]);
}
