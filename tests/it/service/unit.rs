//! The unit that is shipped: what it takes away, and the program with what is left.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::FakeManager;
use crate::process::Program;
use crate::program::Home;

/// A user of the kind that `DynamicUser=` takes: it is in no file. Source: systemd's `docs/UIDS-GIDS.md`.
const DYNAMIC_USER: u32 = 61184;

fn unit() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("resources/loadline.service")).unwrap()
}

/// The values of a key of the unit, in their order.
fn values<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

fn analyze(arguments: &[&str]) -> String {
    let ran = Command::new("systemd-analyze").args(["--no-pager"]).args(arguments).env("LC_ALL", "C.UTF-8").output();
    let ran = ran.expect("systemd-analyze: ./bundle/system-packages tests");
    let said = [ran.stdout, ran.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    assert!(ran.status.success(), "{arguments:?}: {said}");
    said
}

/// Writes the unit with the path of the program under test, which `systemd-analyze` looks for.
fn unit_in(home: &Home) -> String {
    let unit = unit().replace("/usr/bin/loadline", env!("CARGO_BIN_EXE_loadline"));
    home.file("loadline.service", unit).to_str().unwrap().to_owned()
}

#[test]
fn systemd_understands_the_unit_and_rates_its_exposure_low() {
    let home = Home::new();
    let unit = unit_in(&home);
    assert_eq!(analyze(&["verify", "--man=no", &unit]), "");
    let rating = analyze(&["security", "--offline=yes", "--threshold=20", &unit]);
    assert!(rating.contains("Overall exposure level for loadline.service: 1."), "{rating}");
}

#[test]
fn the_unit_leaves_the_machine_to_be_seen() {
    let unit = unit();
    // Loadline would watch the limits of its own service, in place of the machine.
    for limit in ["MemoryMax", "MemoryHigh", "MemorySwapMax", "CPUQuota", "AllowedCPUs"] {
        assert_eq!(values(&unit, limit), [""; 0], "{limit}");
    }
    // It would see its own processes alone, and "nobody" in the place of other users.
    for hidden in ["ProtectProc", "ProcSubset", "PrivateUsers", "PrivatePIDs"] {
        assert_eq!(values(&unit, hidden), [""; 0], "{hidden}");
    }
}

/// The system calls of the unit's filter, with its sets taken apart.
fn allowed_calls() -> BTreeSet<String> {
    fn expand(word: &str, calls: &mut BTreeSet<String>) {
        if !word.starts_with('@') {
            calls.insert(word.to_owned());
            return;
        }
        let set = analyze(&["syscall-filter", word]);
        set.lines()
            .skip(1)
            .map(str::trim)
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .for_each(|word| expand(word, calls));
    }
    let mut allowed = BTreeSet::new();
    for value in values(&unit(), "SystemCallFilter") {
        let mut named = BTreeSet::new();
        value.trim_start_matches('~').split(' ').for_each(|word| expand(word, &mut named));
        match value.starts_with('~') {
            true => allowed.retain(|call| !named.contains(call)),
            false => allowed.extend(named),
        }
    }
    allowed
}

/// A home as the unit makes it for its user: a link to a folder that belongs to that user. Without root the user is this one.
fn state_folder(home: &Home) -> u32 {
    let (private, mode) = (home.path().join("private/loadline"), Permissions::from_mode(0o755));
    fs::create_dir_all(&private).unwrap();
    fs::set_permissions(home.path(), mode).unwrap();
    symlink("private/loadline", home.path().join("loadline")).unwrap();
    fs::set_permissions(&private, Permissions::from_mode(0o700)).unwrap();
    let own = fs::metadata(&private).unwrap().uid();
    let user = if own == 0 { DYNAMIC_USER } else { own };
    chown(&private, Some(user), Some(user)).unwrap();
    user
}

/// The unit's own command and environment, for a user of its own, by way of `tracer`.
fn service(home: &Home, manager: &FakeManager, user: u32, tracer: &[&str]) -> Command {
    let (unit, parent) = (unit(), home.path().to_str().unwrap());
    let program = home.path().join("program");
    fs::copy(env!("CARGO_BIN_EXE_loadline"), &program).unwrap();
    let start = values(&unit, "ExecStart")[0].split(' ').skip(1).map(str::to_owned);
    let words: Vec<String> = tracer
        .iter()
        .map(|word| (*word).to_owned())
        .chain([program.to_str().unwrap().to_owned()])
        .chain(start)
        .collect();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).env_clear().env("PATH", "/usr/bin:/bin").env("NOTIFY_SOCKET", &manager.name);
    for variable in values(&unit, "Environment") {
        let (name, value) = variable.split_once('=').unwrap();
        command.env(name, value.replace("%S", parent));
    }
    command.current_dir(values(&unit, "WorkingDirectory")[0].replace("%S", parent));
    command.env("WATCHDOG_USEC", "30000000").uid(user).gid(user);
    command
}

