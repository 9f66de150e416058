//! The time zone where its files are missing, as in small containers: `doctor` and the first line of a run say so.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::program::{Home, Ran};
use crate::support::fake_etc::FakeEtc;

/// A machine with this link in the place of its time zone, and a database of zones that holds Berlin alone.
struct Machine {
    etc: FakeEtc,
    home: Home,
}

impl Machine {
    fn new() -> Option<Machine> {
        let (etc, home) = (FakeEtc::new()?, Home::new());
        home.file("zones/Europe/Berlin", fs::read("/usr/share/zoneinfo/Europe/Berlin").unwrap());
        Some(Machine { etc, home })
    }

    fn zone_file(&self) -> PathBuf {
        self.etc.file().parent().and_then(|folder| folder.parent()).unwrap().join("localtime")
    }

    fn link_to(&self, target: &str) {
        let _ = fs::remove_file(self.zone_file());
        symlink(target, self.zone_file()).unwrap();
    }

    fn run(&self, arguments: &[&str], variable: Option<&str>) -> Ran {
        let mut command = self.etc.loadline(&self.home, arguments);
        command.env("TZDIR", self.home.path().join("zones")).env_remove("TZ");
        command.envs(variable.map(|zone| ("TZ", zone)));
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// `doctor`'s line, and the lines on stderr at the start of a run.
    fn says(&self, variable: Option<&str>) -> (String, Vec<String>) {
        let doctor = self.run(&["doctor"], variable).stdout;
        let line = doctor.lines().find(|line| line.contains("  time zone  ")).unwrap();
        let watched = self.run(&["watch", "--quiet", "--samples", "1"], variable);
        (line.to_owned(), watched.stderr.lines().map(str::to_owned).collect())
    }

    /// The zone is known: its line ends so, and a run says nothing.
    #[track_caller]
    fn is_known(&self, variable: Option<&str>, words: &str) {
        let (line, start) = self.says(variable);
        assert!(line.starts_with("ok    time zone") && line.ends_with(words), "{line}");
        assert_eq!(start, [""; 0], "{words}");
    }
}

#[test]
fn a_link_to_a_zone_that_is_not_there_is_named_with_its_target() {
    let Some(machine) = Machine::new() else { return };
    machine.link_to("/nowhere/zoneinfo/Europe/Paris");
    let (line, start) = machine.says(None);
    let problem = "all times and quiet hours are in UTC: /etc/localtime leads to '/nowhere/zoneinfo/Europe/Paris'";
    assert!(line.starts_with("FAIL  time zone") && line.contains(problem) && line.contains("tzdata"), "{line}");
    assert_eq!(start.len(), 1, "{start:?}");
    assert!(start[0].starts_with(&format!("loadline: {problem}")), "{start:?}");
    machine.is_known(Some("Europe/Berlin"), "Europe/Berlin, from TZ ('Europe/Berlin')");
}

#[test]
fn utc_is_known_without_its_file() {
    let Some(machine) = Machine::new() else { return };
    machine.link_to("/nowhere/zoneinfo/Etc/UTC");
    machine.is_known(None, "Etc/UTC, from the system");
    machine.is_known(Some("Etc/UTC"), "UTC, from TZ ('Etc/UTC')");
    machine.is_known(Some("posix/UTC"), "UTC, from TZ ('posix/UTC')");
    machine.is_known(Some(""), "UTC, from TZ ('')");
}

#[test]
fn a_machine_without_any_zone_says_so_once() {
    let Some(machine) = Machine::new() else { return };
    let _ = fs::remove_file(machine.zone_file());
    let (line, start) = machine.says(None);
    assert_eq!(line, "ok    time zone      UTC: there is no TZ and no /etc/localtime");
    let words = "all times and quiet hours are in UTC: there is no TZ and no /etc/localtime; set TZ to your time zone";
    assert_eq!(start, [format!("loadline: {words}")]);
    fs::write(machine.zone_file(), "no zone").unwrap();
    let (line, start) = machine.says(None);
    assert!(line.starts_with("FAIL  time zone") && line.contains("/etc/localtime cannot be read"), "{line}");
    assert_eq!(start.len(), 1, "{start:?}");
}
