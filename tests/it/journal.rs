//! The journal as the console: each line of text has its priority where `JOURNAL_STREAM` names the very file, and nowhere else.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::MetadataExt;

use crate::program::Home;

const TRACE: &str = "time,cpu\n0,10\n1,95\n2,95\n3,10\n4,10\n";
const WATCH: [&str; 6] = ["watch", "--speed", "max", "--after", "0s", "--readings"];

/// A home with a trace of one alert, with settings that cannot be read, and a file in the place of the journal.
struct Fixture {
    home: Home,
    journal: File,
}

impl Fixture {
    fn new() -> Fixture {
        let home = Home::new().with_settings("{");
        home.file("trace.csv", TRACE);
        let path = home.file("journal", "");
        Fixture { journal: OpenOptions::new().append(true).open(path).unwrap(), home }
    }

    /// As systemd writes it: the device and the inode.
    fn stream(&self) -> String {
        let file = self.journal.metadata().unwrap();
        format!("{}:{}", file.dev(), file.ino())
    }

    /// The lines of a run whose stdout and stderr are both the journal, which the variable names or not.
    fn lines(&self, arguments: &[&str], stream: Option<&str>) -> Vec<String> {
        let mut command = self.home.loadline(arguments);
        command.stdout(self.journal.try_clone().unwrap()).stderr(self.journal.try_clone().unwrap());
        command.envs(stream.map(|stream| ("JOURNAL_STREAM", stream)));
        command.status().unwrap();
        let text = std::fs::read_to_string(self.home.path().join("journal")).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

fn watch<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&WATCH[..], &["trace.csv"], more].concat()
}

#[track_caller]
fn assert_one(lines: &[String], start: &str, words: &str) {
    let found = lines.iter().filter(|line| line.contains(words)).collect::<Vec<_>>();
    assert!(found.len() == 1 && found[0].starts_with(start), "{words:?} once, after {start:?}: {lines:#?}");
}

#[test]
fn each_line_for_the_journal_begins_with_its_priority() {
    let fixture = Fixture::new();
    let lines = fixture.lines(&watch(&[]), Some(&fixture.stream()));
    assert_one(&lines, "<4>1970-01-01 00:00:01  ALERT", "CPU 95%");
    assert_one(&lines, "<5>1970-01-01 00:00:03  OK ", "is back below");
    assert_one(&lines, "<4>loadline: could not read the settings", "settings");
    assert_eq!(lines.iter().filter(|line| line.starts_with("<6>1970-01-01 00:00:0")).count(), 5, "{lines:#?}");
    assert_eq!(lines.len(), 8, "{lines:#?}");
}

#[test]
fn other_consoles_get_no_priorities() {
    // A variable of another stream is left over from a parent whose output this is not.
    for stream in [None, Some(""), Some("1:1")] {
        let lines = Fixture::new().lines(&watch(&[]), stream);
        assert_one(&lines, "1970-01-01 00:00:01  ALERT", "CPU 95%");
        assert_one(&lines, "loadline: could not read the settings", "settings");
        assert!(!lines.iter().any(|line| line.starts_with('<')), "{stream:?}: {lines:#?}");
    }
}

#[test]
fn stdout_and_stderr_are_told_apart() {
    let fixture = Fixture::new();
    let mut command = fixture.home.loadline(&watch(&[]));
    command.stderr(fixture.journal.try_clone().unwrap()).env("JOURNAL_STREAM", fixture.stream());
    let stdout = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(stdout.contains("ALERT") && !stdout.contains('<'), "{stdout}");
    let warning = std::fs::read_to_string(fixture.home.path().join("journal")).unwrap();
    assert!(warning.starts_with("<4>loadline: "), "{warning}");
}

#[test]
fn json_lines_stay_json() {
    let fixture = Fixture::new();
    let lines = fixture.lines(&watch(&["--json"]), Some(&fixture.stream()));
    let (warnings, json): (Vec<&String>, Vec<&String>) = lines.iter().partition(|line| line.starts_with('<'));
    assert!(warnings.len() == 1 && warnings[0].starts_with("<4>loadline: "), "on stderr: {lines:#?}");
    assert!(json.iter().all(|line| line.starts_with("{\"version\"")) && json.len() == 8, "{lines:#?}");
}

#[test]
fn an_error_that_ends_the_run_is_graver_and_has_its_priority_on_each_line() {
    let fixture = Fixture::new();
    let lines = fixture.lines(&["watch", "--readings", "nothing.csv"], Some(&fixture.stream()));
    assert!(lines.last().unwrap().starts_with("<3>loadline: "), "{lines:#?}");
    let fixture = Fixture::new();
    let lines = fixture.lines(&["watch", "--nonsense"], Some(&fixture.stream()));
    assert!(lines.len() > 1 && lines.iter().all(|line| line.starts_with("<3>")), "{lines:#?}");
}
