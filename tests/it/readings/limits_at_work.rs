//! Alerts of a limit: the sentence with the throttled periods, the programs that are named, and a group of the kernel's own.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use loadline::core::cgroup::folders::{CgroupVersion, hierarchy};
use serde_json::Value;

use super::limits::Throttled;
use super::{Counters, meminfo_text};
use crate::process::{Owned, Program};
use crate::program::Home;
use crate::support::fake_proc::FakeProc;
use crate::wait::{SOON, wait_for};

const ARGUMENTS: [&str; 7] = ["watch", "--every", "250ms", "--cpu", "60", "--memory", "off"];

/// The first alert of the program. `step` is called after each line of its output.
fn alert(program: &Program, sign: &str, mut step: impl FnMut()) -> String {
    let mut lines = 0;
    wait_for("an alert", SOON, || {
        if program.out().len() > lines {
            lines = program.out().len();
            step();
        }
        program.out_with(sign).first().cloned()
    })
}

#[test]
fn an_alert_says_the_limit_and_the_throttled_periods() {
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let mut group = Throttled::new(&fake);
    let home = Home::new();
    let mut step = || {
        group.step();
        fake.set_stat(&counters.next());
    };
    let arguments = [&ARGUMENTS[..], &["--after", "1s"]].concat();
    let program = Program::start(fake.wrap(&home.loadline(&arguments)));
    let text = alert(&program, "ALERT", &mut step);
    let (_, said) = text.split_once("limited to 0.2 cores, throttled ").unwrap_or_else(|| panic!("{text}"));
    let numbers: Vec<u64> = said.split(' ').filter_map(|word| word.parse().ok()).take(2).collect();
    assert!(numbers[0] * 10 == numbers[1] * 9 && numbers[1] > 0, "{text}");
    assert!(text.contains("CPU 100%"), "the machine's is 50: {text}");
}

#[test]
fn programs_outside_of_the_limited_group_are_not_named() {
    let busy = || {
        let mut command = Command::new("nice");
        command.args(["sh", "-c", "while :; do :; done"]).stdin(Stdio::null()).stdout(Stdio::null());
        Owned(command.spawn().unwrap())
    };
    let (inside, outside) = (busy(), busy());
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let mut group = Throttled::new(&fake);
    fake.mount(&format!("/proc/{}/cgroup", inside.0.id()), "0::/box/worker\n");
    fake.mount(&format!("/proc/{}/cgroup", outside.0.id()), "0::/box2\n");
    let home = Home::new();
    let arguments = [&ARGUMENTS[..], &["--json", "--after", "0s"]].concat();
    let program = Program::start(fake.wrap(&home.loadline(&arguments)));
    let alert = alert(&program, r#""alert""#, || {
        group.step();
        fake.set_stat(&counters.next());
    });
    let alert: Value = serde_json::from_str(&alert).unwrap();
    let processes = alert["processes"].as_array().unwrap_or_else(|| panic!("a scan was made: {alert}"));
    let pids: Vec<u64> =
        processes.iter().flat_map(|app| app["pids"].as_array().unwrap()).filter_map(Value::as_u64).collect();
    assert!(pids.contains(&inside.0.id().into()), "{alert}");
    assert!(!pids.contains(&outside.0.id().into()), "{alert}");
    assert!(pids.iter().all(|pid| [inside.0.id(), program.id()].contains(&(*pid as u32))), "{alert}");
    assert_eq!(alert["cpu_limit_cores"], 0.2, "{alert}");
}

/// Groups of the kernel's own with a quota of 0.2 cores, in each hierarchy that has to do with it.
struct RealGroups {
    folders: Vec<PathBuf>,
}

impl RealGroups {
    /// `None`, with a line that says so, where none can be made.
    fn new() -> Option<RealGroups> {
        let [membership, mountinfo] =
            ["cgroup", "mountinfo"].map(|name| fs::read_to_string(format!("/proc/self/{name}")).unwrap());
        let mut groups = RealGroups { folders: Vec::new() };
        for controller in ["cpu", "cpuacct"] {
            let Some(known) = hierarchy(&membership, &mountinfo, controller) else { continue };
            let folder = PathBuf::from(&known.groups[0].folder).join(format!("loadline-test-{}", std::process::id()));
            if groups.folders.contains(&folder) || fs::create_dir(&folder).is_err() {
                continue;
            }
            let (file, quota) = match known.version {
                CgroupVersion::One => ("cpu.cfs_quota_us", "20000"),
                CgroupVersion::Two => ("cpu.max", "20000 100000"),
            };
            // Without the controller there is no such file, and none can be made.
            let _ = fs::write(folder.join(file), quota);
            groups.folders.push(folder);
        }
        let has_limit = ["cpu.cfs_quota_us", "cpu.max"].into_iter().any(|name| {
            let text = groups.folders.first().and_then(|folder| fs::read_to_string(folder.join(name)).ok());
            text.is_some_and(|text| text.starts_with("20000"))
        });
        if !has_limit {
            eprintln!("SKIPPED: this machine allows no cgroup with a quota of the CPU");
        }
        has_limit.then_some(groups)
    }
}

impl Drop for RealGroups {
    fn drop(&mut self) {
        // A group can be removed once its last process has gone.
        for folder in &self.folders {
            let pids = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
            for pid in pids.lines() {
                let _ = Command::new("kill").args(["-KILL", pid]).status();
            }
            wait_for("an empty group", SOON, || fs::remove_dir(folder).is_ok().then_some(()));
        }
    }
}

#[test]
fn a_program_in_a_throttled_group_of_the_kernel_alerts_on_its_share() {
    const SCRIPT: &str = r#"
for folder in $0; do echo $$ > "$folder/cgroup.procs" || exit 99; done
nice sh -c 'while :; do :; done' &
exec "$@"
"#;
    let Some(groups) = RealGroups::new() else { return };
    let home = Home::new();
    let plain =
        home.loadline(&["watch", "--json", "--every", "500ms", "--cpu", "60", "--memory", "off", "--after", "1s"]);
    let mut command = Command::new("sh");
    let folders: Vec<&str> = groups.folders.iter().map(|folder| folder.to_str().unwrap()).collect();
    command.args(["-c", SCRIPT, &folders.join(" ")]).arg(plain.get_program()).args(plain.get_args()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(home.path());
    let program = Program::start(command);
    let alert = alert(&program, r#""alert""#, || {});
    let alert: Value = serde_json::from_str(&alert).unwrap();
    assert_eq!(alert["cpu_limit_cores"], 0.2, "{alert}");
    let [periods, throttled] = ["periods", "throttled_periods"].map(|key| alert[key].as_u64().unwrap());
    assert!(throttled > 0 && throttled <= periods, "{alert}");
    assert!(alert["value_percent"].as_f64().unwrap() > 60.0, "{alert}");
}
