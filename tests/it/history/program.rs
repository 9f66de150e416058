//! The history as the program records it.

use std::path::PathBuf;

use jiff::Timestamp;
use loadline::core::history::record::{StoredAlert, StoredEnd};
use loadline::runtime::history::reader::History;

use super::count;
use crate::process::Program;
use crate::program::Home;
use crate::wait::{SOON, wait_for};

/// The default path of the history.
fn path(home: &Home) -> PathBuf {
    let folder =
        if cfg!(target_os = "macos") { "Library/Application Support/Loadline" } else { ".local/share/loadline" };
    home.path().join(folder).join("history.sqlite3")
}

/// Whether no file of a history is there: neither it nor its companions. On macOS the settings are in the same folder.
fn is_without_history(home: &Home) -> bool {
    let Ok(files) = std::fs::read_dir(path(home).parent().unwrap()) else { return true };
    files.map(Result::unwrap).all(|file| !file.file_name().to_string_lossy().starts_with("history"))
}

fn readings(home: &Home) -> usize {
    count(&path(home), "SELECT count(*) FROM reading").try_into().unwrap()
}

fn alerts(home: &Home) -> Vec<StoredAlert> {
    let history = History::open(&path(home)).unwrap().unwrap();
    history.alerts(Timestamp::MIN, Timestamp::MAX).unwrap()
}

#[test]
fn a_run_that_is_asked_to_end_records_every_reading() {
    let home = Home::new();
    let mut said = 0;
    for _ in 0..3 {
        let mut program = Program::start(home.loadline(&["watch", "--every", "1s"]));
        program.wait_line(2);
        program.signal("TERM");
        assert_eq!(program.wait_exit().code(), Some(0));
        assert_eq!(program.err(), [""; 0]);
        said += program.out().len();
        assert_eq!(readings(&home), said);
    }
}

#[test]
fn a_run_that_is_killed_leaves_a_file_that_can_be_read_and_written() {
    let home = Home::new();
    for round in 1..=3 {
        // The alert fires with the first reading, and is written at once.
        let arguments = ["watch", "--every", "250ms", "--memory", "1", "--cpu", "off", "--after", "0"];
        let mut program = Program::start(home.loadline(&arguments));
        wait_for("the alert in the history", SOON, || {
            let history = History::open(&path(&home)).ok().flatten()?;
            let alerts = history.alerts(Timestamp::MIN, Timestamp::MAX).ok()?;
            (alerts.len() == round && alerts[round - 1].ended_at.is_none()).then_some(())
        });
        program.signal("KILL");
        assert_eq!(program.wait_exit().code(), None);
        assert!(readings(&home) >= round);
    }
    let ran = home.run(&["watch", "--samples", "2", "--every", "250ms", "--memory", "off", "--cpu", "off"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    let endings: Vec<_> = alerts(&home).iter().map(|alert| alert.end).collect();
    assert_eq!(endings, [Some(StoredEnd::Interrupted); 3]);
    assert!(alerts(&home).iter().all(|alert| alert.ended_at >= Some(alert.fired_at)));
}

#[test]
fn snapshots_replays_and_traces_are_not_recorded() {
    let home = Home::new();
    let trace = home.file("trace.csv", "time,cpu\n0,10\n1,99\n20,99\n40,10\n");
    let trace = trace.to_str().unwrap();
    for arguments in [&["snapshot"][..], &["replay", trace], &["watch", "--readings", trace, "--speed", "max"]] {
        assert_eq!(home.run(arguments).status, Some(0));
        assert!(is_without_history(&home), "{arguments:?}");
    }
}

#[test]
fn the_setting_switches_the_history_off() {
    let home = Home::new().with_settings(r#"{"history": false}"#);
    assert_eq!(home.run(&["watch", "--samples", "2", "--every", "250ms"]).status, Some(0));
    assert!(is_without_history(&home));
    assert!(home.run(&["doctor"]).stdout.contains("ok    history        off: "));
}

#[test]
fn readings_gathered_before_the_history_is_switched_off_are_written() {
    let home = Home::new().with_settings("{}");
    let mut program = Program::start(home.loadline(&["watch", "--every", "1s"]));
    program.wait_line(2);
    std::fs::write(home.settings(), r#"{"history": false}"#).unwrap();
    let seen = program.out().len();
    wait_for("three lines more", SOON, || (program.out().len() >= seen + 3).then_some(()));
    program.signal("TERM");
    program.wait_exit();
    let kept = readings(&home);
    assert!((seen..program.out().len()).contains(&kept), "{kept} of {}", program.out().len());
}

#[test]
fn the_environment_names_the_file_of_the_history() {
    let home = Home::new();
    let file = home.path().join("elsewhere/mine.db");
    let mut command = home.loadline(&["watch", "--samples", "2", "--every", "1s"]);
    assert!(command.env("LOADLINE_HISTORY", &file).status().unwrap().success());
    assert_eq!(count(&file, "SELECT count(*) FROM reading"), 2);
    assert!(is_without_history(&home));
}

#[test]
fn a_failure_to_write_is_reported_also_at_exit() {
    let home = Home::new();
    let file = home.file("file", "");
    let mut command = home.loadline(&["watch", "--samples", "2", "--every", "250ms"]);
    let output = command.env("LOADLINE_HISTORY", file.join("history")).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr.starts_with("loadline: could not keep the history in '") && stderr.lines().count() == 1, "{stderr}");
}

#[test]
fn doctor_describes_the_history() {
    let home = Home::new();
    let said = |home: &Home| {
        let stdout = home.run(&["doctor"]).stdout;
        stdout.lines().find(|line| line.split_whitespace().nth(1) == Some("history")).unwrap().to_owned()
    };
    assert!(said(&home).ends_with("history.sqlite3' is not there yet: it is begun within a minute"), "{}", said(&home));
    home.run(&["watch", "--samples", "2", "--every", "250ms"]);
    let line = said(&home);
    assert!(line.starts_with("ok    history        '") && line.ends_with(", 0 alerts"), "{line}");
    assert!(line.contains("history.sqlite3': 0.1 MB, since 2"), "{line}");
    std::fs::write(path(&home), "garbage").unwrap();
    let line = said(&home);
    assert!(line.starts_with("FAIL  history        could not read the history '"), "{line}");
    assert!(
        line.ends_with("': file is not a database; the next start of Loadline sets it aside and begins a new one"),
        "{line}"
    );
}
