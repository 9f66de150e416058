//! Looks at the applications in a limited cgroup: only its programs count, as in alerts.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::limits::Throttled;
use super::{Counters, meminfo_text};
use crate::process::Owned;
use crate::program::Home;
use crate::support::fake_proc::FakeProc;

/// A busy program of this name.
fn busy(folder: &std::path::Path, name: &str) -> Owned {
    let program = folder.join(name);
    fs::copy(fs::canonicalize("/bin/sh").unwrap(), &program).unwrap();
    let mut command = Command::new("nice");
    command.arg(program).args(["-c", "while :; do :; done"]).stdin(Stdio::null()).stdout(Stdio::null());
    Owned(command.spawn().unwrap())
}

#[test]
fn a_look_in_a_limited_group_counts_only_the_programs_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let (inside, outside) = (busy(folder.path(), "inside"), busy(folder.path(), "outside"));
    let Some(fake) = FakeProc::new(&Counters::new().text(), &meminfo_text(&[])) else { return };
    let _group = Throttled::new(&fake);
    fake.mount(&format!("/proc/{}/cgroup", inside.0.id()), "0::/box/worker\n");
    fake.mount(&format!("/proc/{}/cgroup", outside.0.id()), "0::/box2\n");
    let home = Home::new();
    let output = fake.wrap(&home.loadline(&["top", "--json"])).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let look: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
    let names = |list: &str| -> Vec<String> {
        let all = look[list].as_array().unwrap_or_else(|| panic!("{look}"));
        all.iter().map(|app| app["name"].as_str().unwrap().to_owned()).collect()
    };
    assert!(names("by_cpu").contains(&"inside".to_owned()), "{look}");
    assert!(!names("by_cpu").contains(&"outside".to_owned()), "{look}");
}