/// The settings that alert at once, and run a command. They belong to whoever runs the test: root, for the service of the unit.
fn write_settings(home: &Home) {
    let command = ["/bin/sh", "-c", "id -u > done; env >> done"];
    let settings = json!({
        "refresh": "250ms",
        "alerts": { "memory": { "above_percent": 1 }, "after": "0s" },
        "actions": [{ "name": "say", "command": command }],
    });
    let file = home.file("private/loadline/.config/loadline/settings.json", settings.to_string());
    for folder in file.ancestors().skip(1).take(2).chain([file.as_path()]) {
        let mode = if folder.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(folder, Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn the_units_command_alerts_and_acts_as_a_user_of_its_own() {
    let home = Home::new();
    let user = state_folder(&home);
    write_settings(&home);
    let manager = FakeManager::in_home(&home);
    fs::set_permissions(&manager.name, Permissions::from_mode(0o777)).unwrap();
    let mut program = Program::start(service(&home, &manager, user, &[]));
    assert_eq!(manager.message(), "READY=1");
    let alert = program.wait_out("ALERT  Memory");
    assert!(!alert.contains("your own programs"), "others are seen: {alert}");
    let done = home.path().join("private/loadline/done");
    let done = crate::wait::wait_for("the action", crate::wait::SOON, || {
        fs::read_to_string(&done).ok().filter(|text| text.contains("LOADLINE_"))
    });
    assert!(done.starts_with(&format!("{user}\n")) && !done.contains("NOTIFY_SOCKET"), "{done}");
    program.signal("TERM");
    assert_eq!(program.wait_exit().code(), Some(0));
    assert_eq!(manager.rest().last().unwrap(), "STOPPING=1");
    let history = fs::metadata(home.path().join("private/loadline/.local/share/loadline/history.sqlite3")).unwrap();
    assert_eq!(history.uid(), user);
    assert_eq!(program.err(), [""; 0], "nothing is missed");
}

#[test]
fn the_units_filter_has_every_system_call_that_the_service_makes() {
    let home = Home::new();
    let user = state_folder(&home);
    write_settings(&home);
    let manager = FakeManager::in_home(&home);
    fs::set_permissions(&manager.name, Permissions::from_mode(0o777)).unwrap();
    let out = home.path().join("loadline/calls");
    let mut tracer = Program::start(service(
        &home,
        &manager,
        user,
        &["strace", "-f", "-c", "-U", "name", "-o", out.to_str().unwrap()],
    ));
    tracer.wait_out("ALERT  Memory");
    assert_eq!(manager.message(), "READY=1");
    let done = home.path().join("private/loadline/done");
    crate::wait::wait_for("the action", crate::wait::SOON, || done.exists().then_some(()));
    let children = format!("/proc/{0}/task/{0}/children", tracer.id());
    let pid = fs::read_to_string(children).unwrap();
    Command::new("/bin/kill").args(["-TERM", pid.trim()]).status().unwrap();
    tracer.wait_exit();
    let calls = fs::read_to_string(&out).unwrap();
    let made: BTreeSet<&str> =
        calls.lines().map(str::trim).filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase())).collect();
    assert!(made.len() > 30 && made.contains("sendto"), "{made:?}");
    let allowed = allowed_calls();
    let refused: Vec<&&str> =
        made.iter().filter(|call| !allowed.contains(**call) && !["syscall", "total"].contains(call)).collect();
    assert!(refused.is_empty(), "{refused:?}");
}
