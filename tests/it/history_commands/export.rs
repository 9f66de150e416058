//! The history for other programs.

use jiff::Timestamp;

use super::{Past, row, seconds};
use crate::support::history::ReadingRow;

/// Two hours every two seconds, with a few busy times, a gap, and values that are not known.
fn two_hours() -> (Past, String) {
    let mut past = Past::new();
    let begin = past.ago(125);
    past.refresh_interval(begin, 2);
    past.readings((0..3600).filter(|n| !(1000..1100).contains(n)).map(|n| {
        let cpu = match n {
            100..200 | 990..1110 | 2000..2002 => 91.23,
            2500..3000 => 99.0,
            _ => 20.5,
        };
        let memory = if n % 700 < 90 { 85.0 } else { 61.07 };
        ReadingRow { at: begin + seconds(2 * n), cpu: (n != 150).then_some(cpu), memory: Some(memory) }
    }));
    past.rollup("minute", begin, 20.0, 90.0);
    (past, begin.to_string())
}

#[test]
fn a_replay_of_the_csv_equals_a_replay_of_the_history() {
    let (past, since) = two_hours();
    let csv = past.output(&["history", "--csv", "--since", &since]);
    assert_eq!(csv.lines().count(), 3501);
    assert_eq!(csv.lines().next(), Some("time,cpu,memory"));
    assert_eq!(csv.lines().nth(151), Some(&*format!("{},,61.07", millis(past.ago(125) + seconds(300)))));
    let file = past.home.file("past.csv", csv);
    let by_file = past.output(&["replay", file.to_str().unwrap()]);
    let by_history = past.run(&["replay", "--history", "--since", &since]);
    assert_eq!(by_file, by_history.stdout);
    assert!(by_file.matches("ALERT").count() >= 6, "{by_file}");
    let json = past.home.file("past.json", past.output(&["history", "--json", "--since", &since]));
    assert_eq!(
        past.output(&["replay", json.to_str().unwrap(), "--json"]),
        past.output(&["replay", "--history", "--json"])
    );
}

fn millis(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string()
}

#[test]
fn readings_are_printed_as_watch_prints_them() {
    let (past, since) = two_hours();
    let readings = past.json(&["history", "--json", "--since", &since]);
    assert_eq!(
        readings[0],
        serde_json::json!({
            "version": 1, "type": "reading", "cpu_percent": 20.5, "memory_percent": 85.0, "memory_used_bytes": null,
            "memory_total_bytes": null, "swap_used_bytes": null, "memory_pressure": null, "at": millis(past.ago(125))
        })
    );
    assert!(readings[150]["cpu_percent"].is_null());
}

#[test]
fn longer_spans_are_exported_as_minutes_then_hours() {
    let past = Past::new();
    let (hour, minute) = (past.ago(60 * 24 * 40), past.ago(60 * 24 * 20));
    past.rollup("hour", hour, 12.34, 56.78);
    past.rollup("minute", minute, 20.0, 60.0);
    let head = "time,cpu,memory,cpu_max,memory_max";
    let hours = past.output(&["history", "--csv", "--since", "50d"]);
    assert_eq!(hours, format!("{head}\n{},12.34,50,56.78,50\n", millis(hour)));
    let minutes = past.output(&["history", "--csv", "--since", "30d"]);
    assert_eq!(minutes, format!("{head}\n{},20,50,60,50\n", millis(minute)));
    assert_eq!(
        past.json(&["history", "--json", "--since", "30d"]),
        [serde_json::json!({
            "version": 1, "type": "usage", "span_seconds": 60.0, "readings": 30, "cpu_mean_percent": 20.0,
            "cpu_max_percent": 60.0, "memory_mean_percent": 50.0, "memory_max_percent": 50.0, "at": millis(minute)
        })]
    );
    assert_eq!(past.json(&["history", "--json", "--since", "50d"])[0]["span_seconds"], 3600.0);
}

#[test]
fn exported_minutes_replay_the_same_from_both_forms() {
    let past = Past::new();
    let begin = past.ago(60 * 24 * 20);
    (0..60).for_each(|n| past.rollup("minute", begin + seconds(60 * n), if n > 30 { 95.0 } else { 20.0 }, 99.0));
    let replayed = ["--csv", "--json"].map(|form| {
        let file = past.home.file(form, past.output(&["history", form, "--since", "30d"]));
        past.run(&["replay", file.to_str().unwrap()])
    });
    assert_eq!(replayed[0], replayed[1]);
    assert_eq!(replayed[0].stdout.matches("ALERT  CPU 95%").count(), 1, "{:?}", replayed[0]);
    assert!(replayed[0].stderr.contains("taken as --every 1m, in place of 2s"), "{}", replayed[0].stderr);
}

#[test]
fn times_have_the_offset_of_their_own_day() {
    let past = Past::new();
    let midnight: Timestamp = "2026-03-28T23:00:00Z".parse().unwrap();
    (0..24).for_each(|hour| past.rollup("hour", midnight + seconds(3600 * hour), 20.0, 60.0));
    let csv = past.run_in("Europe/Berlin", &["history", "--csv", "--since", "2026-03-29"]).stdout;
    let times: Vec<&str> = csv.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(times[0], "2026-03-29T00:00:00.000+01:00");
    assert_eq!(times[1..3], ["2026-03-29T01:00:00.000+01:00", "2026-03-29T03:00:00.000+02:00"]);
    assert_eq!(times.iter().filter(|time| time.starts_with("2026-03-29")).count(), 23);
    let file = past.home.file("hours.csv", csv);
    assert_eq!(past.run(&["replay", file.to_str().unwrap(), "--every", "1h"]).stderr, "");
}

#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let mut past = Past::new();
    past.refresh_interval(past.ago(600), 2);
    // More than a pipe holds.
    let begin = past.ago(300);
    past.readings((0..9000).map(|n| row(begin + seconds(2 * n), 20.0, 50.0)));
    for arguments in
        [&["history", "--csv"][..], &["history", "--json"], &["history"], &["replay", "--history", "--cpu", "5"]]
    {
        let mut child = past.command("UTC", arguments).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}
