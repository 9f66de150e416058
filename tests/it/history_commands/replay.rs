//! `replay --history`: the alert rules over the stored readings.

use super::{Past, row, seconds};
use crate::program::Home;

/// Half an hour, read every minute; the CPU is busy in the first ten minutes.
fn every_minute() -> Past {
    let mut past = Past::new();
    let begin = past.ago(60);
    past.refresh_interval(begin, 60);
    past.readings((0..30).map(|n| row(begin + seconds(60 * n), if n < 10 { 90.0 } else { 20.0 }, 50.0)));
    past
}

#[test]
fn readings_are_replayed_with_the_refresh_interval_of_their_time() {
    let past = every_minute();
    let ran = past.run(&["replay", "--history"]);
    let at = |n: i64| (past.ago(60) + seconds(60 * n)).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let expected = format!(
        "{}  ALERT  CPU 90% has been above 80% for 1 min\n{}  OK     CPU 20% is back below 75% after 10 min (peak 90%)\n",
        at(1),
        at(11)
    );
    assert_eq!(ran.stdout, expected);
    let [from, to] = [60, 31].map(|minutes| past.ago(minutes).strftime("%Y-%m-%d %H:%M"));
    let summary = format!("loadline: 30 readings from {from} to {to}: 1 alert told, 0 silent\n");
    assert_eq!((ran.status, ran.stderr), (Some(0), summary));
    assert_eq!(past.output(&["replay", "--history", "--every", "2s"]), expected, "no reading is after a gap for that");
}

#[test]
fn a_change_of_the_interval_is_no_gap_and_a_pause_is_one() {
    let mut past = Past::new();
    let begin = past.ago(120);
    past.refresh_interval(begin, 2);
    past.refresh_interval(begin + seconds(100), 60);
    let every_two_seconds = (0..50).map(|n| row(begin + seconds(2 * n), 20.0, 50.0));
    // The first reading after a minute, and then one that comes too late.
    let every_minute = [100, 160, 600].map(|second| row(begin + seconds(second), 90.0, 50.0));
    past.readings(every_two_seconds.chain(every_minute));
    assert_eq!(past.output(&["replay", "--history"]).matches("ALERT").count(), 1);
    assert_eq!(past.output(&["replay", "--history", "--after", "2m"]), "", "what lies in the gap does not count");
}

#[test]
fn a_longer_interval_of_the_command_line_closes_gaps() {
    let mut past = Past::new();
    let begin = past.ago(60);
    past.refresh_interval(begin, 2);
    past.readings((0..2).map(|n| row(begin + seconds(60 * n), 90.0, 50.0)));
    assert_eq!(past.output(&["replay", "--history"]), "");
    assert_eq!(past.output(&["replay", "--history", "--every", "1m"]).matches("ALERT").count(), 1);
}

#[test]
fn a_replay_obeys_the_options_and_prints_clean_json() {
    let past = every_minute();
    assert_eq!(past.output(&["replay", "--history", "--cpu", "95"]), "");
    let ran = past.run(&["replay", "--history", "--cpu", "85", "--after", "3m", "--json"]);
    assert_eq!((ran.stderr.as_str(), ran.stdout.lines().count()), ("", 2));
    let alert: serde_json::Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&alert["type"], &alert["for_seconds"], &alert["above_percent"]),
        (&"alert".into(), &180.0.into(), &85.into())
    );
}

#[test]
fn a_replay_ignores_a_snooze_and_records_and_runs_nothing() {
    let mut past = Past::with_settings(
        r#"{
            "alerts": {"snoozed_until": "2999-01-01T00:00:00Z"},
            "actions": [{"name": "x", "command": ["/usr/bin/touch", "done"]}]
        }"#,
    );
    let begin = past.ago(30);
    past.refresh_interval(begin, 2);
    past.readings((0..60).map(|n| row(begin + seconds(2 * n), 90.0, 50.0)));
    let path = past.home.path().join("history.sqlite3");
    let before = std::fs::read(&path).unwrap();
    let ran = past.run(&["replay", "--history"]);
    assert!(ran.stdout.contains("ALERT") && !ran.stdout.contains("snoozed"), "{}", ran.stdout);
    assert!(ran.stderr.ends_with("1 alert told, 0 silent\n"), "{}", ran.stderr);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(!past.home.path().join("done").exists());
}

#[test]
fn replay_needs_either_a_file_or_the_history() {
    let wrong = |arguments: &[&str]| {
        let ran = Home::new().run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""));
        ran.stderr
    };
    assert!(wrong(&["replay"]).contains("<FILE|--history>"), "{}", wrong(&["replay"]));
    assert!(wrong(&["replay", "x", "--history"]).contains("cannot be used with"));
    assert!(wrong(&["replay", "x", "--since", "1d"]).contains("cannot be used with"));
    assert!(wrong(&["replay", "--since", "1d"]).contains("<FILE|--history>"));
}
